"""Convolutions that turn the image of a line into a sequence of columns."""

import math

import keras
import numpy as np
from keras import ops

from rnnkit.layers.column_normalization import ColumnNormalization
from rnnkit.layers.frames import whole, zero_masked
from rnnkit.registration import export


@export
class ColumnConvolution(keras.layers.Layer):
    """A stack of two-dimensional convolutions that keeps the line's direction.

        y^k = activation(normalize(max_pool_k(W_k * y^{k-1} + b_k))),  y^0 the image

    The image lies on its side, its width is time: `(batch, width, height)`, or
    `(batch, width, height, channels)`, becomes `(batch, columns, features)`, where
    every block divides width and height by its pool size, rounding up, and the
    features of a column are all that is left of the height, `height' * filters[-1]`.
    The maxima come first because they make the rest cheaper; for an activation that
    rises they are the same before it and after.

    Outside of an image all is zeros for the convolutions, and nothing for the maxima.
    Masked columns too are read as zeros in every block, and come out as zeros. The
    real columns of an item are its first ones; of its mask every column stays whose
    pool has a real one.

    Args:
        filters: Channels of each block.
        kernel_size: Side of the kernels, in pixels.
        pool_sizes: For each block how many columns and rows, `(along width, along
            height)`, become one, their maximum.
        activation: Name or function.
        normalize: Whether there is batch normalisation, over the real columns alone,
            between a convolution and its activation; it takes the place of the bias.

    Reference: Shi et al., 2015, An end-to-end trainable neural network for
    image-based sequence recognition
    """

    def __init__(
        self,
        filters=(32, 64, 128),
        kernel_size=3,
        pool_sizes=((2, 2), (2, 2), (1, 2)),
        activation="relu",
        normalize=True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.filters = tuple(whole("filters", count) for count in filters)
        self.kernel_size = whole("kernel_size", kernel_size)
        self.pool_sizes = tuple(
            (whole("pool_sizes", along), whole("pool_sizes", across))
            for along, across in pool_sizes
        )
        if not self.filters or len(self.filters) != len(self.pool_sizes):
            raise ValueError(
                "filters and pool_sizes need one entry for each block, got "
                f"{self.filters} and {self.pool_sizes}."
            )
        self.activation = keras.activations.get(activation)
        self.normalize = normalize
        self.convolutions = [
            keras.layers.Conv2D(
                count,
                self.kernel_size,
                padding="same",
                data_format="channels_last",
                use_bias=not normalize,
                dtype=self.dtype_policy,
                name=f"convolution_{k}",
            )
            for k, count in enumerate(self.filters)
        ]
        self.normalizations = [
            ColumnNormalization(dtype=self.dtype_policy, name=f"normalization_{k}")
            for k in range(len(self.filters) if normalize else 0)
        ]

    @property
    def stride(self):
        """How many columns of the image become one column of the output."""
        return math.prod(along for along, _ in self.pool_sizes)

    def build(self, input_shape):
        if len(input_shape) not in (3, 4) or input_shape[2] is None:
            raise ValueError(
                f"{self.name} reads images (batch, width, height) or (batch, width, "
                f"height, channels) of known height, not {tuple(input_shape)}."
            )
        self._height = input_shape[2]
        shape = (*input_shape[:3], *(input_shape[3:] or (1,)))
        for k, convolution in enumerate(self.convolutions):
            convolution.build(shape)
            shape = convolution.compute_output_shape(shape)
            if self.normalize:
                self.normalizations[k].build(shape)

    def call(self, inputs, mask=None, training=False):
        if inputs.shape[2] != self._height:
            raise ValueError(
                f"{self.name} reads images {self._height} pixels high, not "
                f"{inputs.shape[2]}: bring them to that height first."
            )
        x = inputs if len(inputs.shape) == 4 else ops.expand_dims(inputs, -1)
        if mask is None:
            mask = ops.ones(ops.shape(x)[:2], "bool")
        after = [0, self.stride - 1]  # whatever the width, pools round it up
        mask = ops.pad(ops.cast(mask, "bool"), [[0, 0], after])
        x = zero_masked(ops.pad(x, [[0, 0], after, [0, 0], [0, 0]]), mask)
        for k, convolution in enumerate(self.convolutions):
            x, mask = _maxima(convolution(x), mask, self.pool_sizes[k])
            if self.normalize:
                x = self.normalizations[k](x, mask, training=training)
            x = zero_masked(self.activation(x), mask)
        batch, columns, height, channels = ops.shape(x)
        return ops.reshape(x, (batch, columns, height * channels))

    def compute_mask(self, inputs, mask=None):
        return None if mask is None else ops.cast(mask, "bool")[:, :: self.stride]

    def compute_output_shape(self, input_shape):
        batch, width, height = input_shape[:3]
        for along, across in self.pool_sizes:
            width = None if width is None else -(-width // along)
            height = -(-height // across)
        return batch, width, height * self.filters[-1]

    def get_config(self):
        return {
            **super().get_config(),
            "filters": list(self.filters),
            "kernel_size": self.kernel_size,
            "pool_sizes": [list(size) for size in self.pool_sizes],
            "activation": keras.activations.serialize(self.activation),
            "normalize": self.normalize,
        }


def _maxima(x, mask, size):
    """The maxima of real columns of `x` in windows of `size`; zeros where none is."""
    along, across = size
    if along > 1:
        x = ops.where(mask[:, :, None, None], x, -np.inf)
    if below := -x.shape[2] % across:
        x = ops.pad(x, [[0, 0], [0, 0], [0, below], [0, 0]], constant_values=-np.inf)
    if size != (1, 1):
        x = ops.max_pool(x, size, size, padding="valid", data_format="channels_last")
    columns = ops.shape(x)[1]
    mask = mask[:, ::along][:, :columns]
    return zero_masked(x, mask), mask

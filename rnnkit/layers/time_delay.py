"""A layer over a window of frames."""

import keras
from keras import ops

from rnnkit.layers.frames import whole, zero_masked
from rnnkit.registration import export


@export
class TimeDelay(keras.layers.Layer):
    """Time-delay neural network: the same weights over a window about every frame.

        y_t = activation(sum_k W_k x_{t + c_k} + b)

    with c_k the offsets of `context`, in frames. Frames outside of the sequence and
    masked ones are read as zeros, and masked frames come out as zeros. Of the
    frames, every `stride`-th is computed, beginning with the first: `(batch, time,
    features)` becomes `(batch, ceil(time / stride), units)`, and the mask keeps the
    same frames. Offsets with gaps, as `(-3, 0, 3)`, are the sub-sampling of Peddinti
    et al.; a contiguous context is a one-dimensional convolution.

    Weights: `kernel`, `(offsets, features, units)`, in the order of `context`, and
    `bias`, `(units,)`.

    Args:
        units: Width of the output.
        context: Offsets in frames; negative ones look back, positive ones ahead.
        stride: Every how many frames one is computed.
        activation: Name or function.
        use_bias: Whether there is a bias.
        kernel_initializer: Of all offsets together, as for a convolution.

    Reference: Waibel et al., 1989, Phoneme recognition using time-delay neural
    networks; Peddinti et al., 2015, A time delay neural network architecture for
    efficient modeling of long temporal contexts
    """

    def __init__(
        self,
        units,
        context=(-2, -1, 0, 1, 2),
        stride=1,
        activation="relu",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.units = whole("units", units)
        self.context = tuple(context)
        if not self.context or len(set(self.context)) < len(self.context):
            raise ValueError(
                f"context must be one or more different offsets, got {self.context}."
            )
        self.stride = whole("stride", stride)
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    @property
    def look_ahead(self):
        """How many later frames an output reads."""
        return max(0, *self.context)

    @property
    def look_back(self):
        """How many earlier frames an output reads."""
        return max(0, *(-offset for offset in self.context))

    def build(self, input_shape):
        self.kernel = self.add_weight(
            shape=(len(self.context), input_shape[-1], self.units),
            initializer=self.kernel_initializer,
            name="kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                shape=(self.units,), initializer="zeros", name="bias"
            )

    def call(self, inputs, mask=None):
        ends = [self.look_back, self.look_ahead]
        x = ops.pad(zero_masked(inputs, mask), [[0, 0], ends, [0, 0]])
        window = ops.concatenate([self._at(x, c) for c in self.context], axis=-1)
        kernel = ops.reshape(self.kernel, (-1, self.units))
        y = ops.matmul(window, kernel)
        y = self.activation(y if self.bias is None else y + self.bias)
        return zero_masked(y, self.compute_mask(inputs, mask))

    def compute_mask(self, inputs, mask=None):
        return None if mask is None else ops.cast(mask, "bool")[:, :: self.stride]

    def compute_output_shape(self, input_shape):
        batch, time, _ = input_shape
        return batch, None if time is None else -(-time // self.stride), self.units

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "context": list(self.context),
            "stride": self.stride,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

    def _at(self, x, offset):
        """x_{t + offset} at the frames that are kept, of a padded `x`."""
        first, last = self.look_back + offset, offset - self.look_ahead
        return x[:, first : last or None : self.stride]

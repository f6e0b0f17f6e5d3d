"""How features change in time, and features brought to one scale."""

import keras
from keras import ops

from rnnkit.layers.frames import mean_of_real, real_frames, whole, zero_masked
from rnnkit.registration import export


@export
class Deltas(keras.layers.Layer):
    """Appends to every frame the slopes of its features, and the slopes of those.

        d_t = sum_{k=1}^{width} k (x_{t+k} - x_{t-k}) / (2 sum_{k=1}^{width} k^2)

    the slope of the straight line that fits the 2 width + 1 frames about t best. The
    first and the last real frame of each item stand for the frames before and after
    it. `order=2` appends d, and then the same of d: `(batch, time, features)` becomes
    `(batch, time, (order + 1) * features)`. The real frames of an item lie together;
    masked frames come out as zeros.

    Args:
        order: How many times slopes are taken.
        width: Frames to each side.

    Reference: Furui, 1986; Young et al., The HTK Book, chapter 5.9
    """

    def __init__(self, order=2, width=2, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.order = whole("order", order)
        self.width = whole("width", width)
        self.stride = 1  # every frame is computed

    @property
    def look_ahead(self):
        """How many later frames an output reads."""
        return self.order * self.width

    @property
    def look_back(self):
        """How many earlier frames an output reads."""
        return self.order * self.width

    def call(self, inputs, mask=None):
        streams = [zero_masked(inputs, mask)]
        for _ in range(self.order):
            streams.append(self._slopes(streams[-1], mask))
        return zero_masked(ops.concatenate(streams, axis=-1), mask)

    def compute_output_shape(self, input_shape):
        return *input_shape[:-1], (self.order + 1) * input_shape[-1]

    def get_config(self):
        return {**super().get_config(), "order": self.order, "width": self.width}

    def _slopes(self, x, mask):
        first, x, last = _held(x, mask)
        before, after = ([edge] * self.width for edge in (first, last))
        x = ops.concatenate([*before, x, *after], axis=1)
        steps = range(1, self.width + 1)
        total = sum(k * (self._shifted(x, k) - self._shifted(x, -k)) for k in steps)
        return total / (2 * sum(k * k for k in steps))

    def _shifted(self, x, by):
        """x_{t+by}, of an `x` with `width` frames more at both ends."""
        return x[:, self.width + by : by - self.width or None]


def _held(x, mask):
    """The first real frame; `x` with the edges held outside of it; the last one."""
    if mask is None:
        return x[:, :1], x, x[:, -1:]
    mask = ops.expand_dims(ops.cast(mask, "bool"), -1)
    rank = ops.cumsum(ops.cast(mask, "int32"), axis=1)
    count = rank[:, -1:]
    first, last = (
        ops.sum(ops.where(mask & (rank == at), x, 0), axis=1, keepdims=True)
        for at in (1, count)
    )
    x = ops.where(rank == 0, first, x)
    return first, ops.where(~mask & (rank == count) & (rank > 0), last, x), last


@export
class Standardize(keras.layers.Layer):
    """Brings every feature of every item to mean 0 and variance 1 over its frames.

        mu = sum_t x_t / T
        v = sum_t (x_t - mu)^2 / T
        y_t = (x_t - mu) / sqrt(v + epsilon)

    over the T real frames of the item, a clip or an utterance, each feature by
    itself; computed in float32. Masked frames come out as zeros. Shapes stay:
    `(batch, time, features)`.

    It needs the whole item. With the mean and variance of a whole training set
    instead, which a stream can have too, use `keras.layers.Normalization`: `adapt` it
    to unpadded frames, `(frames, features)`; it hands masks on. By speaker, see
    `rnnkit.data.standardize_by`.

    Args:
        epsilon: What is added to the variance.
    """

    def __init__(self, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.epsilon = epsilon

    def call(self, inputs, mask=None):
        x = zero_masked(ops.cast(inputs, "float32"), mask)
        real = real_frames(x, mask)
        x = x - mean_of_real(x, real)
        variance = mean_of_real(ops.square(x), real)
        x = zero_masked(x / ops.sqrt(variance + self.epsilon), mask)
        return ops.cast(x, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}

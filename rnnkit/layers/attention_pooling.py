"""One vector for a whole sequence: its frames, weighed by attention."""

import keras
from keras import ops

from rnnkit.layers.frames import real_frames, whole, zero_masked
from rnnkit.registration import export


@export
class AttentionPooling(keras.layers.Layer):
    """The mean of a sequence's frames, weighted by how much each one matters.

        e_t = v^T tanh(W h_t + b)
        a_t = exp(e_t) / sum_s exp(e_s)
        y = sum_t a_t h_t

    with t and s over the real frames. Each of `heads` has a `v` and so weights of its
    own, and its y; the heads' y stand side by side: `(batch, time, features)` becomes
    `(batch, heads * features)`. Masked frames are not read. A sequence without real
    frames gives zeros. The scores e and a are computed in float32.

    Called with `return_attention_scores=True` it also returns a, `(batch, time,
    heads)`, zero at masked frames.

    Weights: `kernel` W, `(features, units)`; `bias` b, `(units,)`; `score_kernel` v,
    `(units, heads)`.

    Args:
        units: Width of the layer that scores the frames; the number of features where
            None.
        heads: How many weighted means there are.

    Reference: [Yang et al., 2016](https://aclanthology.org/N16-1174), whose v is the
    context vector; [Lin et al., 2017](https://arxiv.org/abs/1703.03130), several heads
    """

    def __init__(self, units=None, heads=1, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.units = None if units is None else whole("units", units)
        self.heads = whole("heads", heads)

    def build(self, input_shape):
        features = input_shape[-1]
        units = self.units or features
        self.kernel = self.add_weight(shape=(features, units), name="kernel")
        self.bias = self.add_weight(shape=(units,), initializer="zeros", name="bias")
        self.score_kernel = self.add_weight(
            shape=(units, self.heads), name="score_kernel"
        )

    def call(self, inputs, mask=None, return_attention_scores=False):
        h = zero_masked(inputs, mask)
        real = ops.expand_dims(real_frames(h, mask) > 0, -1)  # (batch, time, 1)
        e = ops.tanh(ops.matmul(h, self.kernel) + self.bias)
        e = ops.cast(ops.matmul(e, self.score_kernel), "float32")
        e = ops.where(real, e, -1e30)
        e = ops.exp(e - ops.max(e, axis=1, keepdims=True))  # at most 1
        e = ops.where(real, e, 0.0)  # where no frame is real too
        total = ops.sum(e, axis=1, keepdims=True)
        a = ops.cast(e / ops.where(total > 0, total, 1.0), h.dtype)
        y = ops.matmul(ops.transpose(a, (0, 2, 1)), h)  # (batch, heads, features)
        y = ops.reshape(y, (-1, self.heads * h.shape[-1]))
        return (y, a) if return_attention_scores else y

    def compute_mask(self, inputs, mask=None):
        return None  # one vector has no frames

    def compute_output_shape(self, input_shape):
        return input_shape[0], self.heads * input_shape[-1]

    def compute_output_spec(self, inputs, mask=None, return_attention_scores=False):
        shapes = [self.compute_output_shape(inputs.shape)]
        if return_attention_scores:
            shapes.append((*inputs.shape[:2], self.heads))
        found = [keras.KerasTensor(shape, self.compute_dtype) for shape in shapes]
        return tuple(found) if return_attention_scores else found[0]

    def get_config(self):
        return {**super().get_config(), "units": self.units, "heads": self.heads}

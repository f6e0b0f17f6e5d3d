"""Sequences read from their end."""

import keras
from keras import ops

from rnnkit.layers.frames import zero_masked
from rnnkit.registration import export


@export
class ReverseSequence(keras.layers.Layer):
    """Turns the real steps of each sequence around, and leaves the padding in place.

    `(batch, time, …)` keeps its shape and its mask; masked steps are zero. The real
    steps of a sequence stand together, with padding before or after them. Without a
    mask all steps are real.

    A source that is reversed brings its first words close to the first of the target.

    Reference: [Sutskever et al., 2014](https://arxiv.org/abs/1409.3215), section 3.3
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        if mask is None:
            return ops.flip(inputs, axis=1)
        inputs = zero_masked(inputs, mask)
        mask = ops.cast(mask, "int32")
        places = ops.arange(ops.shape(inputs)[1], dtype="int32")[None]
        first = ops.expand_dims(ops.argmax(mask, axis=1), -1)
        last = first + ops.sum(mask, axis=1, keepdims=True) - 1
        order = ops.where(mask > 0, first + last - places, places)
        for _ in inputs.shape[2:]:
            order = ops.expand_dims(order, -1)
        return ops.take_along_axis(inputs, order, axis=1)

    def compute_output_shape(self, input_shape):
        return input_shape

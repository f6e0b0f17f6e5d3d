"""Logits whose weights are the symbols' own vectors."""

import keras
from keras import ops

from rnnkit.registration import export


@export
class TiedLogits(keras.layers.Layer):
    """Logits of every symbol from its vector; the layer's own weight is a bias.

        logits_v = y · e_v + b_v

    Called on outputs y `(..., width)` and vectors e `(size, width)`.

    Args:
        size: Number of symbols.

    Reference: [Press and Wolf, 2017](https://arxiv.org/abs/1608.05859)
    """

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def build(self, input_shape):
        self.bias = self.add_weight(
            name="bias", shape=(self.size,), initializer="zeros"
        )
        self.built = True

    def call(self, outputs, vectors):
        vectors = ops.cast(vectors, self.compute_dtype)
        return ops.matmul(outputs, ops.transpose(vectors)) + self.bias

    def get_config(self):
        return {**super().get_config(), "size": self.size}

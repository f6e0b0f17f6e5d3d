"""Attention by products of query and memory."""

import keras
from keras import ops

from rnnkit.layers.attention.base import Attention
from rnnkit.registration import export


@export
class DotAttention(Attention):
    """Attention by the product of the query and each step of the memory.

        e_tu = s_t . h_u

    and with `scale=True`

        e_tu = g (s_t . h_u)

    Query and memory are of one width. For the rest see `rnnkit.layers.Attention`.

    Weights: none; with `scale` the number `gain` g, learnt, that begins as
    `1 / sqrt(features)`.

    Args:
        scale: Whether the product has a factor.

    Raises:
        ValueError: Query and memory differ in width.

    Reference: [Luong et al., 2015](https://arxiv.org/abs/1508.04025), "dot";
    [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762) for the scale
    """

    def __init__(self, scale=False, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def build(self, query_shape, memory_shape):
        if query_shape[-1] != memory_shape[-1]:
            raise ValueError(
                f"{self.name} multiplies query and memory, which must be of one "
                f"width, not {query_shape[-1]} and {memory_shape[-1]}: use "
                "GeneralAttention, which has a matrix between them."
            )
        if self.scale:
            begin = keras.initializers.Constant(memory_shape[-1] ** -0.5)
            self.gain = self.add_weight(shape=(), initializer=begin, name="gain")

    def score(self, query, keys):
        if self.scale:
            query = query * self.weight("gain")
        return ops.matmul(query, ops.swapaxes(keys, 1, 2))

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


@export
class GeneralAttention(Attention):
    """Attention by a bilinear form of the query and each step of the memory.

        e_tu = s_t . W h_u

    For the rest see `rnnkit.layers.Attention`.

    Weights: `kernel` W, `(features, query width)`.

    Reference: [Luong et al., 2015](https://arxiv.org/abs/1508.04025), "general"
    """

    def build(self, query_shape, memory_shape):
        shape = (memory_shape[-1], query_shape[-1])
        self.kernel = self.add_weight(shape=shape, name="kernel")

    def keys(self, memory):
        return self.times(memory, "kernel")

    def score(self, query, keys):
        return ops.matmul(query, ops.swapaxes(keys, 1, 2))

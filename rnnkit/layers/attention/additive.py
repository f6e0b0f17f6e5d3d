"""Additive attention."""

import keras
from keras import ops

from rnnkit.layers.attention.base import Attention
from rnnkit.layers.frames import whole
from rnnkit.registration import export


@export
class AdditiveAttention(Attention):
    """Attention by a small network of the query and each step of the memory.

        e_tu = v . tanh(W s_t + V h_u + b)

    and with `normalize=True`, as monotonic attention likes it, for v

        g v / |v|

    For the rest see `rnnkit.layers.Attention`.

    Weights: `query_kernel` W, `(query width, units)`; `memory_kernel` V, `(features,
    units)`; `bias` b and `score_kernel` v, `(units,)`; `gain` g, a number that begins
    as `1 / sqrt(units)`.

    Args:
        units: Width of the network.
        normalize: Whether v has its length apart from its direction.

    Reference: [Bahdanau et al., 2015](https://arxiv.org/abs/1409.0473), equation (6);
    [Salimans and Kingma, 2016](https://arxiv.org/abs/1602.07868) for `normalize`
    """

    def __init__(self, units, normalize=False, **kwargs):
        super().__init__(**kwargs)
        self.units = whole("units", units)
        self.normalize = normalize

    def build(self, query_shape, memory_shape):
        units = self.units
        self.query_kernel = self.add_weight(
            shape=(query_shape[-1], units), name="query_kernel"
        )
        self.memory_kernel = self.add_weight(
            shape=(memory_shape[-1], units), name="memory_kernel"
        )
        self.bias = self.add_weight(shape=(units,), initializer="zeros", name="bias")
        self.score_kernel = self.add_weight(shape=(units,), name="score_kernel")
        if self.normalize:
            self.gain = self.add_weight(
                shape=(),
                initializer=keras.initializers.Constant(units**-0.5),
                name="gain",
            )

    def keys(self, memory):
        return self.times(memory, "memory_kernel") + self.weight("bias")

    def score(self, query, keys):
        query = self.times(query, "query_kernel")
        return self.energy(ops.expand_dims(query, 2) + ops.expand_dims(keys, 1))

    def energy(self, x):
        """e of what stands in the tanh, `(…, units)`."""
        v = self.weight("score_kernel")
        if self.normalize:
            v = self.weight("gain") * v / ops.sqrt(ops.sum(v * v))
        rows = ops.reshape(ops.tanh(x), (-1, self.units))
        e = ops.matmul(rows, ops.expand_dims(v, -1))
        return ops.reshape(e, ops.shape(x)[:-1])

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "normalize": self.normalize,
        }

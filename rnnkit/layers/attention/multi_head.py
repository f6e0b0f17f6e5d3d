"""Several heads of scaled dot products."""

from keras import ops

from rnnkit.layers.attention.base import Attention, masked_softmax
from rnnkit.layers.frames import whole
from rnnkit.registration import export


@export
class MultiHeadAttention(Attention):
    """Attention by the scaled product, of several heads side by side.

        e_tu = (Q s_t) . (K h_u) / sqrt(key_dim)       # for every head
        a_tu = exp(e_tu) / sum_v exp(e_tv)
        c_t = O [sum_u a_tu V h_u, of all heads]

    It is `keras.layers.MultiHeadAttention` without biases. The context is as wide as
    the query, and the weights that are returned are the mean of those of the heads.
    For the rest see `rnnkit.layers.Attention`.

    Weights: `query_kernel` Q, `(query width, num_heads * key_dim)`; `key_kernel` K and
    `value_kernel` V, `(features, num_heads * key_dim or value_dim)`; `output_kernel` O,
    `(num_heads * value_dim, query width)`.

    Args:
        num_heads: Number of heads.
        key_dim: Width of queries and keys in a head.
        value_dim: Width of values in a head; `key_dim` where None.

    Reference: [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 3.2.2
    """

    def __init__(self, num_heads, key_dim, value_dim=None, **kwargs):
        super().__init__(**kwargs)
        self.num_heads = whole("num_heads", num_heads)
        self.key_dim = whole("key_dim", key_dim)
        self.value_dim = whole("value_dim", value_dim or key_dim)

    def build(self, query_shape, memory_shape):
        keys, values = self.num_heads * self.key_dim, self.num_heads * self.value_dim
        width, features = query_shape[-1], memory_shape[-1]
        for name, shape in {
            "query_kernel": (width, keys),
            "key_kernel": (features, keys),
            "value_kernel": (features, values),
            "output_kernel": (values, width),
        }.items():
            setattr(self, name, self.add_weight(shape=shape, name=name))

    def prepare(self, memory, mask=None):
        prepared = super().prepare(memory, mask)
        memory = prepared.pop("memory")
        return {**prepared, "values": self._heads(memory, "value_kernel")}

    def keys(self, memory):
        return self._heads(memory, "key_kernel")

    def _heads(self, x, name):
        """`(batch, time, width)` times a kernel: `(batch, time, num_heads, …)`."""
        x = self.times(x, name)
        width = x.shape[-1] // self.num_heads
        return ops.reshape(x, (*ops.shape(x)[:2], self.num_heads, width))

    def attend(self, query, prepared, state=(), mask=None, training=False):
        query = ops.cast(query, self.compute_dtype)
        query = self._heads(query * self.key_dim**-0.5, "query_kernel")
        e = ops.einsum("bthd,buhd->bhtu", query, prepared["keys"])
        weights = masked_softmax(e, prepared.get("mask"))
        a = ops.cast(weights, self.compute_dtype)
        c = ops.einsum("bhtu,buhd->bthd", a, prepared["values"])
        c = ops.reshape(c, (*ops.shape(c)[:2], self.num_heads * self.value_dim))
        c = self.times(c, "output_kernel")
        return c, ops.mean(weights, axis=1), state

    def compute_output_shape(self, query_shape, memory_shape):
        return tuple(query_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "value_dim": self.value_dim,
        }

"""Attention by place, with a soft window that goes along the memory."""

from keras import ops

from rnnkit.layers.attention.base import StatefulAttention, wide
from rnnkit.layers.frames import whole
from rnnkit.registration import export


@export
class WindowAttention(StatefulAttention):
    """Reads the memory through Gaussian windows that the query moves forward.

        (x_t, y_t, z_t) = W s_t + b                # K numbers each
        alpha_t = exp(x_t), beta_t = exp(y_t)
        kappa_t = kappa_{t-1} + exp(z_t)           # kappa_0 = 0
        a_tu = sum_k alpha_tk exp(-beta_tk (kappa_tk - u)^2)
        c_t = sum_u a_tu h_u

    where u counts the real steps of the memory from 1. The weights are by place alone,
    and do not sum to 1. x, y and z count as no more than 30 and no less than -30, so
    that no power overflows.

    For the rest see `rnnkit.layers.Attention`.

    Weights: `kernel` W, `(query width, 3 K)`, and `bias` b, `(3 K,)`.

    Args:
        mixtures: Number K of windows.

    Reference: [Graves, 2013](https://arxiv.org/abs/1308.0850), equations (46) to (51)
    """

    def __init__(self, mixtures=10, **kwargs):
        super().__init__(**kwargs)
        self.mixtures = whole("mixtures", mixtures)

    def build(self, query_shape, memory_shape):
        columns = 3 * self.mixtures
        self.kernel = self.add_weight(shape=(query_shape[-1], columns), name="kernel")
        self.bias = self.add_weight(shape=(columns,), initializer="zeros", name="bias")

    def prepare(self, memory, mask=None):
        prepared = super().prepare(memory, mask)
        one = ops.ones_like(wide(prepared["memory"][..., 0]))
        if mask is not None:
            one = ops.cast(prepared["mask"], one.dtype)
        return {**prepared, "keys": ops.cumsum(one, axis=1)}  # u

    def initial_state(self, prepared):
        """kappa_0: zeros, `(batch, mixtures)`."""
        u = prepared["keys"]
        return (ops.zeros((ops.shape(u)[0], self.mixtures), u.dtype),)

    def step(self, query, prepared, state, training=False, noise=()):
        (kappa,) = state
        query = ops.cast(query, self.compute_dtype)
        moves = self.times(query, "kernel") + self.weight("bias")
        moves = ops.exp(ops.clip(wide(moves), -30, 30))
        alpha, beta, move = ops.split(moves, 3, axis=-1)
        kappa = kappa + move
        u = ops.expand_dims(prepared["keys"], 1)  # (batch, 1, source)
        away = ops.square(ops.expand_dims(kappa, -1) - u)
        windows = ops.exp(-ops.expand_dims(beta, -1) * away)
        weights = ops.sum(ops.expand_dims(alpha, -1) * windows, axis=1)
        if "mask" in prepared:
            weights = ops.where(prepared["mask"], weights, 0)
        # The weights do not sum to 1: in half precision they might be infinite.
        context = ops.einsum("bu,buf->bf", weights, wide(prepared["memory"]))
        return ops.cast(context, self.compute_dtype), weights, (kappa,)

    def get_config(self):
        return {**super().get_config(), "mixtures": self.mixtures}

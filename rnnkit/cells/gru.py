"""Gated recurrent units."""

import keras
from keras import activations

from rnnkit.cells.base import GatedCell, PointwiseCell
from rnnkit.registration import export


@export
class GRUCell(PointwiseCell):
    """Gated recurrent unit; `z = 1` keeps the state.

    default:
        z_t = sigmoid(W_z x_t + b_z + U_z h_{t-1} + d_z)        # update gate
        r_t = sigmoid(W_r x_t + b_r + U_r h_{t-1} + d_r)        # reset gate
        g_t = tanh(W_h x_t + b_h + r_t * (U_h h_{t-1} + d_h))   # candidate
        h_t = z_t * h_{t-1} + (1 - z_t) * g_t

    reset_after=False:
        z_t = sigmoid(W_z x_t + U_z h_{t-1} + b_z)
        r_t = sigmoid(W_r x_t + U_r h_{t-1} + b_r)
        g_t = tanh(W_h x_t + U_h (r_t * h_{t-1}) + b_h)
        h_t = z_t * h_{t-1} + (1 - z_t) * g_t

    Columns are stacked z, r, h; with `reset_after` the bias has two rows, b and d.
    Weights are those of `keras.layers.GRUCell`.

    Args beside those of every cell:
        recurrent_activation: Activation of the gates.
        reset_after: Whether the reset gate works on the product, not on the state.

    Reference: [Cho et al., 2014](https://arxiv.org/abs/1406.1078)
    """

    gates = ("z", "r", "h")
    projects = False

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        *,
        reset_after=True,
        **kwargs,
    ):
        super().__init__(
            units,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            **kwargs,
        )
        self.recurrent_activation = activations.get(recurrent_activation)
        self.reset_after = reset_after

    def cudnn_conditions(self):
        """What cuDNN's GRU asks of this cell beside the usual, `{words: holds}`."""
        return {
            "cuDNN's GRU is the plain one": type(self) is GRUCell,
            "cuDNN's GRU resets after the product": self.reset_after,
            "Keras binds no cuDNN GRU on JAX": keras.backend.backend() != "jax",
        }

    def bias_shape(self):
        (columns,) = super().bias_shape()
        return (2, columns) if self.reset_after else (columns,)

    def step(self, x, states, U):
        if self.reset_after:
            return super().step(x, states, U)
        (h,) = states
        x_z, x_r, x_h = self.split(x)
        u_z, u_r = self.split(U(h, "z", "r"), ("z", "r"))
        z = self.recurrent_activation(x_z + u_z)
        r = self.recurrent_activation(x_r + u_r)
        g = self.activation(x_h + U(r * h, "h"))
        return [z * h + (1 - z) * g]

    def pointwise(self, x, u, states):
        (h,) = states
        x_z, x_r, x_h = self.split(x)
        u_z, u_r, u_h = self.split(u)
        z = self.recurrent_activation(x_z + u_z)
        r = self.recurrent_activation(x_r + u_r)
        g = self.activation(x_h + r * u_h)
        return [z * h + (1 - z) * g]


@export
class MGUCell(GatedCell):
    """Minimal gated unit: a GRU whose two gates are one; `f = 1` overwrites.

        f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)
        g_t = tanh(W_h x_t + U_h (f_t * h_{t-1}) + b_h)
        h_t = (1 - f_t) * h_{t-1} + f_t * g_t

    Columns are stacked f, h.

    Reference: [Zhou et al., 2016](https://arxiv.org/abs/1603.09420)
    """

    gates = ("f", "h")
    projects = False

    def __init__(self, units, *, recurrent_activation="sigmoid", **kwargs):
        super().__init__(units, **kwargs)
        self.recurrent_activation = activations.get(recurrent_activation)

    def step(self, x, states, U):
        (h,) = states
        x_f, x_h = self.split(x)
        f = self.recurrent_activation(x_f + U(h, "f"))
        g = self.activation(x_h + U(f * h, "h"))
        return [(1 - f) * h + f * g]

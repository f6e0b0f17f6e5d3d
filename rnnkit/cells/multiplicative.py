"""Multiplicative cells: what is read chooses how the past is passed on."""

from keras import ops

from rnnkit.cells.base import GatedCell
from rnnkit.cells.lstm import LSTMCell
from rnnkit.registration import export


@export
class MultiplicativeRNNCell(GatedCell):
    """Multiplicative recurrent cell: every input has a transition of its own.

        m_t = (W_m x_t) * (U_m h_{t-1})
        h_t = phi(W_h x_t + U_h m_t + b_h)

    In a simple cell the input adds to `U h_{t-1}`; here `U_h diag(W_m x_t) U_m` takes
    the place of `U`. Columns are stacked m, h; the bias is that of h alone.

    Reference: [Sutskever et al., 2011](
    https://icml.cc/2011/papers/524_icmlpaper.pdf), factors as many as units
    """

    gates = ("m", "h")
    bias_gates = ("h",)
    projects = False

    def biased(self, x):
        return x  # m has no bias: `step` adds that of h

    def step(self, x, states, U):
        x_m, x_h = self.split(x)
        m = x_m * U(states[0], "m")
        z = x_h + U(m, "h")
        return [self.activation(z if self.bias is None else z + self.bias)]


@export
class MultiplicativeLSTMCell(LSTMCell):
    """LSTM whose gates read, in place of `h_{t-1}`, what the input makes of it.

        m_t = (W_m x_t) * (U_m h_{t-1})
        i_t = sigmoid(W_i x_t + U_i m_t + b_i)
        f_t = sigmoid(W_f x_t + U_f m_t + b_f)
        g_t = tanh(W_c x_t + U_c m_t + b_c)
        o_t = sigmoid(W_o x_t + U_o m_t + b_o)
        c_t = f_t * c_{t-1} + i_t * g_t
        h_t = o_t * tanh(c_t)

    Columns are stacked m, i, f, c, o; m has no bias.

    Reference: [Krause et al., 2016](https://arxiv.org/abs/1609.07959)
    """

    gates = ("m", *LSTMCell.gates)
    bias_gates = LSTMCell.gates
    projects = False

    def biased(self, x):
        return x  # m has no bias: `step` adds that of the gates

    def step(self, x, states, U):
        h, c = states
        m = x[:, : self.units] * U(h, "m")
        z = x[:, self.units :] + U(m, *self.bias_gates)
        if self.bias is not None:
            z = z + self.bias
        i, f, g, o = self.split(z, self.bias_gates)
        c = self.recurrent_activation(f) * c
        c = c + self.recurrent_activation(i) * self.activation(g)
        if self.cell_clip is not None:
            c = ops.clip(c, -self.cell_clip, self.cell_clip)
        return [self.recurrent_activation(o) * self.activation(c), c]

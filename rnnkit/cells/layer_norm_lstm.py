"""Layer-normalised long short-term memory."""

from keras import ops

from rnnkit.cells.lstm import LSTMCell
from rnnkit.registration import export


@export
class LayerNormLSTMCell(LSTMCell):
    """LSTM whose gates and cell are normalised over the units.

        i_t = sigmoid(norm_i(W_i x_t + U_i h_{t-1}) + b_i)
        f_t = sigmoid(norm_f(W_f x_t + U_f h_{t-1}) + b_f)
        g_t = tanh(norm_g(W_c x_t + U_c h_{t-1}) + b_c)
        o_t = sigmoid(norm_o(W_o x_t + U_o h_{t-1}) + b_o)
        c_t = f_t * c_{t-1} + i_t * g_t
        h_t = o_t * tanh(norm_c(c_t))

    `norm_i(v) = gain_i * (v - mean(v)) / sqrt(var(v) + epsilon)`, and so on; the
    gains are the rows of `gain`, `(5, units)`, in the order i, f, g, o, c.

    Args beside those of `LSTMCell`:
        epsilon: Added to the variance.

    Reference: [Ba et al., 2016](https://arxiv.org/abs/1607.06450); every gate
    normalised on its own, as TensorFlow's contrib cell did
    """

    def __init__(self, units, *args, epsilon=1e-5, **kwargs):
        super().__init__(units, *args, **kwargs)
        self.epsilon = epsilon

    def build(self, input_shape):
        super().build(input_shape)
        self.gain = self.add_weight(
            name="gain", shape=(5, self.units), initializer="ones"
        )

    def biased(self, x):
        return x  # the bias comes after the norm

    def step(self, x, states, U):
        _, c = states
        z = self.split(x + U(states[0]))
        z = [self._norm(k, z_k) for k, z_k in enumerate(z)]
        if self.bias is not None:
            z = [z_k + b_k for z_k, b_k in zip(z, self.split(self.bias))]
        i, f, o = (self.recurrent_activation(z[k]) for k in (0, 1, 3))
        c = f * c + i * self.activation(z[2])
        if self.cell_clip is not None:
            c = ops.clip(c, -self.cell_clip, self.cell_clip)
        return [o * self.activation(self._norm(4, c)), c]

    def _norm(self, row, v):
        centred = v - ops.mean(v, axis=-1, keepdims=True)
        variance = ops.mean(ops.square(centred), axis=-1, keepdims=True)
        return self.gain[row] * centred * ops.rsqrt(variance + self.epsilon)

    def symbols(self):
        rows = zip("ifgoc", self.gain)
        return {**super().symbols(), **{f"norm_{name}": row for name, row in rows}}

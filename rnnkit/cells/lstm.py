"""Long short-term memory: plain, with peepholes, with coupled gates."""

from keras import activations, ops

from rnnkit.cells.base import PointwiseCell
from rnnkit.registration import export


@export
class LSTMCell(PointwiseCell):
    """Long short-term memory.

        i_t = sigmoid(W_i x_t + U_i h_{t-1} + b_i)  # input gate
        f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)  # forget gate
        g_t = tanh(W_c x_t + U_c h_{t-1} + b_c)     # candidate
        o_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)  # output gate
        c_t = f_t * c_{t-1} + i_t * g_t
        h_t = o_t * tanh(c_t)

    Columns are stacked i, f, c, o; weights are those of `keras.layers.LSTMCell`.
    `activation` takes the place of tanh, `recurrent_activation` that of sigmoid.

    Args beside those of every cell:
        recurrent_activation: Activation of the gates.
        unit_forget_bias: Whether the forget gate's bias starts at 1, where there is
            such a gate of its own.
        cell_clip: Bound that `c_t` is clipped to on both sides, or None.
            [Sak et al., 2014](https://arxiv.org/abs/1402.1128)

    Reference: [Hochreiter and Schmidhuber, 1997](
    https://doi.org/10.1162/neco.1997.9.8.1735); forget gate of [Gers et al., 2000](
    https://doi.org/10.1162/089976600300015015)
    """

    gates = ("i", "f", "c", "o")
    state_names = ("h", "c")
    peephole = False  # whether the gates see the cell
    coupling = None  # "input": i = 1 - f, "forget": f = 1 - i

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        unit_forget_bias=True,
        *,
        cell_clip=None,
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
        self.unit_forget_bias = unit_forget_bias
        if cell_clip is not None and not cell_clip > 0:
            raise ValueError(f"cell_clip must be above 0, or None, got {cell_clip!r}.")
        self.cell_clip = cell_clip

    def cudnn_conditions(self):
        """What cuDNN's LSTM asks of this cell beside the usual, `{words: holds}`."""
        return {
            "cuDNN's LSTM is the plain one": type(self) is LSTMCell
            and not self.cell_clip
        }

    def initial_bias(self, shape, dtype=None):
        if not (self.unit_forget_bias and "f" in self.gates):
            return super().initial_bias(shape, dtype)
        return ops.concatenate(
            [
                ops.ones((self.units,), dtype)
                if gate == "f"
                else self.bias_initializer((self.units,), dtype=dtype)
                for gate in self.bias_gates or self.gates
            ]
        )

    def build(self, input_shape):
        super().build(input_shape)
        if self.peephole:
            self.peephole_kernel = self.add_weight(
                name="peephole_kernel",
                shape=(len(self.gates) - 1, self.units),
                initializer="glorot_uniform",
                regularizer=self.recurrent_regularizer,
                constraint=self.recurrent_constraint,
            )

    def pointwise(self, x, u, states):
        _, c = states
        z = dict(zip(self.gates, self.split(x + u)))

        def gate(name, seen):
            if self.peephole:
                return self.recurrent_activation(z[name] + self._p(name) * seen)
            return self.recurrent_activation(z[name])

        i = gate("i", c) if self.coupling != "input" else None
        f = gate("f", c) if self.coupling != "forget" else 1 - i
        i = 1 - f if i is None else i
        c = f * c + i * self.activation(z["c"])
        if self.cell_clip is not None:
            c = ops.clip(c, -self.cell_clip, self.cell_clip)
        o = gate("o", c)
        return [o * self.activation(c), c]

    def _p(self, gate):
        seeing = [name for name in self.gates if name != "c"]
        return self.peephole_kernel[seeing.index(gate)]

    def symbols(self):
        symbols = super().symbols()
        if self.peephole:
            symbols.update({f"p_{g}": self._p(g) for g in self.gates if g != "c"})
        return symbols


@export
class PeepholeLSTMCell(LSTMCell):
    """LSTM whose gates also see the cell.

        i_t = sigmoid(W_i x_t + U_i h_{t-1} + p_i * c_{t-1} + b_i)
        f_t = sigmoid(W_f x_t + U_f h_{t-1} + p_f * c_{t-1} + b_f)
        g_t = tanh(W_c x_t + U_c h_{t-1} + b_c)
        c_t = f_t * c_{t-1} + i_t * g_t
        o_t = sigmoid(W_o x_t + U_o h_{t-1} + p_o * c_t + b_o)  # sees the new cell
        h_t = o_t * tanh(c_t)

    The vectors p are the rows of `peephole_kernel`, `(gates - 1, units)`, in the
    order i, f, o.

    Reference: [Gers et al., 2002](https://www.jmlr.org/papers/v3/gers02a.html)
    """

    peephole = True


@export
class CoupledLSTMCell(LSTMCell):
    """LSTM with one gate for keeping and writing.

    default:
        f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)
        i_t = 1 - f_t  # the input gate is derived from the forget gate
        g_t = tanh(W_c x_t + U_c h_{t-1} + b_c)
        o_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)
        c_t = f_t * c_{t-1} + i_t * g_t
        h_t = o_t * tanh(c_t)

    coupling="forget":
        i_t = sigmoid(W_i x_t + U_i h_{t-1} + b_i)
        f_t = 1 - i_t  # the forget gate is derived, as in ONNX
        g_t = tanh(W_c x_t + U_c h_{t-1} + b_c)
        o_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)
        c_t = f_t * c_{t-1} + i_t * g_t
        h_t = o_t * tanh(c_t)

    peephole=True:
        f_t = sigmoid(W_f x_t + U_f h_{t-1} + p_f * c_{t-1} + b_f)
        i_t = 1 - f_t
        g_t = tanh(W_c x_t + U_c h_{t-1} + b_c)
        c_t = f_t * c_{t-1} + i_t * g_t
        o_t = sigmoid(W_o x_t + U_o h_{t-1} + p_o * c_t + b_o)
        h_t = o_t * tanh(c_t)

    coupling="forget", peephole=True:
        i_t = sigmoid(W_i x_t + U_i h_{t-1} + p_i * c_{t-1} + b_i)
        f_t = 1 - i_t
        g_t = tanh(W_c x_t + U_c h_{t-1} + b_c)
        c_t = f_t * c_{t-1} + i_t * g_t
        o_t = sigmoid(W_o x_t + U_o h_{t-1} + p_o * c_t + b_o)
        h_t = o_t * tanh(c_t)

    Columns are stacked f, c, o, or i, c, o.

    Args beside those of `LSTMCell`:
        coupling: "input" derives the input gate, "forget" the forget gate.
        peephole: Whether the gates also see the cell.

    Reference: [Greff et al., 2017](https://arxiv.org/abs/1503.04069)
    """

    def __init__(self, units, *args, coupling="input", peephole=False, **kwargs):
        super().__init__(units, *args, **kwargs)
        if coupling not in ("input", "forget"):
            raise ValueError(f'coupling must be "input" or "forget", got {coupling!r}.')
        self.coupling = coupling
        self.peephole = peephole
        derived = {"input": "i", "forget": "f"}[coupling]
        self.gates = tuple(gate for gate in LSTMCell.gates if gate != derived)
        self.recurrent_gates = self.gates

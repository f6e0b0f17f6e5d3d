"""Threshold networks: cells that know their task without having learnt it."""

import keras
from keras import ops

from rnnkit.cells.base import PointwiseCell
from rnnkit.registration import export


@keras.saving.register_keras_serializable(package="rnnkit")
def threshold(a):
    """Binary threshold unit: 1 where `a > 0`, else 0. Its derivative is 0."""
    return ops.relu(ops.sign(a))


@export
class HandSet(keras.initializers.Initializer):
    """Weights set by hand: diagonal blocks side by side, each times its number.

    A vector, `(columns * units,)`, repeats each of `columns` for all units. In a
    matrix, `(features, columns * units)`, feature k goes to unit `k % units` alone,
    times a number of `columns`, and one of `rows` for each round of features.
    """

    def __init__(self, columns=(1.0,), rows=(1.0,)):
        self.columns = tuple(columns)
        self.rows = tuple(rows)

    def __call__(self, shape, dtype=None):
        units = -(-shape[-1] // len(self.columns))
        columns = ops.repeat(ops.convert_to_tensor(self.columns, dtype), units)
        columns = columns[: shape[-1]]
        if len(shape) == 1:
            return columns
        features = range(shape[0])
        blocks = ops.eye(units, dtype=columns.dtype)
        matrix = ops.stack([blocks[k % units] for k in features])
        signs = [[self.rows[k // units % len(self.rows)]] for k in features]
        matrix = matrix * ops.convert_to_tensor(signs, columns.dtype)
        return ops.tile(matrix, (1, len(self.columns)))[:, : shape[-1]] * columns

    def get_config(self):
        return {"columns": list(self.columns), "rows": list(self.rows)}


class ByHand(PointwiseCell):
    """A cell whose weights somebody has set by hand, where none are told."""

    def __init__(
        self,
        units=1,
        activation=None,
        use_bias=True,
        kernel_initializer=None,
        recurrent_initializer=None,
        bias_initializer=None,
        **kwargs,
    ):
        told = {
            "activation": activation,
            "kernel_initializer": kernel_initializer,
            "recurrent_initializer": recurrent_initializer,
            "bias_initializer": bias_initializer,
        }
        chosen = self.by_hand() | {k: v for k, v in told.items() if v is not None}
        super().__init__(units, use_bias=use_bias, **chosen, **kwargs)

    def by_hand(self):
        """The activation and initializers of the hand-set net."""
        return {
            "activation": "linear",
            "kernel_initializer": HandSet(),
            "recurrent_initializer": HandSet(),
            "bias_initializer": "zeros",
        }


@export
class SummationCell(ByHand):
    """Summation network: what it has read so far, added up.

        h_t = phi(W x_t + U h_{t-1} + b)

    With all weights 1, biases 0 and a linear unit, phi, `h_t` is `x_1 + … + x_t`. A
    unit has one feature to sum: `(batch, time, units)` inputs.

    Args beside those of every cell:
        units: 1 unless told otherwise; the activation and initializers are as above.

    Reference: Grosse, Recurrent neural nets, lecture notes, University of Toronto
    """

    def pointwise(self, x, u, states):
        return [self.activation(x + u)]


@export
class SumComparisonCell(ByHand):
    """Summation and comparison network: which of two has had more so far.

        h_t = W x_t + U h_{t-1} + b   # how far the first is ahead
        y_t = phi(v * h_t + c)        # whether it is

    With weights 1 for the first sequence, -1 for the second and 1 elsewhere, biases 0,
    and a threshold unit phi, `y_t` is 1 where the sum of the first is greater, else 0:
    `(batch, time, 2 * units)` inputs, the first sequence of every unit before the
    second ones. v is `output_kernel`, c `output_bias`, both `(units,)`.

    Args beside those of every cell, but `projection_units` and
    `trainable_initial_state`:
        units: 1 unless told otherwise; the activation and initializers are as above.

    Reference: Grosse, Recurrent neural nets, lecture notes, University of Toronto
    """

    state_names = ("y", "h")

    def __init__(self, units=1, **kwargs):
        super().__init__(units, **kwargs)
        if self.projection_units is not None:
            raise ValueError(
                "SumComparisonCell takes no projection_units: its sums are `units` "
                "wide, and so is what compares them."
            )
        if self.trainable_initial_state:
            raise ValueError(
                "SumComparisonCell takes no trainable_initial_state: its y before the "
                "first step is not read."
            )

    def by_hand(self):
        ahead = HandSet(rows=(1.0, -1.0))
        return super().by_hand() | {
            "activation": threshold,
            "kernel_initializer": ahead,
        }

    def build(self, input_shape):
        shape = (self.units,)
        self.output_kernel = self.add_weight(shape, "ones", name="output_kernel")
        self.output_bias = None
        if self.use_bias:
            self.output_bias = self.add_weight(shape, "zeros", name="output_bias")
        super().build(input_shape)

    def recurrent_input(self, states):
        return states[1]

    def pointwise(self, x, u, states):
        h = x + u
        y = self.output_kernel * h
        y = y if self.output_bias is None else y + self.output_bias
        return [self.activation(y), h]

    def symbols(self):
        own = {"v": self.output_kernel}
        if self.output_bias is not None:
            own["c"] = self.output_bias
        return super().symbols() | own


@export
class ParityCell(ByHand):
    """Parity network: whether it has read an odd number of ones so far.

        h1_t = phi(W_1 x_t + U_1 y_{t-1} + b_1)  # both: and
        h2_t = phi(W_2 x_t + U_2 y_{t-1} + b_2)  # any: or
        y_t = phi(v_1 * h1_t + v_2 * h2_t + c)   # one of them: exclusive or

    phi is a threshold unit, W, U and v_2 are 1, v_1 is -1, the biases -3/2, -1/2, -1/2:

    | y before | x | h1 | h2 | y |
    | --- | --- | --- | --- | --- |
    | 0 | 0 | 0 | 0 | 0 |
    | 0 | 1 | 0 | 1 | 1 |
    | 1 | 0 | 0 | 1 | 1 |
    | 1 | 1 | 1 | 1 | 0 |

    A unit has one feature to watch: `(batch, time, units)` inputs. The vectors v are
    the rows of `output_kernel`, `(2, units)`, c is `output_bias`, `(units,)`.

    Args beside those of every cell:
        units: 1 unless told otherwise; the activation and initializers are as above.

    Reference: Grosse, Recurrent neural nets, lecture notes, University of Toronto
    """

    gates = ("1", "2")
    state_names = ("y",)

    def by_hand(self):
        return {
            "activation": threshold,
            "kernel_initializer": HandSet((1.0, 1.0)),
            "recurrent_initializer": HandSet((1.0, 1.0)),
            "bias_initializer": HandSet((-1.5, -0.5)),
        }

    def build(self, input_shape):
        set_by_hand = HandSet((-1.0, 1.0))((2 * self.units,))
        self.output_kernel = self.add_weight(
            (2, self.units),
            lambda shape, dtype: ops.cast(ops.reshape(set_by_hand, shape), dtype),
            name="output_kernel",
        )
        self.output_bias = None
        if self.use_bias:
            self.output_bias = self.add_weight(
                (self.units,), HandSet((-0.5,)), name="output_bias"
            )
        super().build(input_shape)

    def pointwise(self, x, u, states):
        h1, h2 = self.split(self.activation(x + u))
        y = self.output_kernel[0] * h1 + self.output_kernel[1] * h2
        y = y if self.output_bias is None else y + self.output_bias
        return [self.activation(y)]

    def symbols(self):
        own = {f"v_{g}": self.output_kernel[k] for k, g in enumerate(self.gates)}
        if self.output_bias is not None:
            own["c"] = self.output_bias
        return super().symbols() | own

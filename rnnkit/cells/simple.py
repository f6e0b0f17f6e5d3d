"""Simple recurrent cells: Elman's, its pre-activated form, and IndRNN."""

from keras import initializers

from rnnkit.cells.base import PointwiseCell
from rnnkit.registration import export


@export
class SimpleRNNCell(PointwiseCell):
    """Simple (Elman) recurrent cell.

        h_t = phi(W x_t + U h_{t-1} + b)

    `phi` is the activation, tanh unless told otherwise. Weights are those of
    `keras.layers.SimpleRNNCell`.

    Reference: [Elman, 1990](https://doi.org/10.1207/s15516709cog1402_1)
    """

    def pointwise(self, x, u, states):
        return [self.activation(x + u)]


@export
class PreActivationRNNCell(PointwiseCell):
    """Simple recurrent cell whose state is the value before the activation.

        c_t = U phi(c_{t-1}) + W x_t + b

    Its Jacobian is `U diag(phi'(c_{t-1}))`, the form in which vanishing gradients
    are usually analysed. The output is `c_t`.

    Reference: [Pascanu et al., 2013](https://arxiv.org/abs/1211.5063), equation 2
    """

    gates = state_names = ("c",)

    def recurrent_input(self, states):
        return self.activation(states[0])

    def pointwise(self, x, u, states):
        return [x + u]


@export
class IndRNNCell(PointwiseCell):
    """Independently recurrent cell: every unit sees only its own past.

        h_t = phi(W x_t + u * h_{t-1} + b)

    `u` is the vector `recurrent_kernel`, `(units,)`. Its magnitude rules how long a
    unit remembers; with relu it is usually drawn from [0, 1] and clipped.

    Reference: [Li et al., 2018](https://arxiv.org/abs/1803.04831)
    """

    recurrent_gates = ()
    projects = False

    def __init__(
        self,
        units,
        activation="relu",
        use_bias=True,
        recurrent_initializer=None,
        **kwargs,
    ):
        super().__init__(
            units,
            activation=activation,
            use_bias=use_bias,
            recurrent_initializer=recurrent_initializer
            or initializers.RandomUniform(0.0, 1.0),
            **kwargs,
        )

    def build(self, input_shape):
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel",
            shape=(self.units,),
            initializer=self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        super().build(input_shape)

    def pointwise(self, x, u, states):
        (h,) = states
        return [self.activation(x + self.recurrent_kernel * h)]

    def symbols(self):
        return {**super().symbols(), "u": self.recurrent_kernel}

"""The output-recurrent cell."""

from keras import activations

from rnnkit.cells.arguments import size
from rnnkit.cells.base import GatedCell
from rnnkit.registration import export


@export
class JordanCell(GatedCell):
    """Output-recurrent (Jordan) cell: what it has put out is all it remembers.

        h_t = phi(W x_t + U o_{t-1} + b)
        o_t = psi(V h_t + c)

    Where the true outputs are known they can take the place of `o_{t-1}`, and no step
    waits for the one before it: `rnnkit.layers.TeacherForced`. `recurrent_kernel`, U,
    is `(output_units, units)`, `output_kernel`, V, `(units, output_units)`.

    Args beside those of every cell, but `projection_units`:
        output_units: Width of the output; None for `units`.
        output_activation: Of the output, `psi`.

    Reference: Jordan, 1986, Serial order: a parallel distributed processing approach
    """

    state_names = ("o",)

    def __init__(
        self, units, *, output_units=None, output_activation="linear", **kwargs
    ):
        super().__init__(units, **kwargs)
        if self.projection_units is not None:
            raise ValueError(
                "JordanCell takes no projection_units: the width of its output is "
                "output_units."
            )
        self.output_units = output_units
        self.output_activation = activations.get(output_activation)
        if output_units is not None:
            self.output_size = size("output_units", output_units)
        self.state_size = self.output_size

    def build(self, input_shape):
        self.output_kernel = self.add_weight(
            name="output_kernel",
            shape=(self.units, self.output_size),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.output_bias = None
        if self.use_bias:
            self.output_bias = self.add_weight(
                name="output_bias",
                shape=(self.output_size,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        super().build(input_shape)

    def step(self, x, states, U):
        return [self.activation(x + U(states[0]))]

    def output(self, h, product):
        return self.output_activation(product(h, "output_kernel", ()))

    def matrix(self, name, gates=()):
        if name == "output_kernel":
            return self.output_kernel, self.output_bias
        return super().matrix(name, gates)

    def forced(self, inputs, previous):
        """The outputs of all steps, given those before each of them.

        `(batch, time, features)` and `(batch, time, output_units)` →
        `(batch, time, output_units)`.
        """
        h = self.activation(
            self.biased(self.project(inputs))
            + self.product(previous, "recurrent_kernel")
        )
        return self.output(h, self.product)

    def symbols(self):
        own = {"V": self.output_kernel}
        if self.output_bias is not None:
            own["c"] = self.output_bias
        return super().symbols() | own

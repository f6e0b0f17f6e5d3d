"""The base of every cell: its weights, its options, and the two contracts.

A cell is one step of a recurrence. What it says of itself is its formula, once in
the docstring and once in `pointwise` or `step`; everything else is here.
"""

import keras
from keras import activations, constraints, initializers, ops, regularizers

from rnnkit.cells.arguments import Arguments, size
from rnnkit.cells.noise import Noise, rate, rates


class GatedCell(Arguments, Noise, keras.layers.Layer):
    """A recurrent cell made of products with weight matrices and of formulas.

    A subclass names its `gates` (the order of the stacked columns) and its
    `state_names`, and implements `step(x, states, U)`, one step in time. The first
    state is the output.

    Called on inputs `(batch, features)` and a list of states `(batch, units)`, a cell
    gives the output `(batch, units)` and the new states. `kernel` is `(features, gates
    * units)`, `recurrent_kernel` `(units, gates * units)`; with `projection_units` the
    output, the first state and the rows of `recurrent_kernel` are that wide.

    Options, the same for every cell:

        projection_units=n:
            h_t = P h_t  # the output and first state, n wide
        zoneout=z:
            s_t = z * s_{t-1} + (1 - z) * s_t  # every state, at inference

    Args:
        units: Width of the cell.
        activation: Squashing function, `phi` in the formulas.
        use_bias: Whether the gates have a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: as in Keras,
            and likewise the regularizers and constraints.
        dropout: Share of the inputs dropped, one mask for the whole sequence
            ("locked", "variational").
            [Gal and Ghahramani, 2016](https://arxiv.org/abs/1512.05287)
        recurrent_dropout: Share of what the recurrent kernel multiplies that is
            dropped, one mask for the whole sequence.
        weight_dropout: Share of the recurrent kernel's entries dropped, one mask for
            the whole batch and sequence.
            [Merity et al., 2018](https://arxiv.org/abs/1708.02182)
        zoneout: Probability that a unit keeps its previous state; a number, or one
            for each state. [Krueger et al., 2017](https://arxiv.org/abs/1606.01305)
        projection_units: Width the output is projected to, or None.
            [Sak et al., 2014](https://arxiv.org/abs/1402.1128)
        trainable_initial_state: Whether the first state is learnt, not zero.
        seed: Seed of the dropouts and of zoneout.
    """

    gates = ("h",)  # columns of `kernel` and `bias`, `units` each
    recurrent_gates = None  # columns of `recurrent_kernel`; None: the same
    bias_gates = None  # columns of `bias`; None: those of `kernel`
    state_names = ("h",)
    projects = True  # False: the formula mixes h_{t-1} in unit by unit

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        *,
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        weight_dropout=0.0,
        zoneout=0.0,
        projection_units=None,
        trainable_initial_state=False,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        units = self.units = size("units", units)
        if projection_units is not None:
            projection_units = size("projection_units", projection_units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.dropout = rate("dropout", dropout)
        self.recurrent_dropout = rate("recurrent_dropout", recurrent_dropout)
        self.weight_dropout = rate("weight_dropout", weight_dropout)
        self.zoneout = tuple(zoneout) if isinstance(zoneout, list) else zoneout
        self.projection_units = projection_units
        self.trainable_initial_state = trainable_initial_state
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.initial_states = []
        if self.recurrent_gates is None:
            self.recurrent_gates = self.gates
        self.output_size = projection_units or units
        sizes = [self.output_size] + [units] * (len(self.state_names) - 1)
        self.state_size = sizes if len(sizes) > 1 else sizes[0]
        self.zoneouts = rates("zoneout", zoneout, len(sizes))
        if projection_units and not self.projects:
            raise ValueError(
                f"{type(self).__name__} takes no projection_units: its formula uses "
                "h_{t-1} unit by unit, so the output must be `units` wide."
            )
        if recurrent_dropout and not self.recurrent_gates:
            raise ValueError(
                f"{type(self).__name__} has no recurrent product to drop from: "
                "use zoneout in place of recurrent_dropout."
            )

    # Weights

    def build(self, input_shape):
        kernel_options = dict(
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        recurrent_options = dict(
            initializer=self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], len(self.gates) * self.units),
            **kernel_options,
        )
        if self.recurrent_gates:
            self.recurrent_kernel = self.add_weight(
                name="recurrent_kernel",
                shape=(self.output_size, len(self.recurrent_gates) * self.units),
                **recurrent_options,
            )
        if self.weight_dropout and not hasattr(self, "recurrent_kernel"):
            raise ValueError(
                f"{type(self).__name__} has no recurrent kernel to drop from: use "
                "zoneout in place of weight_dropout."
            )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=self.bias_shape(),
                initializer=self.initial_bias,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        if self.projection_units:
            self.projection_kernel = self.add_weight(
                name="projection_kernel",
                shape=(self.units, self.projection_units),
                **recurrent_options,
            )
        if self.trainable_initial_state:
            self.initial_states = [
                self.add_weight(
                    name=f"initial_{name}", shape=(size,), initializer="zeros"
                )
                for name, size in zip(self.state_names, self.state_sizes)
            ]
        self.built = True

    def bias_shape(self):
        """Shape of the bias; `(2, columns)` where the products have one too."""
        return (len(self.bias_gates or self.gates) * self.units,)

    def initial_bias(self, shape, dtype=None):
        """The bias a new cell starts with."""
        return self.bias_initializer(shape, dtype=dtype)

    # The formula

    def step(self, x, states, U):
        """One step: the formula of the docstring.

        Args:
            x: `W x_t + b`, `(batch, gates * units)`; see `split`.
            states: The previous states, `(batch, units)` each.
            U: `U(h)` is the product of `h` with the recurrent kernel and
                `U(h, "f", "o")` with the columns of these gates only.

        Returns:
            The new states; the first is the output.
        """
        raise NotImplementedError(f"{type(self).__name__} has no `step`.")

    def split(self, x, gates=None):
        """Cut `(batch, gates * units)` into one tensor a gate."""
        return ops.split(x, len(gates or self.gates), axis=-1)

    def project(self, inputs):
        """What the inputs give to the gates, `W x_t`, for any number of steps.

        `(..., features)` → `(..., gates * units)`. The bias is added step by step,
        which costs nothing there, and here a pass through memory.
        """
        return ops.matmul(inputs, self.kernel)

    def biased(self, x):
        """`W x_t + b` of `W x_t`."""
        if self.bias is None:
            return x
        return x + (self.bias if len(self.bias.shape) == 1 else self.bias[0])

    def matrix(self, name, gates=()):
        """A weight matrix that `step` multiplies with, and its bias or None.

        `name` is the attribute that holds it; `gates` choose columns of the
        recurrent kernel, none meaning all.
        """
        kernel = getattr(self, name)
        bias = None
        if name == "recurrent_kernel" and self.bias is not None:
            bias = self.bias[1] if len(self.bias.shape) == 2 else None
        if not gates:
            return kernel, bias
        return self._columns(kernel, gates), self._columns(bias, gates)

    def _columns(self, matrix, gates):
        if matrix is None:
            return None
        first = [self.recurrent_gates.index(gate) * self.units for gate in gates]
        parts = [matrix[..., start : start + self.units] for start in first]
        return parts[0] if len(parts) == 1 else ops.concatenate(parts, axis=-1)

    def symbols(self):
        """The weights by the letters of the formulas: `{"W_i": ..., "b_i": ...}`.

        A cell with weights of its own adds theirs; a cell with one gate also knows
        them without the gate's name.
        """
        symbols = {}

        def add(letter, matrix, gates):
            if matrix is not None and gates:
                columns = ops.split(matrix, len(gates), axis=-1)
                symbols.update({f"{letter}_{g}": c for g, c in zip(gates, columns)})
                if len(gates) == 1:
                    symbols[letter] = matrix

        add("W", self.kernel, self.gates)
        if self.recurrent_gates:
            kernel, bias = self.matrix("recurrent_kernel")
            add("U", kernel, self.recurrent_gates)
            add("d", bias, self.recurrent_gates)
        if self.bias is not None:
            two = len(self.bias.shape) == 2
            add("b", self.bias[0] if two else self.bias, self.bias_gates or self.gates)
        if self.projection_units:
            symbols["P"] = self.projection_kernel
        return symbols

    # One step with every option around the formula

    def transition(self, x, states, product, noise):
        """`step` with recurrent dropout, projection and zoneout around it.

        Args:
            x: Projected input `W x_t`, `(batch, gates * units)`.
            states: List of states.
            product: `product(a, name, gates)` multiplies with `matrix(name, gates)`.
            noise: What `draw_noise` drew, for this step; empty at inference.

        Returns:
            List of new states.
        """
        keep = noise.get("recurrent_dropout")

        def U(h, *gates):
            return product(h if keep is None else h * keep, "recurrent_kernel", gates)

        new = list(self.step(self.biased(x), list(states), U))
        new[0] = self.output(new[0], product)
        for k, share in enumerate(self.zoneouts):
            if share:
                stay = noise[f"zoneout_{k}"] if "zoneout_0" in noise else share
                new[k] = stay * states[k] + (1 - stay) * new[k]
        return new

    def output(self, h, product):
        """The output of what `step` gave first: itself, or its projection."""
        if self.projection_units is None:
            return h
        return product(h, "projection_kernel", ())

    def product(self, a, name, gates=()):
        """`a` times a weight matrix, plus its bias."""
        kernel, bias = self.matrix(name, gates)
        y = ops.matmul(a, kernel)
        return y if bias is None else y + bias

    def call(self, inputs, states, training=False):
        if training and self.noisy:
            raise ValueError(
                f"{self.name} has dropout or zoneout, which must be drawn once for "
                "the whole sequence: use rnnkit.layers.Recurrent(cell), one for each "
                "cell of a stack, in place of keras.layers.RNN, or call the cell with "
                "training=False."
            )
        states = states if isinstance(states, (list, tuple)) else [states]
        new = self.transition(self.project(inputs), states, self.product, {})
        return new[0], new

    # States

    @property
    def state_sizes(self):
        """Width of every state, as a list."""
        sizes = self.state_size
        return list(sizes) if isinstance(sizes, (list, tuple)) else [sizes]

    def get_initial_state(self, batch_size=None):
        """The states before the first step, `(batch_size, units)` each."""
        zeros = [
            ops.zeros((batch_size, size), dtype=self.compute_dtype)
            for size in self.state_sizes
        ]
        if not self.trainable_initial_state:
            return zeros
        return [
            zero + ops.cast(start, self.compute_dtype)
            for zero, start in zip(zeros, self.initial_states)
        ]


class PointwiseCell(GatedCell):
    """A cell whose only product is `U h_{t-1}`; the rest goes unit by unit.

    A subclass implements `pointwise(x, u, states)`, and where the recurrent kernel
    multiplies something other than the first state, `recurrent_input(states)`.
    """

    def pointwise(self, x, u, states):
        """The formula of the docstring, element by element.

        Args:
            x: `W x_t + b`, `(batch, gates * units)`.
            u: `U h_{t-1}`, `(batch, gates * units)`; None without recurrent gates.
            states: The previous states.

        Returns:
            The new states; the first is the output.
        """
        raise NotImplementedError(f"{type(self).__name__} has no `pointwise`.")

    def recurrent_input(self, states):
        """What the recurrent kernel multiplies: the first state."""
        return states[0]

    def step(self, x, states, U):
        u = U(self.recurrent_input(states)) if self.recurrent_gates else None
        return self.pointwise(x, u, states)

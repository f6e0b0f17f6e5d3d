"""The Jacobian of a cell whose units meet in products only."""

import keras
import tensorflow as tf

from rnnkit.cells import GRUCell, PointwiseCell
from rnnkit.recurrence.bind import bind, tensors_of

# Others, such as softmax, may mix units.
ELEMENTWISE = [
    keras.activations.elu,
    keras.activations.exponential,
    keras.activations.gelu,
    keras.activations.hard_sigmoid,
    keras.activations.hard_silu,
    keras.activations.leaky_relu,
    keras.activations.linear,
    keras.activations.mish,
    keras.activations.relu,
    keras.activations.relu6,
    keras.activations.selu,
    keras.activations.sigmoid,
    keras.activations.silu,
    keras.activations.softplus,
    keras.activations.softsign,
    keras.activations.tanh,
]


def knows(cell):
    """Whether a cell is made of products with its matrices and of formulas by unit."""
    steps = (PointwiseCell.step, GRUCell.step)
    if not isinstance(cell, PointwiseCell) or type(cell).step not in steps:
        return False
    names = [name for name in cell.parameters() if name.endswith("activation")]
    return all(getattr(cell, name) in ELEMENTWISE for name in names)


def jacobian(cell, x, states):
    """The derivative of the new states by the old, without autodiff by the column.

    With every product's value u held fixed a step goes unit by unit, and two
    vector-Jacobian products with ones give all of its elementwise derivatives, D_s by
    the states and D_u by u. Where u = a U with a elementwise in the states, the
    whole is

        d s_t / d s_{t-1} = diag(D_s) + D_u U' diag(a')

    which is gates · units² multiply-adds a step, where autodiff takes units times as
    many. What a second product multiplies may depend on the first: then its part is
    dense, and takes a product of matrices.

    Args:
        cell: A cell that `knows` says yes of.
        x: `(rows, features)`.
        states: List of `(rows, width)`.

    Returns:
        `(rows, state, state)`, the states side by side.
    """
    cell = bind(cell, tensors_of(cell))
    x = cell.project(keras.ops.cast(x, cell.compute_dtype))
    values, calls = [], []

    def product(a, name, gates=()):
        values.append(cell.product(a, name, gates))
        calls.append((name, gates))
        return values[-1]

    cell.transition(x, states, product, {})
    operands = []
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([states, values])

        def fixed(a, name, gates=()):
            operands.append(a)
            return values[len(operands) - 1]

        new = cell.transition(x, states, fixed, {})
    matrices = [cell.matrix(*call)[0] for call in calls]
    chain = _Chain(tape, states, values, matrices)
    for operand in operands:
        chain.add_product(operand)
    return tf.concat([chain.dense(s) for s in new], axis=1)


class _Chain:
    """Derivatives by the states, of one value after the other."""

    def __init__(self, tape, states, values, matrices):
        self.tape, self.states, self.values = tape, states, values
        self.matrices = matrices
        self.products = []  # of each value's operand: (diagonals, dense or None)

    def add_product(self, operand):
        diagonals, parts = self._parts(operand)
        dense = None
        if parts:
            dense = self._whole(operand, diagonals, parts)
        self.products.append((diagonals, dense))

    def dense(self, y):
        """`(rows, width of y, state)`."""
        return self._whole(y, *self._parts(y))

    def _parts(self, y):
        """Elementwise derivatives by the states, and those by the products' values."""
        by_state = [self.tape.gradient(y, s) for s in self.states]
        by_value = [
            (k, d)
            for k, v in enumerate(self.values[: len(self.products)])
            if (d := self.tape.gradient(y, v)) is not None
        ]
        return by_state, by_value

    def _whole(self, y, by_state, by_value):
        width = y.shape[-1]
        blocks = []
        for j, state in enumerate(self.states):
            size = state.shape[-1]
            block = tf.zeros([tf.shape(y)[0], width, size], y.dtype)
            if by_state[j] is not None:
                block += tf.linalg.diag(by_state[j])
            for k, d in by_value:
                block += self._through(k, d, width, j)
            blocks.append(block)
        return tf.concat(blocks, axis=-1)

    def _through(self, k, d, width, j):
        """What a state gives through the k-th product."""
        diagonals, dense = self.products[k]
        matrix = self.matrices[k]
        rows, below = tf.shape(d)[0], matrix.shape[0]
        d = tf.reshape(d, [rows, -1, width])
        matrix = tf.reshape(matrix, [below, -1, width])
        if dense is None and diagonals[j] is None:
            return tf.zeros([rows, width, self.states[j].shape[-1]], d.dtype)
        through = tf.einsum("rgw,ngw->rwn", d, matrix)
        if dense is None:
            return through * diagonals[j][:, None, :]
        start = sum(s.shape[-1] for s in self.states[:j])
        return through @ dense[..., start : start + self.states[j].shape[-1]]

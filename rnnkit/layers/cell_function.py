"""A cell's step as a function of tensors, and what its parts are called."""

import keras
from keras import tree


class CellFunction:
    """One step: `(weights, x, states)` to the output and the new states, flat lists.

    Dropouts are off. Attributes:
        variables: Those of the cell, the trainable first; `weights` are their values.
        weight_names: What each trainable one is called, `("kernel", ...)`.
        state_names: What each state is called, `("h", "c")`.
    """

    def __init__(self, cell):
        self.cell = cell
        trainable = list(getattr(cell, "trainable_weights", ()))
        self.variables = trainable + list(getattr(cell, "non_trainable_weights", ()))
        self.weight_names = _told_apart(trainable)
        self.state_names = _state_names(cell)
        trains = getattr(cell, "_call_has_training_arg", False)
        self._options = {"training": False} if trains else {}

    def weights(self):
        """The values of the variables, on TensorFlow."""
        import tensorflow as tf

        return [tf.convert_to_tensor(v.value) for v in self.variables]

    def __call__(self, weights, x, states, like):
        """`like` is the structure in which the cell takes its states."""
        with keras.StatelessScope(list(zip(self.variables, weights))):
            states = tree.pack_sequence_as(like, states)
            output, new = self.cell(x, states, **self._options)
        return output, tree.flatten(new)


def _told_apart(variables):
    """The names of variables, with as much of their paths as tells them apart."""
    parts = [v.path.split("/") for v in variables]
    for depth in range(1, max(map(len, parts), default=0) + 1):
        names = ["/".join(path[-depth:]) for path in parts]
        if len(set(names)) == len(names):
            return tuple(names)
    return tuple(f"{v.name}_{k}" for k, v in enumerate(variables))


def _state_names(cell):
    if isinstance(cell, keras.layers.StackedRNNCells):
        inner = enumerate(map(_state_names, cell.cells))
        return tuple(f"{name}_{k}" for k, names in inner for name in names)
    if hasattr(cell, "state_names"):
        return tuple(cell.state_names)
    count = len(tree.flatten(cell.state_size))
    return {1: ("h",), 2: ("h", "c")}.get(count) or tuple(f"s{k}" for k in range(count))

"""A cell with tensors in the place of its variables."""

import keras
from keras import ops


def weights_of(cell):
    """The variables that a cell holds as attributes, `{name: variable}`."""
    return {k: v for k, v in vars(cell).items() if isinstance(v, keras.Variable)}


def tensors_of(cell, training=False):
    """These variables as tensors in the dtype of computation, `{name: tensor}`.

    In training they come with the cell's weight dropout.
    """
    weights = {k: ops.cast(v, cell.compute_dtype) for k, v in weights_of(cell).items()}
    return cell.drop_weights(weights) if training else weights


def bind(cell, values):
    """A shallow copy of `cell` whose weights are the tensors `values`.

    The copy computes with what it is given, whatever the dtype, and so can be
    differentiated, compiled and run in parts without touching a variable.
    """
    bound = object.__new__(type(cell))
    bound.__dict__.update(cell.__dict__)
    bound.__dict__.update(values)
    return bound

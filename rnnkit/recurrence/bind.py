"""A cell with tensors in the place of its variables."""

import keras


def weights_of(cell):
    """The variables that a cell holds as attributes, `{name: variable}`."""
    return {k: v for k, v in vars(cell).items() if isinstance(v, keras.Variable)}


def bind(cell, values):
    """A shallow copy of `cell` whose weights are the tensors `values`.

    The copy computes with what it is given, whatever the dtype, and so can be
    differentiated, compiled and run in parts without touching a variable.
    """
    bound = object.__new__(type(cell))
    bound.__dict__.update(cell.__dict__)
    bound.__dict__.update(values)
    return bound

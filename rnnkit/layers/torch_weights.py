"""Weights of torch's recurrent layers, for those of rnnkit."""

import numpy as np

from rnnkit.cells.gru import GRUCell
from rnnkit.cells.lstm import LSTMCell
from rnnkit.cells.simple import SimpleRNNCell
from rnnkit.layers.bidirectional import Bidirectional
from rnnkit.layers.deep import DeepRecurrent

# For every cell that torch has too: where torch keeps our gates.
_ORDER = {LSTMCell: (0, 1, 2, 3), GRUCell: (1, 0, 2), SimpleRNNCell: (0,)}


def weights_from_torch(layer, state_dict, prefix="", level=0):
    """Give a layer the weights of a `torch.nn.LSTM`, `GRU` or `RNN`.

    The layer is built if it is not yet; torch need not be installed. What torch's
    weights do not say, the activation of an `RNN(nonlinearity="relu")`, is for the
    layer to have.

    Args:
        layer: `LSTM`, `GRU` or `SimpleRNN` of rnnkit, a `Bidirectional` of one, or a
            `DeepRecurrent` of them, whose layers take torch's from `level` on.
        state_dict: What `state_dict()` of the torch module gives, or arrays by the
            same names: `weight_ih_l0` `(gates * units, features)` and so on.
        prefix: What the names begin with, such as "encoder.".
        level: Which of torch's stacked layers.

    Raises:
        KeyError: A weight is not there; names it.
        ValueError: A layer that torch does not have, or weights of another size.
    """
    if not layer.built:
        features = _read(state_dict, f"{prefix}weight_ih_l{level}").shape[1]
        layer.build((None, None, features // getattr(layer, "reduction", 1)))
    found = []  # nothing is changed unless everything fits
    for one, suffix in _single_layers(layer, level):

        def read(name, suffix=suffix):
            return _read(state_dict, f"{prefix}{name}{suffix}")

        _check(one, f"{prefix}bias_ih{suffix}" in state_dict)
        for name, value in _weights(one.cell, read):
            variable = getattr(one.cell, name)
            if tuple(variable.shape) != value.shape:
                raise ValueError(
                    f"{one.name}: {name} is {tuple(variable.shape)}, torch's "
                    f"{suffix[1:]} gives {value.shape}."
                )
            found.append((variable, value))
    for variable, value in found:
        variable.assign(value)


def _single_layers(layer, level):
    """Yield every layer of one cell, and how torch's names of its weights end."""
    if isinstance(layer, DeepRecurrent):
        if layer.connection is not None:
            raise ValueError(
                f"torch's stacks have no connection={layer.connection!r}: give the "
                "layers their weights one by one."
            )
        for k, one in enumerate(layer.layers):
            yield from _single_layers(one, level + k)
    elif isinstance(layer, Bidirectional):
        yield layer.forward_layer, f"_l{level}"
        yield layer.backward_layer, f"_l{level}_reverse"
    else:
        yield layer, f"_l{level}"


def _check(layer, bias):
    cell = getattr(layer, "cell", layer)
    if type(cell) not in _ORDER:
        raise ValueError(
            f"torch has no {type(cell).__name__}: it has LSTM, GRU and SimpleRNN."
        )
    if not getattr(cell, "reset_after", True):
        raise ValueError(f"{cell.name}: torch's GRU is that of reset_after=True.")
    if bias and not cell.use_bias:
        raise ValueError(f"{cell.name}: torch's layer has a bias, use_bias is False.")


def _weights(cell, read):
    """Yield (attribute, value) of every weight, as torch's names are read."""
    order = _ORDER[type(cell)]

    def gates(name):
        parts = np.split(read(name), len(order))
        return np.concatenate([parts[k] for k in order])

    if cell.projection_units:
        yield "projection_kernel", read("weight_hr").T
    yield "kernel", gates("weight_ih").T
    yield "recurrent_kernel", gates("weight_hh").T
    if cell.use_bias:
        both = np.stack([gates("bias_ih"), gates("bias_hh")])
        yield "bias", both if len(cell.bias.shape) == 2 else both.sum(0)


def _read(state_dict, name):
    if name not in state_dict:
        raise KeyError(f"No {name!r} among torch's weights: {', '.join(state_dict)}.")
    return np.asarray(state_dict[name])

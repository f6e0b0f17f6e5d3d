"""What the checks run on: copies of a layer with other options, weights, data, masks.

All checks use the same few shapes, so that each path is compiled seldom.
"""

import copy

import keras
import numpy as np

BATCH, TIME, FEATURES = 3, 5, 4


def altered(layer, **changes):
    """A new layer (or cell) of the same class and options, but for `changes`.

    An option is changed where it stands: in the layer's own config, or else in that
    of the cell or layers within; `dtype` and `seed` are changed in all.

    Raises: `ValueError` naming an option that stands nowhere.
    """
    config = copy.deepcopy(layer.get_config())
    for option, value in changes.items():
        if not _change(config, option, value):
            raise ValueError(f"{type(layer).__name__} has no option {option!r}")
    return type(layer).from_config(config)


def altered_or_refused(layer, **changes):
    """`altered`, or None where the class refuses the options and names one of them.

    Raises: whatever other error the class raises.
    """
    try:
        return altered(layer, **changes)
    except (TypeError, ValueError) as error:
        # Keras quotes the whole config before the words of the class itself.
        words = str(error).rpartition("Exception encountered:")[2]
        if any(option in words for option in changes):
            return None
        raise


def has_option(layer, option):
    """Whether `altered` can change this option."""
    return _change(copy.deepcopy(layer.get_config()), option, None)


def _change(config, option, value):
    found = option in config
    if found:
        config[option] = value
    if found and option not in ("dtype", "seed"):
        return True
    for inner in _configs_within(config):
        found = _change(inner, option, value) or found
    return found


def _configs_within(config):
    values = [v for value in config.values() for v in _as_list(value)]
    return [
        value["config"]  # of layers and cells, not of initializers and the like
        for value in values
        if isinstance(value, dict) and "trainable" in (value.get("config") or {})
    ]


def _as_list(value):
    return value if isinstance(value, (list, tuple)) else [value]


def built(layer, shape=(BATCH, TIME, FEATURES), seed=1):
    """The layer, built for inputs of `shape`, with random weights, biases too."""
    if not layer.built:
        layer.build(shape)
    return randomised(layer, seed)


def randomised(layer, seed=1):
    """The layer with every trainable weight drawn anew, none zero, none equal."""
    rng = np.random.default_rng(seed)
    for weight in layer.trainable_weights:
        weight.assign(rng.normal(0.0, 0.5, weight.shape))
    return layer


def twin(layer, shape=(BATCH, TIME, FEATURES), **changes):
    """A copy with `changes` and the same weights as `layer`, which is built."""
    other = altered(layer, **changes)
    other.build(shape)
    other.set_weights(layer.get_weights())
    return other


def inputs(shape=(BATCH, TIME, FEATURES), seed=2):
    """Random inputs, float64."""
    return np.random.default_rng(seed).normal(size=shape)


def states(layer, batch=BATCH, seed=3):
    """A random state for each state of a recurrent layer or cell, float64."""
    rng = np.random.default_rng(seed)
    cells = cells_of(layer) or [layer]
    sizes = [size for cell in cells for size in _as_list(cell.state_size)]
    return [rng.normal(size=(batch, size)) for size in sizes]


def masks():
    """Named masks, (BATCH, TIME) of booleans; False is masked."""
    rows = {
        "right-padded": ["11111", "11100", "10000"],
        "left-padded": ["11111", "00111", "00001"],
        "random": ["10110", "01001", "11011"],
        "with a fully masked row": ["11010", "00000", "01111"],
        "of ones": ["11111", "11111", "11111"],
    }
    return {
        name: np.array([[digit == "1" for digit in row] for row in table])
        for name, table in rows.items()
    }


def tensor(layer, value):
    """A value as a tensor of the layer's compute type."""
    return keras.ops.convert_to_tensor(value, dtype=layer.compute_dtype)


def call(layer, training=False):
    """The layer, which returns its states, as a function of its three inputs.

    `(sequence, initial_state, mask) -> (output, states)`
    """

    def run(sequence, initial_state, mask):
        output, *states = layer(
            sequence, initial_state=initial_state, mask=mask, training=training
        )
        return output, states

    return run


def cells_of(layer):
    """The cells of a recurrent layer, or of those it is made of."""
    within = layer._flatten_layers(include_self=True)  # no public walk exists
    return [one.cell for one in within if getattr(one, "cell", None) is not None]

"""What every cell promises of itself."""

import json

import keras
import numpy as np
from keras import ops

from rnnkit.testing import formula, subjects
from rnnkit.testing.compare import assert_equal, broken

OPTIONS = {
    "another activation": {"activation": "elu"},
    "another gate": {"recurrent_activation": "hard_sigmoid"},
    "no bias": {"use_bias": False},
    "zoneout": {"zoneout": 0.3},
    "clipped": {"cell_clip": 0.3},
    "initial state": {"trainable_initial_state": True},
}
# Not every cell can be projected, and it need not say so.
PROJECTED = {
    "projected": {"projection_units": 3},
    "projected zoneout": {"projection_units": 3, "zoneout": 0.3},
}
_PARTS = ("kernel", "recurrent", "bias")


def formula_holds(cell, options=""):
    """The cell computes what the formula in its docstring says."""
    cell = _ready(cell, dtype="float64")
    sequence, states = subjects.inputs(), subjects.states(cell)
    output, last = _stepped(cell, sequence, states)
    wanted, wanted_last = formula.run(cell, sequence, states)
    assert_equal(
        f"the formula of the docstring{options}",
        cell,
        {"output": output, **_by_name(cell, last)},
        {"output": wanted, **_by_name(cell, wanted_last)},
        tolerance=1e-9,
    )


def options_change_the_formula_alike(cell):
    """With other options the cell computes what the formula says then."""
    for options in OPTIONS.values():
        if options.keys() <= cell.get_config().keys():
            chosen = subjects.altered_or_refused(cell, **options)
            if chosen is not None:
                formula_holds(chosen, f" with {options}")


def is_a_keras_cell(cell):
    """The cell runs in `keras.layers.RNN`, alone and in `StackedRNNCells`."""
    promise = "running in keras.layers.RNN"
    cell = _ready(cell, dtype="float64")
    sequence, states = subjects.inputs(), subjects.states(cell)
    layer = keras.layers.RNN(
        cell, return_sequences=True, return_state=True, dtype="float64"
    )
    given = [subjects.tensor(cell, state) for state in states]
    output, *last = layer(ops.convert_to_tensor(sequence), initial_state=given)
    assert_equal(promise, cell, (output, last), _stepped(cell, sequence, states), 1e-9)

    both = [subjects.altered(cell, name=name) for name in ("below", "above")]
    stack = keras.layers.RNN(
        keras.layers.StackedRNNCells(both, dtype="float64"),
        return_sequences=True,
        dtype="float64",
    )
    output = stack(ops.convert_to_tensor(sequence))
    below = _stepped(both[0], sequence)[0]
    wanted = _stepped(both[1], below)[0]
    promise = "running in keras.layers.StackedRNNCells"
    assert_equal(promise, cell, output, wanted, 1e-9)


def config_returns(cell):
    """`from_config(get_config())` is the same cell, and its config is plain JSON."""
    config = cell.get_config()
    json.dumps(config)
    again = type(cell).from_config(cell.get_config()).get_config()
    if again != config:
        different = {key for key in config if again.get(key) != config[key]}
        raise broken("the round trip of get_config", cell, f"{different} differ")
    first = _ready(cell, dtype="float64")
    second = subjects.twin(first, shape=(subjects.BATCH, subjects.FEATURES))
    results = [_stepped(one, subjects.inputs()) for one in (first, second)]
    assert_equal("the round trip of get_config", cell, *results)


def noise_is_refused(cell):
    """Called bare, in training, with dropout or zoneout, the cell raises."""
    for option in ("dropout", "recurrent_dropout", "zoneout"):
        noisy = subjects.altered_or_refused(cell, **{option: 0.5})
        if noisy is None:
            continue
        noisy.build((subjects.BATCH, subjects.FEATURES))
        step = subjects.tensor(noisy, subjects.inputs()[:, 0])
        states = [subjects.tensor(noisy, s) for s in subjects.states(noisy)]
        try:
            noisy(step, states, training=True)
        except ValueError as error:
            if "Recurrent" in str(error):
                continue
        raise broken(
            "the refusal of noise in a bare cell", cell, f"{option} does not raise"
        )


def regularizers_are_kept(cell):
    """Regularizers reach the weights they are named for."""
    options = _for_each_part("regularizer", keras.regularizers.L2(0.5))
    regular = _ready(cell, **options)
    weights = _weights(regular).values()
    plain = [np.square(ops.convert_to_numpy(w)).sum() for w in weights]
    got = float(sum(ops.convert_to_numpy(loss) for loss in regular.losses))
    if got < 0.5 * sum(plain) * (1 - 1e-5):
        raise broken(
            "keeping regularizers",
            cell,
            f"loss {got}, of these weights {0.5 * sum(plain)}",
        )


def constraints_are_kept(cell):
    """Constraints reach the weights they are named for."""
    held = _ready(cell, **_for_each_part("constraint", keras.constraints.NonNeg()))
    for name, weight in _weights(held).items():
        if not isinstance(weight.constraint, keras.constraints.NonNeg):
            found = f"{name} has {weight.constraint}"
            raise broken("keeping constraints", cell, found)


def initializers_are_kept(cell):
    """Initializers make the weights they are named for."""
    options = _for_each_part("initializer", keras.initializers.Constant(0.3))
    if subjects.has_option(cell, "unit_forget_bias"):
        options["unit_forget_bias"] = False
    made = subjects.altered(cell, dtype="float64", **options)
    made.build((subjects.BATCH, subjects.FEATURES))
    for name, weight in _weights(made).items():
        wanted = np.full(weight.shape, 0.3)
        assert_equal(f"the initializer of its {name}", cell, weight, wanted, 1e-6)


ALL = (
    formula_holds,
    options_change_the_formula_alike,
    is_a_keras_cell,
    config_returns,
    noise_is_refused,
    regularizers_are_kept,
    constraints_are_kept,
    initializers_are_kept,
)


def _for_each_part(kind, value):
    """The option of this kind for each weight, as a config has it."""
    value = keras.saving.serialize_keras_object(value)
    return {f"{part}_{kind}": value for part in _PARTS}


def _weights(cell):
    """Kernel, recurrent kernel and bias, by name; those that the cell has."""
    names = ("kernel", "recurrent_kernel", "bias")
    found = {name: getattr(cell, name, None) for name in names}
    return {name: weight for name, weight in found.items() if weight is not None}


def _ready(cell, **changes):
    cell = subjects.altered(cell, **changes)
    return subjects.built(cell, (subjects.BATCH, subjects.FEATURES))


def _stepped(cell, sequence, states=None):
    """Outputs (batch, time, n) and last states of a cell called step by step."""
    if states is None:
        states = cell.get_initial_state(batch_size=len(sequence))
    states = [subjects.tensor(cell, state) for state in states]
    outputs = []
    for time in range(sequence.shape[1]):
        output, states = cell(subjects.tensor(cell, sequence[:, time]), states)
        outputs.append(output)
    return ops.stack(outputs, 1), list(states)


def _by_name(cell, states):
    return dict(zip(cell.state_names, states, strict=True))

"""What every cell promises of itself."""

import json

import keras
import numpy as np
from keras import ops

from rnnkit.testing import formula, subjects
from rnnkit.testing.compare import assert_equal, broken


def formula_holds(cell):
    """The cell computes what the formula in its docstring says."""
    cell = _ready(cell, dtype="float64")
    sequence, states = subjects.inputs(), subjects.states(cell)
    output, last = _stepped(cell, sequence, states)
    wanted, wanted_last = formula.run(cell, sequence, states)
    assert_equal(
        "the formula of the docstring",
        cell,
        {"output": output, **_by_name(cell, last)},
        {"output": wanted, **_by_name(cell, wanted_last)},
        tolerance=1e-9,
    )


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
    """Regularizers and constraints reach the weights they are named for."""
    options = {
        f"{part}_regularizer": keras.regularizers.serialize(keras.regularizers.L2(0.5))
        for part in ("kernel", "recurrent", "bias")
    }
    regular = subjects.altered(cell, **options)
    regular = subjects.built(regular, (subjects.BATCH, subjects.FEATURES))
    parts = ("kernel", "recurrent_kernel", "bias")
    weights = [getattr(regular, part, None) for part in parts]
    plain = [np.square(ops.convert_to_numpy(w)).sum() for w in weights if w is not None]
    got = float(sum(ops.convert_to_numpy(loss) for loss in regular.losses))
    if got < 0.5 * sum(plain) * (1 - 1e-5):
        raise broken(
            "the regularizers", cell, f"loss {got}, of these weights {0.5 * sum(plain)}"
        )


ALL = (
    formula_holds,
    is_a_keras_cell,
    config_returns,
    noise_is_refused,
    regularizers_are_kept,
)


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

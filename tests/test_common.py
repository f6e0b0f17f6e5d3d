"""The public checks over every public cell and layer, as they are discovered.

LSTM goes through every check that takes no long time; the others through what depends
on the cell, one of each kind through the rest in the slow suite, and all of them in the
thorough one.
"""

import inspect
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import rnnkit
from rnnkit.cells import LSTMCell, SimpleRNNCell
from rnnkit.layers import (
    GRU,
    LSTM,
    Bidirectional,
    DeepRecurrent,
    PyramidalBidirectional,
    Recurrent,
    SimpleRNN,
)
from rnnkit.testing import BrokenPromise, check_cell, check_model, subjects
from rnnkit.testing.check import cell_checks, held, layer_checks
from rnnkit.testing.checks import cell as of_cells
from rnnkit.testing.checks import (
    masks,
    noise,
    paths,
    precision,
    running,
    saving,
    shapes,
    states,
)
from rnnkit.testing.compare import assert_equal
from tests.discovered import MADE_OF_OTHERS, MODELS, cells, layers, models, subject_of

UNITS = 6
ROOT = Path(__file__).parents[1]
# What depends on the cell, or on how a layer is made of others.
CELLS_OWN = (
    paths.masked_sequences_equal_the_cells,
    paths.the_path_is_chosen_openly,
    states.stateful_carries_on,
    states.one_step_is_one_step,
    states.the_first_state_is_learnt,
    masks.masks_pass_through,
    *noise.ALL[:4],
    saving.config_returns,
    saving.keras_files_load,
)
# What of these needs no compiling; layers made of others are slow to start.
CHEAP = (
    paths.masked_sequences_equal_the_cells,
    states.stateful_carries_on,
    states.one_step_is_one_step,
    saving.config_returns,
    saving.keras_files_load,
)
OVER_TWO_CPUS = (running.distribution_changes_nothing,)  # see the last test
SLOW = (
    *saving.SLOW,
    *OVER_TWO_CPUS,
    saving.saved_models_export,
    precision.policies_hold,
    shapes.unknown_sizes_work,
    running.xla_changes_nothing,
)
# Made of a cell; with a cell that goes its own way; made of another layer.
KINDS = (LSTM, GRU, Bidirectional)


def _layer_cases():
    for layer_class in layers():
        for check in layer_checks(subject_of(layer_class), slow=True):
            first = layer_class is LSTM and check not in SLOW
            own = CHEAP if layer_class.__name__ in MADE_OF_OTHERS else CELLS_OWN
            slow = not first and check not in own
            marks = [pytest.mark.slow] if slow else []
            if slow and layer_class not in KINDS:
                marks.append(pytest.mark.thorough)
            yield pytest.param(
                layer_class,
                check,
                marks=marks,
                id=f"{layer_class.__name__}-{check.__name__}",
            )


def _cell_cases():
    """Of each cell what it promises of itself; its layer is held to the rest above."""
    own = {check.__name__ for check in of_cells.ALL}
    for cell_class in cells():
        for check in cell_checks():
            slow = check.__name__ not in own
            if slow and cell_class is not LSTMCell:
                continue
            yield pytest.param(
                cell_class,
                check,
                marks=[pytest.mark.slow] if slow else [],
                id=f"{cell_class.__name__}-{check.__name__}",
            )


@pytest.mark.parametrize(("layer_class", "check"), [*_layer_cases()])
def test_every_layer_keeps_its_promises(layer_class, check):
    held(check, subject_of(layer_class))


@pytest.mark.parametrize(("cell_class", "check"), [*_cell_cases()])
def test_every_cell_keeps_its_promises(cell_class, check):
    held(check, cell_class(UNITS))


def _model_cases():
    """The others have such tests of their own among the fast ones."""
    for model_class in models():
        fast = model_class is rnnkit.models.LanguageModel
        yield pytest.param(model_class, marks=[] if fast else [pytest.mark.slow])


@pytest.mark.parametrize("model_class", [*_model_cases()])
def test_every_model_keeps_its_promises(model_class):
    make, data, inputs = MODELS[model_class.__name__]()
    assert isinstance(make(), model_class)
    check_model(make, data, inputs)


@rnnkit.export
class LosesItsScale(keras.layers.Layer):
    """A layer whose config lacks what it was made with."""

    def __init__(self, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs):
        return self.scale * inputs

    def get_config(self):
        return {"name": self.name}


def _small_model(*more):
    def make():
        layers = [keras.Input((5, 4)), LSTM(UNITS, path="loop"), *more]
        one = keras.Sequential(layers)
        one.compile("adam", "mse")
        return one

    return make, (np.ones((4, 5, 4)), np.ones((4, UNITS))), np.ones((2, 5, 4), "f4")


@pytest.mark.slow
def test_a_model_of_ones_own_is_checked():
    check_model(*_small_model())
    with pytest.raises(BrokenPromise, match=r"the \.keras file does not hold"):
        check_model(*_small_model(LosesItsScale(2.0)))


def test_every_public_class_is_seen():
    for layer_class in layers():
        assert isinstance(subject_of(layer_class), layer_class)
    named = {layer.cell_class for layer in layers() if hasattr(layer, "cell_class")}
    assert named >= set(cells())


def test_a_class_that_no_check_sees_fails():
    class Unseen(keras.layers.Layer):
        pass

    with pytest.raises(LookupError, match="no check sees Unseen"):
        subject_of(Unseen)


def test_every_check_says_what_it_holds():
    checks = [*cell_checks(), *layer_checks(LSTM(UNITS), slow=True)]
    assert all(inspect.getdoc(check) for check in checks)
    assert len({check.__name__ for check in layer_checks(LSTM(UNITS))}) == len(
        layer_checks(LSTM(UNITS))
    )


@rnnkit.export
class LeakyCell(rnnkit.cells.PointwiseCell):
    """A cell as a user writes one.

    h_t = 0.5 * h_{t-1} + 0.5 * phi(W_h x_t + U_h h_{t-1} + b_h)
    """

    def pointwise(self, x, u, states):
        (h,) = states
        return [0.5 * h + 0.5 * self.activation(x + u)]


@rnnkit.export
class ListedCell(rnnkit.cells.GatedCell):
    """A cell that keeps a weight in a list, where the fast path does not find it.

    h_t = s * phi(W_h x_t + U_h h_{t-1} + b_h)
    """

    def build(self, input_shape):
        super().build(input_shape)
        self.listed = [self.add_weight(shape=(self.units,), name="s")]

    def symbols(self):
        return {**super().symbols(), "s": self.listed[0]}

    def step(self, x, states, U):
        return [self.listed[0] * self.activation(x + U(states[0]))]


def test_a_cell_is_called_one():
    class Leaky(LeakyCell):
        pass

    with pytest.raises(ValueError, match="Leaky is a cell: call it LeakyCell"):
        rnnkit.export(Leaky)


def test_a_cell_of_ones_own_is_checked():
    check_cell(LeakyCell(UNITS))
    check_cell(ListedCell(UNITS))


# The checks bite.


class DeafToMasks(SimpleRNN):
    cell_class = SimpleRNNCell

    def inner_loop(self, sequences, initial_state, mask, training=False):
        return super().inner_loop(sequences, initial_state, None, training)


class Forgetful(SimpleRNN):
    cell_class = SimpleRNNCell

    def inner_loop(self, sequences, initial_state, mask, training=False):
        nothing = [0 * state for state in initial_state]
        return super().inner_loop(sequences, nothing, mask, training)


class Reversed(SimpleRNN):
    cell_class = SimpleRNNCell

    def inner_loop(self, sequences, initial_state, mask, training=False):
        self.go_backwards = True
        return super().inner_loop(sequences, initial_state, mask, training)


@pytest.mark.parametrize(
    ("layer_class", "check", "promise"),
    [
        (DeafToMasks, masks.padding_is_not_read, "not reading masked steps"),
        (Forgetful, states.a_sequence_may_be_cut, "the hand-over of states"),
        (Reversed, states.one_step_is_one_step, r"step\(x, state\)"),
    ],
)
def test_a_broken_promise_is_named(layer_class, check, promise):
    words = (
        rf"{promise}.* does not hold for {layer_class.__name__.lower()[:4]}.*deviates"
    )
    with pytest.raises(BrokenPromise, match=words):
        held(check, layer_class(UNITS))


class DeafToActivation(LeakyCell):
    __doc__ = LeakyCell.__doc__

    def pointwise(self, x, u, states):
        (h,) = states
        return [0.5 * h + 0.5 * keras.ops.tanh(x + u)]


class DropsConstraints(LeakyCell):
    def add_weight(self, *args, constraint=None, **kwargs):
        return super().add_weight(*args, **kwargs)


class IgnoresInitializers(LeakyCell):
    def build(self, input_shape):
        super().build(input_shape)
        self.bias.assign(keras.ops.ones_like(self.bias))


@pytest.mark.parametrize(
    ("cell_class", "check", "promise"),
    [
        (
            DeafToActivation,
            of_cells.options_change_the_formula_alike,
            "the formula of the docstring with {'activation': 'elu'}",
        ),
        (DropsConstraints, of_cells.constraints_are_kept, "keeping constraints"),
        (
            IgnoresInitializers,
            of_cells.initializers_are_kept,
            "the initializer of its bias",
        ),
    ],
)
def test_a_broken_promise_of_a_cell_is_named(cell_class, check, promise):
    with pytest.raises(BrokenPromise, match=f"{promise} does not hold"):
        held(check, cell_class(UNITS))
    held(check, LeakyCell(UNITS))


def test_a_known_failure_must_fail():
    reason = {"padding_is_not_read": "it does not look at masks"}
    held(masks.padding_is_not_read, DeafToMasks(UNITS), known=reason)
    with pytest.raises(BrokenPromise, match="it passes, but is known to fail"):
        held(masks.padding_is_not_read, SimpleRNN(UNITS), known=reason)


def test_keras_cells_run_in_recurrent_too():
    layer = Recurrent(keras.layers.LSTMCell(UNITS), return_sequences=True)
    held(paths.masked_sequences_equal_the_cells, layer)


def test_stacked_cells_run_in_recurrent_too():
    cells = [keras.layers.LSTMCell(4), rnnkit.cells.GRUCell(5)]
    ours, theirs = (
        make(cells, return_sequences=True, return_state=True)
        for make in (Recurrent, keras.layers.RNN)
    )
    x = subjects.inputs().astype("float32")
    for mask in (None, subjects.masks()["random"]):
        got, wanted = ours(x, mask=mask), theirs(x, mask=mask)
        assert_equal("being keras.layers.RNN", ours, got, wanted, 1e-6)


@pytest.mark.parametrize("connection", [None, "residual", "skip"])
def test_every_connection_of_a_stack(connection):
    stack = DeepRecurrent(
        [SimpleRNN(UNITS, return_sequences=True), GRU(5, return_sequences=True)],
        connection,
    )
    held(paths.masked_sequences_equal_the_cells, stack)
    held(states.one_step_is_one_step, stack)


@pytest.mark.slow
def test_other_reductions_and_merges():
    inner = SimpleRNN(UNITS, return_sequences=True)
    for layer in (
        PyramidalBidirectional(inner, reduction=3),
        PyramidalBidirectional(inner, reduction=1, merge_mode="sum"),
    ):
        held(paths.masked_sequences_equal_the_cells, layer)
    with pytest.raises(ValueError, match="reduction must be 1 or more"):
        PyramidalBidirectional(inner, reduction=0)


@pytest.mark.slow
def test_a_pyramid_of_layers_shortens_the_mask_too():
    inner = SimpleRNN(UNITS, return_sequences=True)
    stack = DeepRecurrent([PyramidalBidirectional(inner) for _ in range(2)])
    held(paths.masked_sequences_equal_the_cells, stack)
    mask = stack.compute_mask(None, np.array([[1, 1, 1, 1, 0, 0]], bool))
    np.testing.assert_array_equal(mask, [[True, False]])
    with pytest.raises(ValueError, match="changes the number of frames"):
        DeepRecurrent([PyramidalBidirectional(inner)], "residual")


def test_a_stack_of_keras_layers_steps_too():
    below = keras.layers.LSTM(UNITS, return_sequences=True)
    stack = DeepRecurrent([below, LSTM(UNITS, return_sequences=True)])
    x = subjects.inputs().astype("float32")
    whole = stack(x)
    state = stack.initial_state(len(x))
    for t in range(x.shape[1]):
        output, state = stack.step(x[:, t], state)
    np.testing.assert_allclose(output, whole[:, -1], atol=1e-6)


def test_what_cannot_be_is_refused_in_words():
    stack = DeepRecurrent([LSTM(UNITS)])
    with pytest.raises(ValueError, match="cannot go backwards"):
        Bidirectional(stack)
    with pytest.raises(ValueError, match="choose one"):
        LSTM(UNITS, stateful=True, trainable_initial_state=True)
    with pytest.raises(ValueError, match="give yours another name"):
        rnnkit.export(type("LSTMCell", (SimpleRNNCell,), {"__module__": "mine"}))
    twice = Bidirectional(LSTM(UNITS, return_sequences=True), merge_mode=None)
    with pytest.raises(ValueError, match="a stack goes on with one"):
        DeepRecurrent([twice, LSTM(UNITS)])


@pytest.mark.slow
def test_a_stack_may_read_both_ways():
    both = [Bidirectional(LSTM(UNITS, return_sequences=True)) for _ in range(2)]
    stack = DeepRecurrent(both, connection="residual")
    for check in (
        paths.masked_sequences_equal_the_cells,
        states.stateful_carries_on,
        saving.config_returns,
        saving.keras_files_load,
    ):
        held(check, stack)
    with pytest.raises(ValueError, match="has no `step`: use a layer that reads forw"):
        stack.step(np.zeros((2, 4)), stack.initial_state(2))


TWO_DEVICES = """
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, two)
"""
A_LAYER = """
from rnnkit.layers import LSTM
from rnnkit.testing.check import held
from rnnkit.testing.checks import running

held(running.distribution_changes_nothing, LSTM(6))
"""
A_MODEL = """
from rnnkit.testing.checks import model
from tests.discovered import MODELS

make, (streams,), ids = MODELS["LanguageModel"]()
x, y = streams[0]
model.distribution_changes_nothing(make, (x, y), ids)
try:
    model.distribution_changes_nothing(make, (streams,), ids)
except ValueError as error:
    assert "cannot share out among its 2 replicas" in str(error)
else:
    raise AssertionError("Streams were shared out.")
"""


# Each in a process of its own: two strategies in one mistake each other's sums.
ON_BATCHES = """
from rnnkit.testing.checks import model
from tests.discovered import MODELS

model.distribution_changes_nothing(*MODELS["{}"]())
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "program",
    [
        pytest.param(A_LAYER, id="layer"),
        pytest.param(A_MODEL, id="LanguageModel"),
        pytest.param(
            ON_BATCHES.format("CTCModel"), id="CTCModel", marks=pytest.mark.thorough
        ),
        pytest.param(ON_BATCHES.format("Seq2Seq"), id="Seq2Seq"),
    ],
)
def test_two_devices_share_a_batch(program):
    done = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES + program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]

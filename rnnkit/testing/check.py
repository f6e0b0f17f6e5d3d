"""`check_cell` and `check_layer`: every promise, one after another."""

from contextlib import contextmanager

import keras

from rnnkit.layers import (
    Bidirectional,
    DeepRecurrent,
    PyramidalBidirectional,
    Recurrent,
)
from rnnkit.testing.checks import (
    cell as of_cells,
)
from rnnkit.testing.checks import (
    masks,
    model,
    noise,
    paths,
    precision,
    running,
    saving,
    shapes,
    states,
)
from rnnkit.testing.compare import BrokenPromise, broken

_EVERY_LAYER = (
    *paths.ALL,
    *states.ALL,
    *masks.ALL,
    *noise.ALL,
    *shapes.ALL,
    *precision.ALL,
    *running.ALL,
    *saving.ALL,
)
_ONE_CELL = (  # what looks into the one cell of a layer
    noise.dropout_drops_inputs,
    noise.recurrent_dropout_drops_states,
    noise.weight_dropout_drops_weights,
    noise.zoneout_keeps_states,
)
_FORWARDS = (states.a_sequence_may_be_cut, states.one_step_is_one_step)
_RETURNS = (states.arguments_decide_what_returns, masks.masks_pass_through)

# Checks that let XLA compile the hoisted path, as it does in use; elsewhere the very
# same programs run without it, as compiling takes longer than all else.
_COMPILED = (
    paths.sequences_equal_the_cells.__name__,
    shapes.unknown_sizes_work.__name__,
    running.xla_changes_nothing.__name__,
    saving.saved_models_export.__name__,
)

# What a cell promises of the sequence that the layers make of it.
_CELL_IN_A_LAYER = (
    paths.sequences_equal_the_cells,
    paths.masked_sequences_equal_the_cells,
    states.one_step_is_one_step,
    masks.padding_is_not_read,
    masks.neighbours_do_not_matter,
    *_ONE_CELL,
    noise.noise_is_the_same_on_every_path,
    shapes.unknown_sizes_work,
    saving.keras_files_load,
)


def cell_checks():
    """The checks of a cell: functions of the cell."""

    def on_a_layer(check):
        def of_a_cell(cell):
            check(Recurrent(cell))

        of_a_cell.__name__, of_a_cell.__doc__ = check.__name__, check.__doc__
        return of_a_cell

    return [*of_cells.ALL, *map(on_a_layer, _CELL_IN_A_LAYER)]


def layer_checks(layer, slow=False):
    """The checks of a layer: functions of the layer, those of its kind."""
    left_out = ()
    if isinstance(layer, Bidirectional):
        left_out = _ONE_CELL + _FORWARDS
    if isinstance(layer, PyramidalBidirectional):
        left_out += _RETURNS
    if isinstance(layer, DeepRecurrent):
        left_out = _ONE_CELL + _RETURNS
    checks = [check for check in _EVERY_LAYER if check not in left_out]
    return [*checks, *saving.SLOW] if slow else checks


def check_cell(cell, known=None):
    """Holds a cell to everything that rnnkit promises of cells.

    Its formula is run in NumPy, with other options too; it must be a Keras cell; its
    config and file must give it back; initializers, regularizers and constraints must
    reach the weights `kernel`, `recurrent_kernel` and `bias`, dropouts and zoneout what
    they are of; and in `rnnkit.layers.Recurrent` every path must agree with it.

    Args:
        cell: A cell, built or not; it is copied, never changed.
        known: Failures that are known, `{name of a check: reason}`.

    Raises:
        BrokenPromise: naming the promise, the cell, and the worst deviation.
        FormulaError: where the docstring's formula cannot be run.
        RuntimeError: Keras runs on another backend than TensorFlow.
    """
    _needs_tensorflow()
    for check in cell_checks():
        held(check, cell, known)


def check_layer(layer, known=None, slow=False):
    """Holds a recurrent layer to everything that rnnkit promises of layers.

    Every check compares in float64, over inputs `(3, 5, 4)`, on every path that can
    be had here.

    Args:
        layer: A layer of `rnnkit.layers`, or one derived from them; it is copied.
        known: Failures that are known, `{name of a check: reason}`.
        slow: Whether to convert to TFLite too.

    Raises:
        BrokenPromise: naming the promise, the layer, and the worst deviation.
    """
    _needs_tensorflow()
    for check in layer_checks(layer, slow):
        held(check, layer, known)


def _needs_tensorflow():
    """Raise RuntimeError on another backend: the checks look into TensorFlow's graphs
    and compare in float64, which JAX has not unless told."""
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise RuntimeError(
            f"The checks run on TensorFlow, the backend is {backend}: set "
            "KERAS_BACKEND=tensorflow."
        )


def check_model(make, data, inputs, known=None):
    """Holds a model to everything that rnnkit promises of models.

    It must come back from its files, go on with its training from there, export, and
    train to the same weights inside `tf.distribute`, over all CPUs that TensorFlow has
    as logical devices: with one, that shows only that it trains there.

    Args:
        make: Function that gives the model anew, compiled; dropouts must be off, as
            runs are compared.
        data: Tuple of what `fit` trains on: `(x, y)`, or `(streams,)`.
        inputs: What the model is called on, to compare.
        known: Failures that are known, `{name of a check: reason}`.

    Raises:
        BrokenPromise: naming the promise, the model, and the worst deviation.
    """

    def on_the_model(check):
        def run(subject):
            check(make, data, inputs)

        run.__name__, run.__doc__ = check.__name__, check.__doc__
        return run

    subject = make()
    for check in model.ALL:
        held(on_the_model(check), subject, known)


def held(check, subject, known=None):
    """Runs one check; a known failure must fail, or its reason is out of date."""
    reason = (known or {}).get(check.__name__)
    try:
        with _hoisted(compiled=check.__name__ in _COMPILED):
            check(subject)
    except BrokenPromise:
        if not reason:
            raise
        return
    except (ArithmeticError, LookupError, NotImplementedError, RuntimeError) as error:
        if not reason:
            raise broken(check.__doc__, subject, repr(error)) from error
        return
    if reason:
        raise broken(
            check.__name__, subject, f"it passes, but is known to fail: {reason}"
        )


@contextmanager
def _hoisted(compiled):
    """Whether the hoisted path, where there is one, is compiled meanwhile."""
    if keras.backend.backend() != "tensorflow":
        yield
        return
    from rnnkit.ops import parts

    before, parts.COMPILE = parts.COMPILE, compiled
    try:
        yield
    finally:
        parts.COMPILE = before

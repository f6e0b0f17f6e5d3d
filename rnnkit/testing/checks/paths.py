"""Every path gives what the cell gives step by step, gradients included."""

from rnnkit.layers import Bidirectional, DeepRecurrent, PyramidalBidirectional
from rnnkit.recurrence import select
from rnnkit.testing import subjects
from rnnkit.testing.compare import assert_equal, assert_raises, broken
from rnnkit.testing.probe import Probe
from rnnkit.testing.reference import meaning

# Together with the plain options, each pair of options meets each pair of values.
_ZEROS = {"return_sequences": True, "go_backwards": True, "zero_output_for_mask": True}
_LAST = {"return_sequences": False, "go_backwards": True}
_LAST_ZERO = {"return_sequences": False, "zero_output_for_mask": True}


def masked_sequences_equal_the_cells(layer):
    """Outputs, states and all gradients, of any mask, are those of the cell's steps."""
    _equals_its_cell(layer, subjects.masks(), return_sequences=True)


def sequences_equal_the_cells(layer):
    """Without a mask, outputs, states and all gradients are those of the cell."""
    _equals_its_cell(layer, {"no mask": None}, return_sequences=True)


def options_equal_the_cells(layer):
    """As much holds for `go_backwards`, last outputs, and `zero_output_for_mask`."""
    fixed = []
    if isinstance(layer, (Bidirectional, DeepRecurrent)):
        fixed.append("go_backwards")
    if isinstance(layer, (PyramidalBidirectional, DeepRecurrent)):
        fixed.append("return_sequences")
    for options in (_ZEROS, _LAST, _LAST_ZERO):
        options = {"return_sequences": True, **options}
        open_ones = {k: v for k, v in options.items() if k not in fixed}
        if open_ones.keys() - {"return_sequences"}:
            _equals_its_cell(layer, subjects.masks(), **open_ones)


def an_unknown_path_is_refused(layer):
    """A path that does not exist is refused in words."""
    assert_raises(
        "the refusal of an unknown path",
        layer,
        lambda: ready(layer, path="sideways")(subjects.inputs()),
        ["sideways"],
    )


def the_path_is_chosen_openly(layer):
    """`select` names a path and the reason in words."""
    for cell in subjects.cells_of(layer):
        choice = select(cell)
        if choice.path not in ("loop", "hoisted", "cudnn") or not choice.reason:
            raise broken("a path with its reason", layer, f"got {choice}")


def _equals_its_cell(layer, masks, **options):
    plain = ready(layer, dtype="float64", path="loop", **options)
    truth = Probe(plain, meaning(plain), graph=False)
    probes = {
        path: Probe(one, subjects.call(one))
        for path in available(layer)
        for one in [subjects.twin(plain, path=path)]
    }
    for kind, mask in masks.items():
        given = subjects.inputs(), subjects.states(plain), mask
        target = truth(*given)
        for path, probe in probes.items():
            promise = f"being its cell's steps (path={path}, {kind}, {options})"
            assert_equal(promise, layer, probe(*given), target, 1e-9)


def available(layer):
    """The paths that can be had here for this layer."""
    paths, layer = ["loop"], ready(layer)
    for path in ("hoisted", "cudnn"):
        try:
            for cell in subjects.cells_of(layer):
                select(cell, path)
        except ValueError:
            continue
        paths.append(path)
    return paths


def ready(layer, **changes):
    """A built copy with random weights that returns its states."""
    return subjects.built(subjects.altered(layer, return_state=True, **changes))


ALL = (
    sequences_equal_the_cells,
    masked_sequences_equal_the_cells,
    options_equal_the_cells,
    an_unknown_path_is_refused,
    the_path_is_chosen_openly,
)

"""Every path gives what the cell gives step by step, gradients included."""

from rnnkit.testing import subjects
from rnnkit.testing.compare import assert_equal, assert_raises, broken
from rnnkit.testing.probe import Probe
from rnnkit.testing.reference import meaning

# Each pair of options meets each pair of values in one of these.
_OPTIONS = (
    {"return_sequences": True, "go_backwards": False, "zero_output_for_mask": False},
    {"return_sequences": True, "go_backwards": True, "zero_output_for_mask": True},
    {"return_sequences": False, "go_backwards": True, "zero_output_for_mask": False},
    {"return_sequences": False, "go_backwards": False, "zero_output_for_mask": True},
)


def equals_its_cell_on_every_path(layer):
    """Outputs, states and all gradients are those of the cell, step by step.

    Under any mask, `go_backwards`, `return_sequences` and `zero_output_for_mask`,
    from a given initial state.
    """
    plain = ready(layer, dtype="float64")
    for options in _OPTIONS:
        wanted = subjects.twin(plain, path="loop", **options)
        truth = Probe(wanted, meaning(wanted), graph=False)
        paths = {
            path: Probe(one, subjects.call(one))
            for path in available(layer)
            for one in [subjects.twin(plain, path=path, **options)]
        }
        kinds = subjects.masks()
        if options == _OPTIONS[0]:
            kinds["no mask"] = None  # elsewhere a mask of ones stands for it
        for kind, mask in kinds.items():
            given = subjects.inputs(), subjects.states(plain), mask
            target = truth(*given)
            for path, probe in paths.items():
                promise = f"being its cell's steps (path={path}, {kind}, {options})"
                assert_equal(promise, layer, probe(*given), target, 1e-9)


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
    from rnnkit.recurrence import select

    for cell in subjects.cells_of(layer):
        choice = select(cell)
        if choice.path not in ("loop", "hoisted", "cudnn") or not choice.reason:
            raise broken("a path with its reason", layer, f"got {choice}")


def available(layer):
    """The paths that can be had here for this layer."""
    from rnnkit.recurrence import select

    paths = ["loop"]
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
    equals_its_cell_on_every_path,
    an_unknown_path_is_refused,
    the_path_is_chosen_openly,
)

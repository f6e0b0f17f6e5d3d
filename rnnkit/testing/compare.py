"""Comparing numbers, and saying what was promised where they differ."""

import numpy as np
from keras import ops, tree


class BrokenPromise(AssertionError):
    """A check that failed: which promise, of what, and by how much."""


def broken(promise, subject, what):
    """The error for a promise that does not hold."""
    name = getattr(subject, "name", None) or type(subject).__name__
    return BrokenPromise(f"{promise} does not hold for {name}: {what}")


def numbers(value):
    """A tree of tensors as a flat list of NumPy arrays, float64 where real."""
    flat = [ops.convert_to_numpy(leaf) for leaf in tree.flatten(value)]
    return [a.astype("float64") if a.dtype.kind not in "biu" else a for a in flat]


def deviation(got, wanted):
    """The largest |got - wanted| relative to max(1, largest |wanted|)."""
    if wanted.size == 0:
        return 0.0
    difference = np.abs(got - wanted)
    if not np.all(np.isfinite(difference)):
        return np.inf
    return float(difference.max() / max(1.0, np.abs(wanted).max()))


def assert_equal(promise, subject, got, wanted, tolerance=1e-9):
    """Holds two trees, or two dicts of named trees, equal to `tolerance`.

    Raises: `BrokenPromise` naming the promise, the subject, the part that deviates
    most and by how much.
    """
    if not isinstance(wanted, dict):
        got, wanted = {"the result": got}, {"the result": wanted}
    if got.keys() != wanted.keys():
        raise broken(promise, subject, f"{sorted(got)} instead of {sorted(wanted)}")
    worst, place = -1.0, None
    for part, target in wanted.items():
        ours, theirs = numbers(got[part]), numbers(target)
        if [a.shape for a in ours] != [a.shape for a in theirs]:
            raise broken(
                promise,
                subject,
                f"{part} has shapes {[a.shape for a in ours]} instead of "
                f"{[a.shape for a in theirs]}",
            )
        for a, b in zip(ours, theirs, strict=True):
            if (far := deviation(a, b)) > worst:
                worst, place = far, part
    if worst > tolerance:
        raise broken(
            promise,
            subject,
            f"{place} deviates by {worst:.1e}, where {tolerance:.0e} is allowed",
        )


def assert_raises(promise, subject, call, words):
    """Holds that `call()` raises an error whose text names all `words`."""
    try:
        call()
    except Exception as error:
        missing = [word for word in words if word not in str(error)]
        if missing:
            raise broken(
                promise, subject, f"the error does not say {missing}: {error}"
            ) from error
        return
    raise broken(promise, subject, f"no error that names {words}")

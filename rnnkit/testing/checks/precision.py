"""Types of numbers."""

import numpy as np

from rnnkit.testing import subjects
from rnnkit.testing.checks.paths import available, ready
from rnnkit.testing.compare import assert_equal, broken, numbers
from rnnkit.testing.probe import Probe

# Policy: how far from float64 it may be, as a share of the largest number.
ALLOWED = {
    "float32": 2e-5,
    "mixed_float16": 2e-2,
    "float16": 2e-2,
    "mixed_bfloat16": 2e-1,
    "bfloat16": 2e-1,
}


def policies_hold(layer):
    """Every policy gives its own type, near float64 in outputs and gradients."""
    # Keras' orthogonal initializer, alone, has no bfloat16.
    initial = {"recurrent_initializer": "glorot_uniform"}
    exact = ready(layer, dtype="float64", path="loop", return_sequences=True, **initial)
    given = subjects.inputs(), subjects.states(exact), subjects.masks()["right-padded"]
    wanted = Probe(exact, subjects.call(exact))(*given)
    for path in available(layer):
        for policy, allowed in ALLOWED.items():
            if path != "loop" and policy in ("float16", "bfloat16"):
                continue  # the same arithmetic as under the mixed policy
            one = subjects.twin(exact, path=path, dtype=policy)
            got = Probe(one, subjects.call(one))(*given)
            promise = f"the policy {policy} (path={path})"
            kinds = {got[part].dtype.name for part in ("output", "state 0")}
            if kinds != {one.compute_dtype}:
                raise broken(promise, layer, f"it gives {kinds}")
            if not all(np.isfinite(numbers(part)[0]).all() for part in got.values()):
                raise broken(promise, layer, "NaN or infinite numbers")
            assert_equal(promise, layer, got, wanted, allowed)


ALL = (policies_hold,)

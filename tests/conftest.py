"""What every test shares: a quiet TensorFlow, fixed seeds, and the data sets."""

import gc
import os
from pathlib import Path

# Each of pytest's processes on a core of its own, with what it starts: where all of
# them spread over all cores, their threads spend most of the time waiting.
if "PYTEST_XDIST_WORKER" in os.environ and hasattr(os, "sched_setaffinity"):
    worker = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw"))
    cores = sorted(os.sched_getaffinity(0))
    if int(os.environ["PYTEST_XDIST_WORKER_COUNT"]) >= len(cores):
        os.sched_setaffinity(0, {cores[worker % len(cores)]})

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

import keras
import pytest

from rnnkit.ops import parts

# What is imported stays, and hundreds of graphs do too: to look through all of it for
# garbage takes seconds, and is done less often than Python would.
gc.freeze()
gc.set_threshold(700, 10, 100)


@pytest.fixture(autouse=True)
def _seeds():
    """Seed Python, NumPy and the backend, so that no test depends on the others."""
    keras.utils.set_random_seed(0)


@pytest.fixture(autouse=True, scope="session")
def _programs():
    """Run the hoisted programs without XLA: the same numbers, and no compiling.

    The checks that are about compiling, and what runs in a process of its own, have
    XLA all the same; for recipes see `tests.running`. Batches are cut in two, as on
    two cores, whatever the machine has.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "COMPILE", False)
        patch.setattr(parts, "cores", lambda: 2)
        yield


@pytest.fixture(scope="session")
def data_dir():
    """The folder that RNNKIT_DATA names; skips where there is none."""
    folder = os.environ.get("RNNKIT_DATA")
    if not folder:
        pytest.skip("needs data sets: set RNNKIT_DATA to the folder that holds them")
    return Path(folder)


@pytest.fixture(scope="session")
def data_set(data_dir):
    """A function from a data set's name to its folder; skips where it is absent."""

    def locate(name):
        if not (data_dir / name).is_dir():
            pytest.skip(f"needs the data set {name!r}: no such folder in RNNKIT_DATA")
        return data_dir / name

    return locate

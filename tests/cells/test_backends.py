"""Every cell gives the same numbers on TensorFlow, JAX and torch."""

from pathlib import Path

import numpy as np
import pytest

from tests.elsewhere import on_both

PROGRAM = Path(__file__).with_name("one_backend.py")


@pytest.mark.slow
@pytest.mark.xdist_group("cells_backends")
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_steps_and_loops_are_tensorflows(backend, tmp_path):
    got, expected = on_both(backend, PROGRAM, tmp_path)
    for name, wanted in expected.items():
        assert np.abs(got[name] - wanted).max() < 1e-5, name

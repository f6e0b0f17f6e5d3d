"""The acoustic front end gives the same numbers on TensorFlow, JAX and torch."""

from pathlib import Path

import numpy as np
import pytest

from tests.elsewhere import on_both

PROGRAM = Path(__file__).with_name("front_ends_on_one_backend.py")


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.xdist_group("layers_front_end_backends")
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_front_ends_are_tensorflows(backend, tmp_path):
    got, expected = on_both(backend, PROGRAM, tmp_path)
    for name, wanted in expected.items():
        np.testing.assert_allclose(
            got[name], wanted, rtol=2e-4, atol=2e-4, err_msg=name
        )

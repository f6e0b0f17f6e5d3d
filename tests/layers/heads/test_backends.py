"""Heads give the same on every backend."""

from pathlib import Path

import numpy as np
import pytest

from tests.elsewhere import on_both

PROGRAM = Path(__file__).with_name("on_one_backend.py")


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_every_backend_gives_the_same(backend, tmp_path):
    got, wanted = on_both(backend, PROGRAM, tmp_path)
    for name, numbers in wanted.items():
        np.testing.assert_allclose(got[name], numbers, atol=2e-5, err_msg=name)

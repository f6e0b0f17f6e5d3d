"""Attention gives the same numbers on TensorFlow, JAX and torch, and fits on each."""

from pathlib import Path

import numpy as np
import pytest

from tests.elsewhere import on_both

PROGRAM = Path(__file__).with_name("on_one_backend.py")


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.xdist_group("attention_backends")
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_attention_is_tensorflows(backend, tmp_path):
    got, expected = on_both(backend, PROGRAM, tmp_path)
    for name, wanted in expected.items():
        np.testing.assert_allclose(got[name], wanted, 1e-4, 1e-5, err_msg=name)

"""Attention gives the same numbers on TensorFlow, JAX and torch, and fits on each."""

from pathlib import Path

import numpy as np
import pytest

from tests.elsewhere import numbers_of

PROGRAM = Path(__file__).with_name("on_one_backend.py")


@pytest.fixture(scope="module")
def tensorflow_numbers(tmp_path_factory):
    """What the program computes on TensorFlow."""
    return numbers_of("tensorflow", PROGRAM, tmp_path_factory.mktemp("tensorflow"))


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_attention_is_tensorflows(backend, tensorflow_numbers, tmp_path):
    got = numbers_of(backend, PROGRAM, tmp_path)
    assert got.keys() == tensorflow_numbers.keys()
    for name, wanted in tensorflow_numbers.items():
        np.testing.assert_allclose(got[name], wanted, 1e-4, 1e-5, err_msg=name)

"""The acoustic front end gives the same numbers on TensorFlow, JAX and torch."""

from pathlib import Path

import numpy as np
import pytest

from tests.elsewhere import numbers_of

PROGRAM = Path(__file__).with_name("front_ends_on_one_backend.py")


@pytest.fixture(scope="module")
def tensorflow_numbers(tmp_path_factory):
    """What the program computes on TensorFlow."""
    return numbers_of("tensorflow", PROGRAM, tmp_path_factory.mktemp("tensorflow"))


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_front_ends_are_tensorflows(backend, tensorflow_numbers, tmp_path):
    got = numbers_of(backend, PROGRAM, tmp_path)
    assert got.keys() == tensorflow_numbers.keys()
    for name, wanted in tensorflow_numbers.items():
        np.testing.assert_allclose(
            got[name], wanted, rtol=2e-4, atol=2e-4, err_msg=name
        )

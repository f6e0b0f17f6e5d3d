"""Every cell gives the same numbers on TensorFlow, JAX and torch."""

from pathlib import Path

import numpy as np
import pytest

from tests.elsewhere import numbers_of

PROGRAM = Path(__file__).with_name("one_backend.py")


@pytest.fixture(scope="module")
def tensorflow_numbers(tmp_path_factory):
    """What `one_backend.py` computes on TensorFlow."""
    return numbers_of("tensorflow", PROGRAM, tmp_path_factory.mktemp("tensorflow"))


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_steps_and_loops_are_tensorflows(backend, tensorflow_numbers, tmp_path):
    got = numbers_of(backend, PROGRAM, tmp_path)
    assert got.keys() == tensorflow_numbers.keys()
    for name, wanted in tensorflow_numbers.items():
        assert np.abs(got[name] - wanted).max() < 1e-5, name

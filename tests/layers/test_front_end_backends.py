"""The acoustic front end gives the same numbers on TensorFlow, JAX and torch."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PROGRAM = Path(__file__).with_name("front_ends_on_one_backend.py")


@pytest.fixture(scope="module")
def tensorflow_numbers(tmp_path_factory):
    """What the program computes on TensorFlow."""
    return _numbers("tensorflow", tmp_path_factory.mktemp("tensorflow"))


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_front_ends_are_tensorflows(backend, tensorflow_numbers, tmp_path):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    got = _numbers(backend, tmp_path)
    assert got.keys() == tensorflow_numbers.keys()
    for name, wanted in tensorflow_numbers.items():
        np.testing.assert_allclose(
            got[name], wanted, rtol=2e-4, atol=2e-4, err_msg=name
        )


def _numbers(backend, folder):
    path = folder / "numbers.npz"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(path)],
        env={**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(path) as numbers:
        return dict(numbers)

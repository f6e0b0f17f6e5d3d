"""A program on another backend of Keras, in a process of its own."""

import functools
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]


def output_of(backend, *arguments):
    """What Python prints on a backend; skips where that is not installed."""
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        env={
            **os.environ,
            "KERAS_BACKEND": backend,
            "PYTHONPATH": str(ROOT),
            # Most of JAX's time goes into compiling each operation for itself.
            "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def numbers_of(backend, program, folder):
    """The arrays, by name, that a program writes to the .npz file it is given."""
    path = folder / "numbers.npz"
    output_of(backend, program, path)
    with np.load(path) as numbers:
        return dict(numbers)


def on_both(backend, program, folder):
    """`numbers_of` a program on a backend and on TensorFlow, the same names in both."""
    got, wanted = numbers_of(backend, program, folder), _on_tensorflow(program)
    assert got.keys() == wanted.keys()
    return got, wanted


@functools.cache
def _on_tensorflow(program):
    with tempfile.TemporaryDirectory() as folder:
        return numbers_of("tensorflow", program, Path(folder))

"""What a user meets before the first line runs: imports, metadata, documentation."""

import configparser
import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import rnnkit

ROOT = Path(__file__).parents[1]


def modules_after(code, backend):
    """The names in `sys.modules` of a fresh process that has run this code."""
    result = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


def test_import_is_lean():
    """What handles text, draws or reads flags is imported where it is used."""
    heavy = {"tensorflow_text", "keras_nlp", "keras_hub", "matplotlib", "tyro"}
    code = (
        "import keras\n"  # which brings matplotlib itself
        "before = set(sys.modules)\n"
        "import rnnkit\n"
        "for name in before: del sys.modules[name]"
    )
    assert not heavy & modules_after(code, "tensorflow")


def test_imports_on_jax_without_tensorflow():
    pytest.importorskip("jax", reason="needs jax")
    assert "tensorflow" not in modules_after("import rnnkit", "jax")


def test_metadata_lies_in_setup_cfg_alone():
    assert "project" not in tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert not (ROOT / "setup.py").exists()
    metadata = configparser.ConfigParser()
    metadata.read(ROOT / "setup.cfg")
    assert metadata["metadata"]["version"] == rnnkit.__version__


def public_names():
    """Every public function and class of the package, as (qualified name, object)."""
    for info in pkgutil.walk_packages(rnnkit.__path__, "rnnkit."):
        if any(part.startswith("_") for part in info.name.split(".")):
            continue
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            ours = getattr(value, "__module__", None) == info.name
            if ours and not name.startswith("_") and callable(value):
                yield f"{info.name}.{name}", value


def test_every_public_name_is_documented():
    bare = [
        name
        for name, value in public_names()
        if not (value.__doc__ or "").strip()
        # A dataclass writes one itself where none is given.
        or (inspect.isclass(value) and value.__doc__.startswith(value.__name__ + "("))
    ]
    assert not bare, f"without a docstring: {bare}"

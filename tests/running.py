"""Recipes in an empty folder: in a process of their own, or once more in this one.

Those in a process of their own run without XLA, which gives the same numbers, unless
they are to be compiled: then they run as a user's do.
"""

import contextlib
import io
import json
import os
import pathlib
import runpy
import subprocess
import sys
import time
from types import SimpleNamespace
from unittest import mock

from rnnkit.training.checkpoint import read_position

ROOT = pathlib.Path(__file__).parents[1]
UNCOMPILED = ROOT / "tests" / "uncompiled.py"
CLOCK = 60.0  # seconds that `again` says it took


def recipe(name):
    """The script of a recipe."""
    return ROOT / "recipes" / name / "train.py"


def start(folder, *arguments, compiled=False):
    """Start Python in a folder; a recipe without XLA, unless it is to be compiled."""
    if isinstance(arguments[0], pathlib.Path) and not compiled:
        arguments = (UNCOMPILED, *arguments)
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(folder, *arguments, compiled=False):
    """Run Python to its end; returns what it printed and its exit status."""
    return ended(start(folder, *arguments, compiled=compiled))


def ended(process):
    """Wait for a process; returns what it printed and its exit status."""
    printed, _ = process.communicate(timeout=600)
    return printed, process.returncode


def again(folder, script, *arguments):
    """Run a recipe that has little left to do, in this process, which starts at once.

    Its `beginning` is another one: it leaves stderr as it is, and says `CLOCK`.

    Returns:
        What it printed and its exit status.
    """
    printed = io.StringIO()
    argv, path = [str(script), *map(str, arguments)], [str(script.parent), *sys.path]
    _forget_recipes()
    sys.modules["beginning"] = SimpleNamespace(seconds=lambda: CLOCK)
    try:
        with (
            contextlib.chdir(folder),
            contextlib.redirect_stdout(printed),
            mock.patch.object(sys, "argv", argv),
            mock.patch.object(sys, "path", path),
        ):
            runpy.run_path(str(script), run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, str):  # as Python does
            return printed.getvalue() + end.code, 1
        return printed.getvalue(), end.code
    finally:
        del sys.modules["beginning"]
        _forget_recipes()


def _forget_recipes():
    """Drop the modules of all recipes, as those of another have the same names."""
    for name, module in list(sys.modules.items()):
        file = pathlib.Path(getattr(module, "__file__", None) or "")
        if ROOT / "recipes" in file.parents:
            del sys.modules[name]


def results(folder):
    """What the only run in a folder has left as its results."""
    (path,) = folder.glob("runs/*/*/results.json")
    return json.loads(path.read_text())


def killed_in_mid_epoch(process, folder):
    """Kill a run in the middle of its second epoch or later.

    Returns:
        The checkpoint that is left, and the position it holds.
    """
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[0]
        for checkpoint in folder.glob("runs/*/*/checkpoint"):
            position = read_position(checkpoint)
            if position["epoch"] >= 1 and position["batch"] > 2:
                process.kill()
                process.communicate()
                position = read_position(checkpoint)
                assert position["batch"] > 0
                return checkpoint, position
        time.sleep(0.02)
    process.kill()
    raise AssertionError("No checkpoint in the middle of an epoch within 300 s.")

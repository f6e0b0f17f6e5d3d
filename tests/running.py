"""Recipes as a user runs them: in a process of their own, in an empty folder."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from rnnkit.training.checkpoint import read_position

ROOT = Path(__file__).parents[1]


def recipe(name):
    """The script of a recipe."""
    return ROOT / "recipes" / name / "train.py"


def start(folder, *arguments):
    """Start Python in a folder."""
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(folder, *arguments):
    """Run Python to its end; returns what it printed and its exit status."""
    return ended(start(folder, *arguments))


def ended(process):
    """Wait for a process; returns what it printed and its exit status."""
    printed, _ = process.communicate(timeout=600)
    return printed, process.returncode


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

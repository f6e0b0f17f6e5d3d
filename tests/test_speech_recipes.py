"""The recipes that name spoken words, as a user runs them, in an empty folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RECIPES = {
    "spoken_words": ("training.png", "model.keras"),
    "speech_commands": ("training.png", "attention.png", "model.keras"),
}
MEAN_FRAME = "logistic regression on the mean log-mel frame"

pytestmark = pytest.mark.slow


def python(folder, *arguments):
    """Run Python to its end; returns what it printed and its exit status."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    return done.stdout, done.returncode


def run(folder, name, *flags):
    """Run a recipe's smoke preset to its end."""
    train = ROOT / "recipes" / name / "train.py"
    return python(folder, train, "--preset", "smoke", *flags)


LOADED = """
import keras, numpy as np, rnnkit
model = keras.saving.load_model({path!r})
print(model((np.zeros((2, 900), "float32"), np.array([900, 300]))).shape)
"""


@pytest.mark.parametrize("name", RECIPES)
def test_smoke_learns_and_says_where_everything_is(name, tmp_path):
    printed, status = run(tmp_path, name)
    assert status == 0, printed
    folder = tmp_path / "runs" / name / "smoke"
    results = json.loads((folder / "results.json").read_text())
    assert results["metrics"]["accuracy"] >= 0.95
    if name == "spoken_words":  # the order of the tones is not in their mean
        assert results["baselines"][MEAN_FRAME] < 0.8
    assert not [*folder.glob("*checkpoint")]
    for file in (*RECIPES[name], "results.json"):
        assert file in printed
        assert (folder / file).stat().st_size > 0
    shown, status = python(
        tmp_path, "-c", LOADED.format(path=str(folder / "model.keras"))
    )
    assert (shown.splitlines()[-1], status) == ("(2, 6)", 0)

    printed, status = run(tmp_path, name)
    assert status == 0
    assert "finished before" in printed
    assert "Epoch" not in printed


@pytest.mark.parametrize("name", RECIPES)
def test_missing_the_accuracy_is_a_failure(name, tmp_path):
    printed, status = run(tmp_path, name, "--epochs", 1, "--reach", 1.01)
    assert status == 1
    assert "It had to reach an accuracy of 101% and did not." in printed


def test_all_weightings_are_compared(tmp_path):
    flags = ("--task", "weightings", "--seeds", 1, "--epochs", 2, "--reach", "None")
    printed, status = run(tmp_path, "spoken_words", *flags)
    assert status == 0, printed
    (path,) = tmp_path.glob("runs/spoken_words/*/results.json")
    metrics = json.loads(path.read_text())["metrics"]
    assert {f"accuracy, {one}" for one in ("uniform", "last", "ramp")} <= set(metrics)

"""The recipes that name spoken words, as a user runs them, in an empty folder."""

import json
import time

import keras
import numpy as np
import pytest

from tests import running

RECIPES = {
    "spoken_words": ("training.png", "model.keras"),
    "speech_commands": ("training.png", "attention.png", "model.keras"),
}
MEAN_FRAME = "logistic regression on the mean log-mel frame"

pytestmark = pytest.mark.slow


def start(folder, name, *flags):
    """Start a recipe's smoke preset."""
    return running.start(folder, running.recipe(name), "--preset", "smoke", *flags)


def run(folder, name, *flags):
    """Run a recipe's smoke preset to its end; returns what it printed, its status."""
    return running.ended(start(folder, name, *flags))


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
    model = keras.saving.load_model(folder / "model.keras")
    waves = np.zeros((2, 900), "float32"), np.array([900, 300])
    assert model(waves).shape == (2, 6)

    printed, status = running.again(tmp_path, running.recipe(name), "--preset", "smoke")
    assert status == 0
    assert "finished before" in printed
    assert "Epoch" not in printed


@pytest.mark.thorough
@pytest.mark.parametrize("name", RECIPES)
def test_missing_the_accuracy_is_a_failure(name, tmp_path):
    printed, status = run(tmp_path, name, "--epochs", 1, "--reach", 1.01)
    assert status == 1
    assert "It had to reach an accuracy of 101% and did not." in printed


@pytest.mark.thorough
def test_weightings_are_compared_and_a_killed_run_goes_on(tmp_path):
    flags = ("--task", "weightings", "--seeds", 1, "--epochs", 2)
    folder = (
        tmp_path / "runs" / "spoken_words" / "smoke,task=weightings,epochs=2,seeds=1"
    )
    process = start(tmp_path, "spoken_words", *flags)
    deadline = time.monotonic() + 300
    while not (folder / "last-0.checkpoint").exists():  # the second of three
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.communicate()
    printed, status = run(tmp_path, "spoken_words", *flags)
    assert status == 0, printed
    assert "uniform-0.checkpoint: epoch 3" in printed  # there is none, it was done
    assert "last-0.checkpoint: epoch 2" in printed
    metrics = json.loads((folder / "results.json").read_text())["metrics"]
    assert {f"accuracy, {one}" for one in ("uniform", "last", "ramp")} <= set(metrics)
    assert not [*folder.glob("*checkpoint")]


@pytest.mark.thorough
def test_each_speaker_is_a_stranger_once(tmp_path):
    printed, status = run(
        tmp_path, "spoken_words", "--task", "speakers", "--epochs", 1, "--reach", 0.0
    )
    assert status == 0, printed
    (path,) = tmp_path.glob("runs/spoken_words/*/results.json")
    metrics = json.loads(path.read_text())["metrics"]
    both = [metrics[f"accuracy on voice {k}"] for k in (0, 1)]
    assert metrics["accuracy"] == pytest.approx(sum(both) / 2)

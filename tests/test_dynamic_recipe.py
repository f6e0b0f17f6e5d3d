"""A trained model that goes on learning from held-out text, as a user starts it."""

import json
import random

import keras
import pytest

import rnnkit  # noqa: F401  (defines what the model holds)
from tests.running import again, recipe, run

TRAIN = recipe("char_lm")
DYNAMIC = TRAIN.with_name("dynamic.py")


def written(path, held_out):
    """A text file whose last tenth is of other words of the same letters."""
    draw = random.Random(0)
    words = draw.choices(["one", "two", "three", "four"], k=3600)
    path.write_text(" ".join(words + draw.choices(held_out.split(), k=400)))
    return path


@pytest.mark.slow
def test_it_learns_what_the_training_text_does_not_have(tmp_path):
    text = written(tmp_path / "text.txt", "tow neo ereth rouf")
    options = ("--parts", "1", "--reach", "None", "--units", "32", "--batch-size", "4")
    printed, status = run(
        tmp_path, TRAIN, "--preset", "smoke", "--data", text, *options
    )
    assert status == 0, printed
    (trained,) = tmp_path.glob("runs/char_lm/*")
    options = ("--trained", trained.name, "--learning-rate", "0.01")
    command = (DYNAMIC, "--preset", "smoke_dynamic", *options)
    printed, status = run(tmp_path, *command)
    assert status == 0, printed
    (path,) = tmp_path.glob("runs/char_lm/smoke_dynamic*/results.json")
    bits = json.loads(path.read_text())["metrics"]
    learning = bits["bits per character, dynamic evaluation"]
    assert learning < 0.8 * bits["bits per character, weights fixed"]
    assert path.with_name("reading.png").exists()
    printed, status = again(tmp_path, *command)
    assert status == 0, printed
    assert "finished before" in printed
    model = keras.saving.load_model(trained / "model.keras")
    model.set_weights([weight + 1 for weight in model.get_weights()])
    model.save(trained / "model.keras")
    printed, status = again(tmp_path, *command)
    assert status == 1
    assert "another sha256 of the weights" in printed
    written(text, "wot eon three ruof")
    printed, status = again(tmp_path, *command)
    assert status == 1
    assert "The texts are others" in printed


def test_nothing_trained_is_told(tmp_path):
    printed, status = again(tmp_path, DYNAMIC)
    assert status == 1
    assert "holds no finished run" in printed


def test_the_run_of_another_script_is_told(tmp_path):
    folder = tmp_path / "runs" / "char_lm" / "twins"
    folder.mkdir(parents=True)
    (folder / "results.json").write_text("{}")
    config = {"parameters": 3, "sha256 of the data": ""}
    (folder / "config.json").write_text(json.dumps(config))
    printed, status = again(tmp_path, DYNAMIC, "--trained", "twins")
    assert status == 1
    assert "holds no run of recipes/char_lm/train.py" in printed

"""The speech recipe as a user runs it, on made-up tones."""

import json

import keras
import pytest

import rnnkit  # noqa: F401  (defines what the model holds)
from tests.running import again, recipe, results, run

pytest.importorskip("jiwer")

pytestmark = pytest.mark.slow


def test_smoke_learns_to_read(tmp_path):
    command = (recipe("speech_ctc"), "--preset", "smoke")
    printed, status = run(tmp_path, *command)
    assert status == 0, printed
    folder = tmp_path / "runs" / "speech_ctc" / "smoke"
    assert results(tmp_path)["metrics"]["character error, greedy"] < 0.2
    rows = json.loads((folder / "transcripts.json").read_text())
    assert len(rows) == 80
    for name in ("training.png", "alignments.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
    model = keras.saving.load_model(folder / "model.keras")
    assert model.vocabulary.characters == " aeiou"
    printed, status = again(tmp_path, *command)
    assert status == 0
    assert "has finished before" in printed


@pytest.mark.thorough
def test_missing_the_error_is_a_failure(tmp_path):
    flags = ("--preset", "smoke", "--epochs", 1, "--learning-rate", 0.0)
    printed, status = run(tmp_path, recipe("speech_ctc"), *flags)
    assert status == 1
    assert "It had to reach 20% error and did not." in printed

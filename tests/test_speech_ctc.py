"""The speech recipe as a user runs it, on made-up tones."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

import rnnkit  # noqa: F401  (defines what the model holds)

pytest.importorskip("jiwer")

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


def test_smoke_learns_to_read(tmp_path):
    command = [sys.executable, ROOT / "recipes/speech_ctc/train.py", "--preset=smoke"]
    options = dict(cwd=tmp_path, capture_output=True, text=True, timeout=600)
    options["env"] = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    folder = tmp_path / "runs" / "speech_ctc" / "smoke"
    results = json.loads((folder / "results.json").read_text())
    assert results["metrics"]["character error, greedy"] < 0.2
    rows = json.loads((folder / "transcripts.json").read_text())
    assert len(rows) == 80
    for name in ("training.png", "alignments.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
    model = keras.saving.load_model(folder / "model.keras")
    assert model.vocabulary.characters == " aeiou"
    again = subprocess.run(command, **options)
    assert "has finished before" in again.stdout
    # Asked for what cannot be reached, it fails.
    hopeless = [*command, "--epochs=1", "--learning-rate=0.0"]
    assert subprocess.run(hopeless, **options).returncode == 1

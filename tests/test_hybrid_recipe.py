"""The recipe of the hybrid as a user runs it: in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rnnkit.training.checkpoint import read_position

pytest.importorskip("jiwer", reason="errors are counted by jiwer")

ROOT = Path(__file__).parents[1]
TRAIN = ROOT / "recipes" / "speech_hybrid" / "train.py"

pytestmark = pytest.mark.slow


def start(folder, *arguments):
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
    process = start(folder, *arguments)
    printed, _ = process.communicate(timeout=600)
    return printed, process.returncode


def test_smoke_learns_and_says_where_everything_is(tmp_path):
    printed, status = run(tmp_path, TRAIN, "--preset", "smoke")
    assert status == 0, printed
    folder = tmp_path / "runs" / "speech_hybrid" / "smoke"
    metrics = json.loads((folder / "results.json").read_text())["metrics"]
    assert metrics["phone error, hybrid"] < 0.25
    merged = metrics["phone error, frames' best, merged"]
    assert metrics["phone error, hybrid"] < 0.6 * merged
    names = ("training.png", "posteriors.png", "transcripts.json", "model.keras")
    for name in (*names, "ctc.keras", "results.json"):
        assert name in printed
        assert (folder / name).stat().st_size > 0
    assert not list(folder.glob("*checkpoint"))

    code = (
        "import keras, numpy, rnnkit\n"
        f"net = keras.saving.load_model({str(folder / 'model.keras')!r})\n"
        "print(net(numpy.ones((2, 5, 18), 'float32')).shape)"
    )
    printed, status = run(tmp_path, "-c", code)
    assert status == 0, printed
    assert "(2, 5, 9)" in printed

    printed, status = run(tmp_path, TRAIN, "--preset", "smoke")
    assert status == 0
    assert "finished before" in printed
    assert "Epoch" not in printed


def test_the_last_frames_teach_and_missing_the_threshold_is_a_failure(tmp_path):
    flags = ("--targets", "ends", "--no-ctc", "--epochs", 1, "--reach", 0.01)
    printed, status = run(tmp_path, TRAIN, "--preset", "smoke", *flags)
    assert status == 1
    assert "It had to reach 1% phone error and did not." in printed
    assert "phone error, CTC" not in printed


def test_killed_in_mid_epoch_it_goes_on(tmp_path):
    flags = ("--no-ctc", "--epochs", 12, "--dropout", 0.1, "--checkpoint-seconds", 0)
    command = (TRAIN, "--preset", "smoke", *flags)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir()
    cut.mkdir()
    printed, status = run(whole, *command)
    assert status == 0, printed

    process = start(cut, *command)
    wait_for_mid_epoch(cut, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    printed, status = run(cut, *command)
    assert status == 0, printed
    assert "Going on from" in printed
    errors = [results(f)["metrics"]["phone error, hybrid"] for f in (whole, cut)]
    assert abs(errors[0] - errors[1]) < 0.01, errors


def wait_for_mid_epoch(folder, process):
    """Wait until the checkpoint lies in the middle of the second epoch or later."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[0]
        for checkpoint in folder.glob("runs/speech_hybrid/*/checkpoint"):
            position = read_position(checkpoint)
            if position["epoch"] >= 1 and 2 < position["batch"] < 10:
                return
        time.sleep(0.02)
    process.kill()
    raise AssertionError("No checkpoint in the middle of an epoch within 300 s.")


def results(folder):
    (path,) = folder.glob("runs/speech_hybrid/*/results.json")
    return json.loads(path.read_text())

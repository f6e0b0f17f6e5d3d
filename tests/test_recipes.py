"""Recipes as a user runs them: in a process of their own, in an empty folder."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rnnkit.training.checkpoint import read_position

ROOT = Path(__file__).parents[1]
TRAIN = ROOT / "recipes" / "char_lm" / "train.py"

pytestmark = pytest.mark.slow


def start(folder, *flags):
    return subprocess.Popen(
        [sys.executable, TRAIN, *map(str, flags)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(folder, *flags):
    """Run the recipe to its end; returns what it printed and its exit status."""
    process = start(folder, *flags)
    printed, _ = process.communicate(timeout=600)
    return printed, process.returncode


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A small text: this package's own training room."""
    path = tmp_path_factory.mktemp("data") / "source.txt"
    files = sorted((ROOT / "rnnkit" / "training").glob("*.py"))
    path.write_text("".join(file.read_text() for file in files))
    return path


def tiny(source, **more):
    """Flags of a run of a few seconds, whose loss still falls."""
    flags = {
        "data": source,
        "units": 48,
        "embedding_dim": 16,
        "batch_size": 4,
        "steps": 25,
        "parts": 1,
        "epochs": 4,
        "length": 40,
        **more,
    }
    return [x for k, v in flags.items() for x in ("--" + k.replace("_", "-"), v)]


def test_smoke_learns_and_says_where_everything_is(tmp_path):
    printed, status = run(tmp_path, "--preset", "smoke")
    assert status == 0, printed
    folder = tmp_path / "runs" / "char_lm" / "smoke"
    results = json.loads((folder / "results.json").read_text())
    assert results["preset"] == "smoke"
    assert results["metrics"]["bits per character"] < 3.2
    assert set(results["baselines"]) == {
        "order-5 n-gram",
        "bz2",
        "xz",
        "xz after the training text",
    }
    samples = json.loads((folder / "samples.json").read_text())
    assert [sample["epoch"] for sample in samples] == list(range(len(samples)))
    for sample in samples:
        assert sample["text"] in printed
    assert not (folder / "checkpoint").exists()
    for name in ("training.png", "model.keras", "results.json", "samples.json"):
        assert name in printed
        assert (folder / name).stat().st_size > 0
    code = (
        "import keras, rnnkit\n"
        f"model = keras.saving.load_model({str(folder / 'model.keras')!r})\n"
        "print(model.generate('def ', length=20, seed=1))"
    )
    generated = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert generated.stdout.startswith("def ")

    printed, status = run(tmp_path, "--preset", "smoke")
    assert status == 0
    assert "finished before" in printed
    assert "Epoch" not in printed


def test_missing_the_threshold_is_a_failure(tmp_path, source):
    printed, status = run(tmp_path, *tiny(source, epochs=1, reach=0.5))
    assert status == 1
    assert "It had to reach 0.5 bits per character and did not." in printed


def test_killed_in_mid_epoch_it_goes_on(tmp_path, source):
    flags = tiny(source, checkpoint_seconds=0, dropout=0.1, cell="gru")
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir()
    cut.mkdir()
    printed, status = run(whole, *flags)
    assert status == 0, printed

    process = start(cut, *flags)
    wait_for_mid_epoch(cut, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (checkpoint,) = cut.glob("runs/char_lm/*/checkpoint")
    position = read_position(checkpoint)
    assert position["batch"] > 0

    printed, status = run(cut, *flags)
    assert status == 0, printed
    expected = f"epoch {position['epoch'] + 1}, batch {position['batch'] + 1}"
    assert f"Going on from {checkpoint.relative_to(cut)}: {expected}" in printed
    assert "before training" not in printed
    bits = [results(folder)["metrics"]["bits per character"] for folder in (whole, cut)]
    assert abs(bits[0] - bits[1]) < 0.01, bits


def wait_for_mid_epoch(folder, process):
    """Wait until the checkpoint lies in the middle of the second epoch or later."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[0]
        for checkpoint in folder.glob("runs/char_lm/*/checkpoint"):
            position = read_position(checkpoint)
            if position["epoch"] >= 1 and position["batch"] > 10:
                return
        time.sleep(0.05)
    process.kill()
    raise AssertionError("No checkpoint in the middle of an epoch within 300 s.")


def results(folder):
    (path,) = folder.glob("runs/char_lm/*/results.json")
    return json.loads(path.read_text())

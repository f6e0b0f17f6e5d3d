"""The recipe of the hybrid as a user runs it: in a process of its own."""

import keras
import numpy as np
import pytest

from tests.running import again, killed_in_mid_epoch, recipe, results, run, start

pytest.importorskip("jiwer", reason="errors are counted by jiwer")

TRAIN = recipe("speech_hybrid")

pytestmark = pytest.mark.slow


def test_smoke_learns_and_says_where_everything_is(tmp_path):
    printed, status = run(tmp_path, TRAIN, "--preset", "smoke")
    assert status == 0, printed
    folder = tmp_path / "runs" / "speech_hybrid" / "smoke"
    metrics = results(tmp_path)["metrics"]
    assert metrics["phone error, hybrid"] < 0.25
    merged = metrics["phone error, frames' best, merged"]
    assert metrics["phone error, hybrid"] < 0.6 * merged
    names = ("training.png", "posteriors.png", "transcripts.json", "model.keras")
    for name in (*names, "ctc.keras", "results.json"):
        assert name in printed
        assert (folder / name).stat().st_size > 0
    assert not list(folder.glob("*checkpoint"))

    net = keras.saving.load_model(folder / "model.keras")
    assert net([np.ones((2, 5, 18), "float32")]).shape == (2, 5, 9)

    printed, status = again(tmp_path, TRAIN, "--preset", "smoke")
    assert status == 0
    assert "finished before" in printed
    assert "Epoch" not in printed


@pytest.mark.thorough
def test_the_last_frames_teach_and_missing_the_threshold_is_a_failure(tmp_path):
    flags = ("--targets", "ends", "--no-ctc", "--epochs", 1, "--reach", 0.01)
    printed, status = run(tmp_path, TRAIN, "--preset", "smoke", *flags)
    assert status == 1
    assert "It had to reach 1% phone error and did not." in printed
    assert "phone error, CTC" not in printed


@pytest.mark.thorough
def test_killed_in_mid_epoch_it_goes_on(tmp_path):
    flags = ("--no-ctc", "--epochs", 12, "--dropout", 0.1, "--checkpoint-seconds", 0)
    command = (TRAIN, "--preset", "smoke", *flags)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir()
    cut.mkdir()
    printed, status = run(whole, *command)
    assert status == 0, printed

    killed_in_mid_epoch(start(cut, *command), cut)
    printed, status = run(cut, *command)
    assert status == 0, printed
    assert "Going on from" in printed
    errors = [results(f)["metrics"]["phone error, hybrid"] for f in (whole, cut)]
    assert abs(errors[0] - errors[1]) < 0.01, errors

"""The character language model as a user runs it."""

import json

import pytest

from tests import running

TRAIN = running.recipe("char_lm")

pytestmark = pytest.mark.slow


def run(folder, *flags):
    """Run the recipe, compiled, to its end; returns what it printed and its status."""
    return running.run(folder, TRAIN, *flags, compiled=True)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A small text, of this package's own training room."""
    path = tmp_path_factory.mktemp("data") / "source.txt"
    files = sorted((running.ROOT / "rnnkit" / "training").glob("*.py"))
    text = "".join(file.read_text() for file in files)
    path.write_text(text[:20_000])
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
    printed, status = running.run(tmp_path, "-c", code)
    assert status == 0, printed
    assert "\ndef " in "\n" + printed

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
    printed, status = running.run(whole, TRAIN, *flags)
    assert status == 0, printed

    process = running.start(cut, TRAIN, *flags)
    checkpoint, position = running.killed_in_mid_epoch(process, cut)
    printed, status = running.run(cut, TRAIN, *flags)
    assert status == 0, printed
    expected = f"epoch {position['epoch'] + 1}, batch {position['batch'] + 1}"
    assert f"Going on from {checkpoint.relative_to(cut)}: {expected}" in printed
    assert "before training" not in printed
    bits = [running.results(f)["metrics"]["bits per character"] for f in (whole, cut)]
    assert abs(bits[0] - bits[1]) < 0.01, bits

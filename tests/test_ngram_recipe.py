"""The recipe that counts words: what is compared, and a run as a user starts it."""

import importlib
import shutil
import sys
import types

import numpy as np
import pytest

from rnnkit.lm import AddOne, Interpolated, NGram
from tests.running import again, recipe, results, run

TRAIN = recipe("ngram")
LINES = [f"{a} {b} {c}" for a in "xyz" for b in "uvw" for c in "ab"]
TEXTS = {
    "train": "\n".join([*LINES, *LINES[:9], "", "x u"]) + "\n",
    "valid": "x u a\ny v\n\n",
    "test": "z w b\nx x a\n",
}


@pytest.fixture
def counting(monkeypatch):
    monkeypatch.syspath_prepend(str(TRAIN.parent))
    module = importlib.import_module("counting")
    # Which looks at all that the tests before have left.
    monkeypatch.setattr(module.gc, "collect", lambda: 0)
    yield module
    sys.modules.pop("counting")


def test_columns_are_the_models_they_are_called_after(counting):
    rows = [line.split() for line in TEXTS["train"].splitlines()]
    test = [line.split() for line in TEXTS["test"].splitlines()]
    valid = [line.split() for line in TEXTS["valid"].splitlines()]
    for column, expected in {
        "add-one": AddOne.train(rows, 2),
        "absolute discounting": NGram.train(rows, 2, smoothing="absolute"),
        "modified Kneser-Ney": NGram.train(rows, 2),
        "Kneser-Ney, orders mixed": Interpolated.fit(
            [NGram.train(rows, 1), NGram.train(rows, 2)], valid
        ),
    }.items():
        found, weights = counting.perplexities(column, 2, TEXTS)
        assert found["order 2"] == pytest.approx(expected.perplexity(test))
        assert [*found] == ["order 1", "order 2"]
        assert bool(weights) == column.endswith("mixed")


@pytest.fixture(scope="module")
def texts():
    """Words drawn at random, some far more often than others."""
    random = np.random.default_rng(0)
    drawn = np.minimum(random.zipf(1.3, (1200, 6)), 60)  # the rarest are <unk>
    rows = [[f"w{n}" if n < 60 else "<unk>" for n in row] for row in drawn]
    text = "\n".join(map(" ".join, rows)) + "\n"
    cut = len(text) // 2
    cut = text.index("\n", cut) + 1
    return {"train": text[:cut], "test": text[cut:]}


def test_kenlm_reads_what_we_count(counting, texts, tmp_path, monkeypatch):
    pytest.importorskip("kenlm")
    monkeypatch.setattr(counting.shutil, "which", lambda name: None)
    path = tmp_path / "model.arpa"
    ours = NGram.train(texts["train"], 3).perplexity(texts["test"])
    found = counting.by_kenlm(texts, 3, path)
    assert found == {"our ARPA file read by kenlm": pytest.approx(ours, rel=1e-5)}
    assert not path.exists()
    assert counting.by_kenlm(texts, 1, path) == {}


@pytest.mark.skipif(shutil.which("lmplz") is None, reason="kenlm's lmplz is not there")
def test_kenlm_counts_the_same(counting, texts, tmp_path):
    pytest.importorskip("kenlm")
    ours = NGram.train(texts["train"], 3).perplexity(texts["test"])
    found = counting.by_kenlm(texts, 3, tmp_path / "model.arpa")
    # It gives one word more, its own <unk>, a share.
    assert found["counted by kenlm"] == pytest.approx(ours, rel=1e-3)


def test_a_counter_that_fails_is_left_out(
    counting, texts, tmp_path, monkeypatch, capsys
):
    pytest.importorskip("kenlm")
    monkeypatch.setattr(counting.shutil, "which", lambda name: name)
    failed = types.SimpleNamespace(returncode=1, stderr="first\nno memory\n")
    monkeypatch.setattr(counting.subprocess, "run", lambda *a, **k: failed)
    found = counting.by_kenlm(texts, 2, tmp_path / "model.arpa")
    assert [*found] == ["our ARPA file read by kenlm"]
    assert "is left out: no memory\n" in capsys.readouterr().out


@pytest.mark.slow
def test_smoke_counts(tmp_path):
    printed, status = run(tmp_path, TRAIN, "--preset", "smoke")
    assert status == 0, printed
    found = results(tmp_path)
    assert found["metrics"]["perplexity, modified Kneser-Ney"] < 200
    orders = found["tables"]["orders"]["modified Kneser-Ney"]
    assert orders["order 2"] < 0.7 * orders["order 1"]
    (picture,) = tmp_path.glob("runs/*/*/orders.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
    printed, status = again(tmp_path, TRAIN, "--preset", "smoke")
    assert status == 0
    assert "has finished before" in printed

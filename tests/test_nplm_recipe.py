"""The recipe of projected words: how dense the counts are, and a run of it."""

import importlib
import sys

import pytest

import rnnkit
from tests.running import CLOCK, again, recipe, results, run

TRAIN = recipe("nplm")


@pytest.fixture
def densities(monkeypatch):
    monkeypatch.syspath_prepend(str(TRAIN.parent))
    yield importlib.import_module("density").densities
    sys.modules.pop("density")


def test_density_by_hand(densities):
    """Words a, b and the two ends: 4 ** 2 pairs, of which training has 5."""
    visited, known = densities("a b\na a\n", "a b\nb b\n", 2).values()
    assert visited == {"n = 1": 1.0, "n = 2": 5 / 16}
    # Of <s> a, a b, b </s>; <s> b, b b, b </s> four were seen.
    assert known == {"n = 1": 1.0, "n = 2": 4 / 6}


def test_tied_vectors_of_another_width_are_told(tmp_path):
    printed, status = again(tmp_path, TRAIN, "--tie-embeddings")
    assert status == 1
    assert "to be the same, got 200 and 100" in printed


@pytest.mark.slow
def test_smoke_learns(tmp_path):
    printed, status = run(tmp_path, TRAIN, "--preset", "smoke")
    assert status == 0, printed
    found = results(tmp_path)
    texts = rnnkit.data.load_words("docstrings", 1000)
    of_no_context = rnnkit.lm.NGram.train(texts["train"], 1).perplexity(texts["test"])
    assert found["metrics"]["perplexity, K = 2"] < 0.55 * of_no_context
    assert found["baselines"]["perplexity, 3-gram"] > 10
    for name in ("contexts", "density"):
        (picture,) = tmp_path.glob(f"runs/*/*/{name}.png")
        assert picture.read_bytes().startswith(b"\x89PNG")
    # Killed before its results are written, it trains no model twice.
    (path,) = tmp_path.glob("runs/*/*/results.json")
    path.unlink()
    printed, status = again(tmp_path, TRAIN, "--preset", "smoke")
    assert status == 0
    assert "parameters" not in printed
    assert results(tmp_path)["metrics"] == found["metrics"]
    assert results(tmp_path)["seconds"] > CLOCK + 1  # of the first start

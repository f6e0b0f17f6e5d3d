"""The recipe of word language models: texts cut, figures, and a run that learns."""

import dataclasses
import importlib
import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import rnnkit
from tests.running import recipe, results, run

TRAIN = recipe("word_lm")


@pytest.fixture
def module(monkeypatch):
    """Imports a file of the recipe's folder."""
    monkeypatch.syspath_prepend(str(TRAIN.parent))
    monkeypatch.setitem(sys.modules, "beginning", SimpleNamespace())
    yield importlib.import_module
    for name in ("configuration", "evaluation", "optimizers", "train"):
        sys.modules.pop(name, None)


def test_texts_are_cut_at_lines(module):
    evaluation = module("evaluation")
    text = "a b c\nd e\nf g h i\n"
    assert evaluation.first_words(text, 4) == "a b c\nd e\n"
    assert evaluation.first_words(text, None) == text
    assert evaluation.first_words(text, 100) == text


def test_perplexity_is_of_words_and_line_ends(module):
    text = "a b c\n\na <unk>\n"
    ngram = rnnkit.lm.NGram.train(text, 2)
    scores = ngram.score(text)
    assert len(scores) == len(rnnkit.data.Words.of(text).encode(text))
    found = module("evaluation").perplexity(scores)
    assert found == pytest.approx(ngram.perplexity(text))


def test_rates_fall_from_pass_to_pass(module):
    config = module("configuration").ZAREMBA_SMALL
    falling = module("optimizers").falling
    rate = falling(config, steps=800, steps_a_pass=100)
    found = [float(rate(step)) for step in (0, 300, 301, 401, 799)]
    np.testing.assert_allclose(found, 35 * np.array([1, 1, 1 / 2, 1 / 4, 1 / 32]))
    assert falling(config, steps=200, steps_a_pass=100) == 35


def test_there_is_a_row_of_the_published_for_each_preset(module):
    configuration = module("configuration")
    assert configuration.PUBLISHED.keys() < configuration.PRESETS.keys()


@pytest.mark.parametrize(
    ("preset", "millions"),
    [("awd", 24.2), ("zaremba_medium", 19.8), ("zaremba_large", 66.0)],
)
def test_published_networks_have_their_size(module, preset, millions):
    config = module("configuration").PRESETS[preset]
    words = [f"w{k}" for k in range(9_998)]
    vocabulary = rnnkit.data.Words([*words, "<unk>", "<eos>"])
    config = dataclasses.replace(config, initial_range=None)
    with keras.StatelessScope(initialize_variables=False):  # shapes, and no numbers
        model = module("train").build(config, vocabulary)
        assert round(model.count_params() / 1e6, 1) == millions


@pytest.mark.slow
def test_smoke_learns(tmp_path):
    printed, status = run(tmp_path, TRAIN, "--preset", "smoke")
    assert status == 0, printed
    metrics = results(tmp_path)["metrics"]
    assert metrics["with the 5-gram"] < metrics["perplexity"]
    assert metrics["with a cache"] < metrics["perplexity"]
    assert metrics["dynamic evaluation"] < metrics["perplexity"]
    assert "--- after epoch 3" in printed

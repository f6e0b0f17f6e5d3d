import itertools
import math

import numpy as np
import pytest

from rnnkit.lm import Interpolated, NGram

RNG = np.random.default_rng(3)
TEXT = [[*"abcabcabc"[: RNG.integers(1, 9)]] for _ in range(300)]
MODELS = [NGram.train(TEXT[:200], order) for order in (1, 2, 3)]
HELD_OUT = TEXT[200:]


def test_it_is_the_weighted_mean_of_probabilities():
    model = Interpolated(MODELS, [1, 2, 1])
    for word, context in [("a", ()), ("b", ("<s>", "a")), ("</s>", ("b", "c"))]:
        one, two, three = (math.exp(m.log_prob(word, context)) for m in MODELS)
        expected = math.log((one + 2 * two + three) / 4)
        assert model.log_prob(word, context) == pytest.approx(expected)


def test_what_may_follow_sums_to_one():
    model = Interpolated(MODELS, [0.2, 0.3, 0.5])
    words = [*MODELS[0].vocabulary, "<unk>"]
    total = sum(math.exp(model.log_prob(word, ("a",))) for word in words)
    assert total == pytest.approx(1.0)


def test_all_weight_on_one_is_that_one():
    model = Interpolated(MODELS, [0, 1, 0])
    np.testing.assert_allclose(model.score([*"abcab"]), MODELS[1].score([*"abcab"]))


def test_fitted_weights_are_the_best_there_are():
    """None of a grid is better on a text half of which is another's."""
    others = [[*RNG.choice([*"abc"], 5)] for _ in range(100)]
    models = [*MODELS[1:], NGram.train(others[:50], 1)]
    text = HELD_OUT + others[50:]
    fitted = Interpolated.fit(models, text)
    assert fitted.weights.sum() == pytest.approx(1)
    assert fitted.weights[2] > 0.05
    best = fitted.perplexity(text)
    for a, b in itertools.product(range(11), repeat=2):
        if a + b <= 10:
            tried = Interpolated(models, [a, b, 10 - a - b])
            assert best <= tried.perplexity(text) + 1e-4


@pytest.mark.parametrize(
    ("weights", "words"),
    [([1], "as many weights"), ([1, -1, 1], "0 or more"), ([0, 0, 0], "not all 0")],
)
def test_weights_that_are_none_are_named(weights, words):
    with pytest.raises(ValueError, match=words):
        Interpolated(MODELS, weights)


def test_unlike_vocabularies_are_named():
    other = NGram.train([*TEXT, ["d", "e"]], 2)
    said = r"'d', one of 2 such words, is in models.1. and not in models.0."
    with pytest.raises(ValueError, match=said):
        Interpolated([MODELS[0], other], [1, 1])
    with pytest.raises(ValueError, match=said):
        Interpolated.fit([MODELS[0], other], HELD_OUT)
    mixed = Interpolated(MODELS, [1, 1, 1])  # which may be mixed itself
    again = Interpolated([mixed, MODELS[0]], [1, 0])
    np.testing.assert_allclose(again.score("a b"), mixed.score("a b"))


def test_nothing_to_fit_to_is_named():
    with pytest.raises(ValueError, match="no sentence"):
        Interpolated.fit(MODELS, [])

"""Mixtures of what models of unlike kinds give to the same tokens."""

import keras
import numpy as np
import pytest

from rnnkit.data import Words
from rnnkit.layers import GRU
from rnnkit.lm import (
    Interpolated,
    Mixture,
    NGram,
    mixed_log_probs,
    mixture_weights,
)
from rnnkit.models import ContinuousCache, LanguageModel

RNG = np.random.default_rng(4)
LINES = [" ".join(RNG.choice([*"abcd"], RNG.integers(0, 6))) for _ in range(60)]
TRAIN, VALID, TEST = ("\n".join(LINES[k::3]) + "\n" for k in range(3))
ONE, TWO = (NGram.train(TRAIN, order) for order in (1, 2))


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    layers = [GRU(5, path="loop")]
    return LanguageModel(Words.of(TRAIN), layers, embedding_dim=3)


def test_it_is_the_weighted_mean_of_what_they_give(network):
    """A network, a cache of it and n-grams, line ends counted by all."""
    models = [network, ContinuousCache(network, 5, 1.0, 0.3), TWO]
    given = np.exp([np.asarray(model.score(TEST)) for model in models])
    mixture = Mixture(models, [2, 1, 1])
    wanted = np.log(np.array([0.5, 0.25, 0.25]) @ given)
    np.testing.assert_allclose(mixture.score(TEST), wanted, rtol=1e-6)
    assert mixture.perplexity(TEST) == pytest.approx(np.exp(-wanted.mean()))
    assert wanted.shape == (len(network.vocabulary.encode(TEST)),)
    nested = Mixture([Mixture(models[:2], [2, 1]), TWO], [3, 1])
    np.testing.assert_allclose(nested.score(TEST), wanted, rtol=1e-6)


def test_fitted_weights_are_the_best_there_are(network):
    fitted = Mixture.fit([network, TWO], VALID)
    assert 0.02 < fitted.weights[0] < 0.98
    best = fitted.perplexity(VALID)
    for share in np.linspace(0, 1, 11):
        tried = Mixture([network, TWO], [share, 1 - share])
        assert best <= tried.perplexity(VALID) + 1e-4
    given = [np.asarray(model.score(VALID)) for model in (network, TWO)]
    np.testing.assert_allclose(fitted.weights, mixture_weights(given))


def test_of_ngrams_it_is_their_interpolation():
    fitted = Mixture.fit([ONE, TWO], VALID)
    other = Interpolated.fit([ONE, TWO], VALID)
    np.testing.assert_allclose(fitted.weights, other.weights)
    np.testing.assert_allclose(fitted.score(TEST), other.score(TEST))


def test_what_cannot_be_mixed_is_named(network):
    with pytest.raises(ValueError, match=r"as many weights: \[1.0\]"):
        Mixture([ONE, TWO], [1])
    with pytest.raises(ValueError, match="not all 0"):
        Mixture([ONE, TWO], [0, 0])
    with pytest.raises(ValueError, match="nothing to mix"):
        Mixture.fit([], VALID)
    with pytest.raises(ValueError, match="nothing to mix"):
        Mixture([ONE, TWO], [1, 1]).perplexity("")
    # The n-gram counts the end of a line that the text does not end.
    with pytest.raises(ValueError, match=r"Here they give \(2,\), \(3,\)"):
        Mixture.fit([network, TWO], "a b")
    unequal = [[-1.0, -2.0], [-1.0]]
    for mix in (mixture_weights, lambda rows: mixed_log_probs(rows, [0.5, 0.5])):
        with pytest.raises(ValueError, match=r"same n tokens.*\(2,\), \(1,\)"):
            mix(unequal)
    with pytest.raises(ValueError, match="not all 0"):
        mixed_log_probs([[-1.0], [-2.0]], [-1.0, 2.0])
    np.testing.assert_allclose(mixed_log_probs([[-1.0], [-1.0]], [1.0, 1.0]), -1.0)
    other = NGram.train([["a", "zebra"]], 1)
    for pair in ([network, other], [ONE, other]):
        with pytest.raises(ValueError, match="unlike vocabularies cannot be mixed: '"):
            Mixture(pair, [1, 1])
    with pytest.raises(ValueError, match="2 models need as many weights"):
        mixed_log_probs([[-1.0], [-2.0]], [1.0])

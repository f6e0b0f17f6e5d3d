import collections
import math

import numpy as np
import pytest

from rnnkit.recipe.ngram import CharNGram


def brute_force(train, symbol, context, vocabulary_size):
    """The docstring's formula over dictionaries, from the empty context up."""
    p = 1 / vocabulary_size
    for length in range(len(context) + 1):
        h = tuple(context[len(context) - length :])
        after = collections.Counter(
            train[i + length]
            for i in range(len(train) - length)
            if tuple(train[i : i + length]) == h
        )
        if after:
            total, types = sum(after.values()), len(after)
            p = (after[symbol] + types * p) / (total + types)
    return p


@pytest.mark.parametrize("order", [0, 1, 3, 5])
def test_equals_brute_force(order):
    rng = np.random.default_rng(order)
    train = rng.integers(0, 4, 300)
    held_out = rng.integers(0, 5, 60)  # symbol 4 was never seen
    model = CharNGram(order).fit(train, 5)
    expected = [
        brute_force(train, held_out[i], held_out[max(0, i - order) : i], 5)
        for i in range(len(held_out))
    ]
    np.testing.assert_allclose(model.probabilities(held_out), expected, rtol=1e-12)
    bits = -sum(math.log2(p) for p in expected) / len(expected)
    assert abs(model.bits_per_symbol(held_out) - bits) < 1e-12


def test_probabilities_sum_to_one():
    rng = np.random.default_rng(0)
    model = CharNGram(3).fit(rng.integers(0, 6, 500), 7)
    for context in ([], [0, 1, 2], [6, 6, 6], [5, 6, 0]):
        total = sum(model.probabilities([*context, c])[-1] for c in range(7))
        assert abs(total - 1) < 1e-12


def test_shorter_than_the_context():
    model = CharNGram(5).fit([0, 1], 2)
    assert model.probabilities([1]).shape == (1,)
    assert model.probabilities([]).shape == (0,)


def test_plain_errors():
    with pytest.raises(ValueError, match="order=-1"):
        CharNGram(-1)
    with pytest.raises(ValueError, match="does not fit"):
        CharNGram(5).fit([0], 2000)

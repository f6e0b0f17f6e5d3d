"""Add-one and absolute discounting, by their definitions, written out over the text."""

import math

import numpy as np
import pytest

from rnnkit.lm import AddOne, NGram

RNG = np.random.default_rng(2)
TEXT = [[*"aabbccddefgh"][: RNG.integers(0, 13)] for _ in range(40)]
TEXT = [[str(word) for word in RNG.permutation(words)] for words in TEXT]
PADDED = [("<s>", *sentence, "</s>") for sentence in TEXT]
WORDS = [*"abcdefgh", "</s>", "<unk>"]
CONTEXTS = [(), ("a",), ("<s>",), ("a", "b"), ("<s>", "c"), ("c", "a"), ("h", "h")]


def ngrams(sentence, n):
    return [sentence[i : i + n] for i in range(len(sentence) - n + 1)]


def grams(n):
    return [gram for sentence in PADDED for gram in ngrams(sentence, n)]


def times(gram):
    return grams(len(gram)).count(gram)


def following(context):
    """All that stands after a context in the text, each as often as it does."""
    every = grams(len(context) + 1)
    return [g[-1] for g in every if g[:-1] == context and g[-1] != "<s>"]


def absolute(word, context):
    once, twice = (
        sum(times(g) == k for g in set(grams(len(context) + 1)) - {("<s>",)})
        for k in (1, 2)
    )
    discount = once / (once + 2 * twice) if once else 0.5
    lower = absolute(word, context[1:]) if context else 1 / len(WORDS)
    after = following(context)
    if not after:
        return lower
    kept = max(after.count(word) - discount, 0)
    return (kept + discount * len(set(after)) * lower) / len(after)


@pytest.mark.parametrize("context", CONTEXTS)
def test_they_are_what_they_are_defined_to_be(context):
    discounted = NGram.train(TEXT, 3, smoothing="absolute")
    models = {added: AddOne.train(TEXT, 3, added=added) for added in (1.0, 0.25)}
    after = following(context)
    for word in WORDS:
        p = math.exp(discounted.log_prob(word, context))
        assert p == pytest.approx(absolute(word, context), rel=1e-6)
        for added, model in models.items():
            expected = (after.count(word) + added) / (len(after) + added * len(WORDS))
            assert math.exp(model.log_prob(word, context)) == pytest.approx(expected)


def test_only_as_much_context_is_read_as_the_order_says():
    for model in (NGram.train(TEXT, 2, smoothing="absolute"), AddOne.train(TEXT, 2)):
        assert model.log_prob("a", ("b", "c")) == model.log_prob("a", ("c",))
        assert model.log_prob("a", ("b", "c")) != model.log_prob("a", ("b",))


@pytest.mark.parametrize("order", [1, 2, 3])
def test_another_tool_adds_one_as_well(order):
    lm = pytest.importorskip("nltk.lm", reason="nltk is not installed")
    other = lm.Laplace(order)
    rows = [[g for n in range(order) for g in ngrams(s, n + 1)] for s in PADDED]
    rows = [[g for g in row if g != ("<s>",)] for row in rows]  # no word to go on with
    other.fit(rows, [*"abcdefgh", "</s>"])
    model = AddOne.train(TEXT, order)
    for word in WORDS[:-1]:
        for context in CONTEXTS:
            context = context[-(order - 1) :] if order > 1 else ()
            expected = other.score(word, context or None)
            assert math.exp(model.log_prob(word, context)) == pytest.approx(expected)


def test_unknown_words_are_one():
    model = AddOne.train(TEXT, 2, vocabulary=["a", "b"])
    assert set(model.vocabulary) == {"a", "b", "</s>"}
    assert model.log_prob("c", ("a",)) == model.log_prob("never", ("a",))
    assert model.log_prob("a", ("never",)) == model.log_prob("a", ("c",))


def test_nothing_is_added_by_nobody():
    with pytest.raises(ValueError, match="more than 0, got 0"):
        AddOne.train(TEXT, added=0)

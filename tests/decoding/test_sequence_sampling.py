"""Drawn sequences against the probabilities of every sequence there is."""

import collections
import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from rnnkit.decoding import (
    BannedTokens,
    NoRepeatNGram,
    Temperature,
    beam_search,
    min_p,
    narrowed,
    sample_sequences,
)
from tests.decoding.every_sequence import every_sequence, model, tables

END = 2
RNG = np.random.default_rng(0)
draw = functools.partial(sample_sequences, start=0, end=END)


def noise(items, samples, size=5):
    return RNG.random((size, items, samples)).astype("float32")


def narrow(k=None, p=None, least=None, temperature=1.0):
    """What is left of log-probabilities, in NumPy."""

    def weigh(log_probs, tokens):
        x = np.where(np.isfinite(log_probs), log_probs / temperature, -np.inf)
        order = np.argsort(-x)
        share = np.exp(x) / np.exp(x).sum()
        out = np.zeros(len(x), bool)
        if k:
            out[order[k:]] = True
        if p:
            out[order[np.cumsum(share[order]) - share[order] >= p]] = True
        if least:
            out |= share < least * share.max()
        x[out] = -np.inf
        return x - np.log(np.exp(x).sum())

    return weigh


OPTIONS = {
    "plain": ({}, narrow()),
    "temperature": ({"temperature": 0.6}, narrow(temperature=0.6)),
    "top k": ({"top_k": 2}, narrow(k=2)),
    "top p": ({"top_p": 0.7}, narrow(p=0.7)),
    "min p": ({"min_p": 0.4}, narrow(least=0.4)),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_sequences_are_drawn_as_probable_as_they_are(case):
    options, weigh = OPTIONS[case]
    logits, _ = tables(2)
    next_step, state = model(logits)
    count = 20_000
    found = draw(next_step, state, noise(2, count), **options)
    for item in range(2):
        ended, cut = every_sequence(logits[item], END, 5, weigh=weigh)
        p = {tokens: np.exp(score) for score, tokens, _ in [*ended, *cut]}
        drawn = collections.Counter(
            tuple(row[row >= 0].tolist())
            for row in ops.convert_to_numpy(found.tokens[item])
        )
        assert set(drawn) <= set(p)
        often = [tokens for tokens in p if count * p[tokens] >= 10]
        chi_square = sum((drawn[t] - count * p[t]) ** 2 / (count * p[t]) for t in often)
        # Exceeded once in 10,000 times, by Wilson and Hilferty.
        n = len(often)
        assert chi_square < n * (1 - 2 / (9 * n) + 3.72 * np.sqrt(2 / (9 * n))) ** 3


def test_scores_and_log_probs_are_the_models_own():
    logits, attention = tables(3)
    next_step, state = model(logits, attention)
    found = draw(
        next_step,
        state,
        noise(3, 20),
        top_k=2,
        processors=[Temperature(2.0)],
        min_length=2,
    )
    for item, k in np.ndindex(3, 20):
        tokens = found.tokens[item, k].numpy()
        count = int(found.lengths[item, k])
        node, own = 0, []
        for step, token in enumerate(tokens[:count]):
            row = logits[item, node].astype("float64")
            own.append(row[token] - np.log(np.exp(row).sum()))
            looked = found.attention[item, k, step]
            np.testing.assert_array_equal(looked, attention[item, node])
            node = 4 * node + 1 + token
        np.testing.assert_allclose(found.log_probs[item, k, :count], own, atol=1e-5)
        np.testing.assert_allclose(found.scores[item, k], sum(own), atol=1e-5)
        assert np.all(tokens[count:] == -1)
        assert not np.any(found.attention[item, k, count:])
        assert bool(found.ended[item, k]) == (tokens[count - 1] == END)
        assert count >= 2


def test_temperature_zero_is_greedy():
    next_step, state = model(tables(20)[0])
    drawn = draw(next_step, state, noise(20, 2), temperature=0.0)
    best = beam_search(next_step, state, start=0, end=END, max_length=5, beam_width=1)
    for k in range(2):
        np.testing.assert_array_equal(drawn.tokens[:, k], best.tokens[:, 0])


def test_rules_are_those_of_the_search():
    next_step, state = model(tables(2)[0])
    found = draw(
        next_step,
        state,
        noise(2, 300),
        max_length=np.array([5, 3]),
        min_length=3,
        prefix=[-1, 3],
        processors=[NoRepeatNGram(1)],
    )
    tokens = ops.convert_to_numpy(found.tokens)
    assert np.all(tokens[:, :, 1] == 3)
    assert np.all(tokens[1, :, 3:] == -1)
    assert np.all(ops.convert_to_numpy(found.lengths) >= 3)
    assert len(np.unique(tokens[0], axis=0)) > 3
    for row in tokens.reshape(-1, 5):
        free = [t for k, t in enumerate(row) if t >= 0 and k != 1]
        assert len(set(free)) == len(free)


@pytest.mark.parametrize("jit_compile", [None, False, True])
def test_neighbours_and_compiling_change_nothing(jit_compile):
    logits, _ = tables(4)
    logits[1, :, END] += 5
    numbers = noise(4, 3)

    def run(items):
        next_step, state = model(logits[items])

        def call():
            return draw(next_step, state, numbers[:, items], top_p=0.9)

        if jit_compile is None:
            return call()
        return tf.function(call, jit_compile=jit_compile, autograph=False)()

    next_step, state = model(logits)
    together = draw(next_step, state, numbers, top_p=0.9)
    for got, wanted in zip(run(slice(1, 3)), together):
        np.testing.assert_allclose(got, wanted[1:3], atol=1e-5)


def test_steps_end_with_the_last_sequence():
    calls = []

    def next_step(tokens, state):
        calls.append(tokens)
        logits = ops.where(ops.arange(3) == state["n"][:, None], 9.0, -9.0)
        return logits, {"n": state["n"] + 1}

    draw(next_step, {"n": np.array([1, 2], "int32")}, noise(2, 1, 50))
    assert len(calls) == 1 + 2  # one of them for the shapes


def test_min_p_keeps_what_is_near_the_most_probable():
    logits = RNG.normal(0, 2, (20, 30)).astype("float32")
    p = np.exp(logits.astype("float64"))
    p /= p.sum(-1, keepdims=True)
    for least in (0.02, 0.3, 1.0):
        kept = np.isfinite(ops.convert_to_numpy(min_p(logits, least)))
        np.testing.assert_array_equal(kept, p >= least * p.max(-1, keepdims=True))
    np.testing.assert_array_equal(
        narrowed(logits, 1.0, least=0.3), _shifted(logits, 0.3)
    )
    with pytest.raises(ValueError, match=r"min_p must be in \(0, 1\], got 0"):
        min_p(logits, 0)


def _shifted(logits, least):
    logits = logits - logits.max(-1, keepdims=True)
    return ops.convert_to_numpy(min_p(logits, least))


def test_nan_is_never_drawn():
    logits, _ = tables(2)
    logits[1] = np.nan
    next_step, state = model(logits)
    with pytest.raises(ValueError, match="Item 1 of the batch has no sequence"):
        draw(next_step, state, keras.random.uniform((5, 2, 1), seed=0))


def test_there_is_noise_for_every_token():
    next_step, state = model(tables(2)[0])
    with pytest.raises(ValueError, match="max_length is 6, but there is noise for 5"):
        draw(next_step, state, noise(2, 1), max_length=6)


def test_what_is_forbidden_is_never_drawn():
    next_step, state = model(tables(2)[0])
    with pytest.raises(ValueError, match="or everything was forbidden it"):
        draw(next_step, state, noise(2, 3), processors=[BannedTokens(range(4))])

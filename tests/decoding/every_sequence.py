"""The truth about a search: every sequence of a small model, scored one by one.

A model is a table: the logits of each prefix, and the attention paid after it, are
random and depend on the whole prefix.
"""

import numpy as np
from keras import ops

SYMBOLS, LONGEST = 4, 5
PREFIXES = sum(SYMBOLS**n for n in range(LONGEST + 1))


def tables(items, seed=0, spread=1.5, positions=3):
    """Logits `(items, prefixes, symbols)` and attention `(items, prefixes, 3)`."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, spread, (items, PREFIXES, SYMBOLS)).astype("float32")
    attention = rng.dirichlet(np.full(positions, 0.3), (items, PREFIXES))
    return logits, attention.astype("float32")


def model(logits, attention=None):
    """`next_step` of such tables, and its first state.

    The start token is not part of the prefix; a table's rows are a row's constants.
    """

    def next_step(tokens, state):
        deeper = state["node"] * SYMBOLS + 1 + tokens
        node = ops.where(state["first"], 0, ops.minimum(deeper, PREFIXES - 1))
        place = state["item"] * PREFIXES + node
        new = {**state, "node": node, "first": ops.zeros_like(state["first"])}
        row = ops.take(ops.reshape(logits, (-1, logits.shape[-1])), place, axis=0)
        if attention is None:
            return row, new
        looked = ops.reshape(attention, (-1, attention.shape[-1]))
        return row, new, ops.take(looked, place, axis=0)

    items = logits.shape[0]
    state = {
        "item": np.arange(items, dtype="int32"),
        "node": np.zeros(items, "int32"),
        "first": np.ones(items, bool),
    }
    return next_step, state


def every_sequence(
    logits,
    end,
    max_length,
    min_length=0,
    prefix=(),
    weigh=lambda log_probs, tokens: log_probs,
    penalty=lambda score, length: score,
    attention=None,
    coverage=None,
):
    """All sequences of one item as (score, tokens, log-probabilities).

    Args:
        logits: `(prefixes, symbols)`; `attention` of the same item likewise.
        weigh: What the processors make of log-probabilities after some tokens.

    Returns:
        Those that ended, and those that were cut, the best first.
    """
    logits = logits.astype("float64")
    log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    ended, cut = [], []

    def worth(score, places, length):
        score = penalty(score, length)
        if coverage:
            score += coverage(attention[places].astype("float64").sum(0))
        return score

    def grow(node, tokens, score, own, places):
        places = [*places, node]
        step = len(tokens)
        weighed = weigh(log_probs[node].copy(), tokens)
        for token in range(logits.shape[-1]):
            gain = weighed[token]
            if step < len(prefix) and prefix[step] >= 0:
                gain = log_probs[node, token] if token == prefix[step] else -np.inf
            elif token == end and step + 1 < min_length:
                gain = -np.inf
            if gain == -np.inf:
                continue
            longer, total = (*tokens, token), score + gain
            each = [*own, log_probs[node, token]]
            found = worth(total, places, step + 1), longer, each
            if token == end:
                ended.append(found)
            elif step + 1 == max_length:
                cut.append(found)
            else:
                grow(node * SYMBOLS + 1 + token, longer, total, each, places)

    grow(0, (), 0.0, [], [])
    return sorted(ended, reverse=True), sorted(cut, reverse=True)


def agrees(found, item, wanted, atol=2e-5):
    """Hold the n best of an item to the truth: ended ones first, then those cut."""
    ended, cut = wanted
    got = {
        name: ops.convert_to_numpy(value)[item]
        for name, value in found._asdict().items()
        if name != "attention"
    }
    every = [*ended, *cut][: len(got["scores"])]
    count, size = len(every), got["tokens"].shape[1]
    lengths = [len(sequence) for _, sequence, _ in every]
    tokens, log_probs = np.full((count, size), -1), np.zeros((count, size))
    for k, (_, sequence, own) in enumerate(every):
        tokens[k, : len(sequence)] = sequence
        log_probs[k, : len(own)] = own
    first = {name: value[:count] for name, value in got.items()}
    np.testing.assert_array_equal(first["tokens"], tokens)
    np.testing.assert_array_equal(first["lengths"], lengths)
    np.testing.assert_array_equal(first["ended"], np.arange(count) < len(ended))
    scores = [score for score, *_ in every]
    np.testing.assert_allclose(first["scores"], scores, atol=atol)
    np.testing.assert_allclose(first["log_probs"], log_probs, atol=atol)
    assert np.all(first["log_probs"][tokens < 0] == 0)
    assert np.all(got["scores"][count:] < -1e29)
    assert np.all(got["lengths"][count:] == 0)

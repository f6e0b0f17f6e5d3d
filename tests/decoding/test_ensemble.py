"""Ensembles and stop outputs against the formulas, in every sequence there is."""

import numpy as np
import pytest
from keras import ops

from rnnkit.decoding import beam_search, ensemble, sample_sequences, stop_output
from tests.decoding.every_sequence import agrees, every_sequence, model, tables

END = 2
WIDE = {"beam_width": 400, "n_best": 30, "early_stopping": "never"}


def log_softmax(x):
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


@pytest.mark.parametrize("weights", [None, [0.7, 0.3]])
@pytest.mark.parametrize("mean", ["arithmetic", "geometric"])
def test_several_models_are_averaged(mean, weights):
    both = [tables(2, seed) for seed in (0, 5)]
    steps, states = zip(*(model(*table) for table in both))
    next_step = ensemble(steps, weights, mean)
    found = beam_search(next_step, states, start=0, end=END, max_length=4, **WIDE)
    a, b = weights or (0.5, 0.5)
    for item in range(2):
        x, y = (log_softmax(logits[item].astype("float64")) for logits, _ in both)
        if mean == "arithmetic":
            averaged = np.log(a * np.exp(x) + b * np.exp(y))
        else:
            averaged = a * x + b * y
        agrees(found, item, every_sequence(averaged, END, 4))
    looked = a * both[0][1][:, 0] + b * both[1][1][:, 0]
    np.testing.assert_allclose(found.attention[:, 0, 0], looked, atol=1e-6)


def test_members_have_states_and_constants_of_their_own():
    logits, _ = tables(2)
    plain, state = model(logits)

    def biased(tokens, state, constants):
        row, state = plain(tokens, state)
        return row + constants, state

    bias = np.array([[0.0, 1, 2, 3], [3, 2, 1, 0]], "float32")
    found = beam_search(
        ensemble([biased, plain], mean="geometric"),
        [state, state],
        start=0,
        end=END,
        max_length=4,
        constants=[bias, ()],
        **WIDE,
    )
    for item in range(2):
        x, y = (log_softmax(logits[item] + b) for b in (bias[item], 0.0))
        agrees(found, item, every_sequence((x + y) / 2, END, 4))


def test_a_stop_output_is_the_end():
    """The end is a symbol of its own, which the model is never given."""
    logits, attention = tables(3)
    stops = attention[:, :, 0] * 6 - 3
    table_step, state = model(logits, attention)

    def next_step(tokens, state):
        assert int(ops.max(tokens)) < 4
        row, state, looked = table_step(tokens, state)
        return (row, looked[:, 0] * 6 - 3), state, looked

    found = beam_search(
        stop_output(next_step), state, start=0, end=4, max_length=3, **WIDE
    )
    for item in range(3):
        p = 1 / (1 + np.exp(-stops[item].astype("float64")))[:, None]
        symbols = log_softmax(logits[item].astype("float64"))
        joint = np.concatenate([np.log(1 - p) + symbols, np.log(p)], axis=1)
        agrees(found, item, _five(joint))


def test_what_has_ended_is_not_fed_its_end():
    logits, attention = tables(3)
    table_step, state = model(logits, attention)

    def next_step(tokens, state):
        assert int(ops.max(tokens)) < 4
        row, state, looked = table_step(tokens, state)
        return (row, looked[:, 0] * 6 - 3), state

    noise = np.random.default_rng(0).random((5, 3, 9)).astype("float32")
    found = sample_sequences(stop_output(next_step), state, noise, start=0, end=4)
    assert len(np.unique(found.lengths)) > 2


def _five(log_probs):
    """`every_sequence` of a table of four symbols and an end, length 3."""
    ended, cut = [], []

    def grow(node, tokens, own):
        for token in range(5):
            each = [*own, log_probs[node, token]]
            found = sum(each), (*tokens, token), each
            if token == 4:
                ended.append(found)
            elif len(each) == 3:
                cut.append(found)
            else:
                grow(4 * node + 1 + token, (*tokens, token), each)

    grow(0, (), [])
    return sorted(ended, reverse=True), sorted(cut, reverse=True)


def test_predicted_remaining_steps_end_the_sequence():
    def next_step(tokens, state):
        stop = 1e4 * (0.5 - state["remaining"])
        logits = ops.tile([[0.1, 0.3, 0.2]], (len(tokens), 1))
        return (logits, stop), {"remaining": state["remaining"] - 1.1}

    state = {"remaining": np.array([0.3, 2.2, 4.0], "float32")}
    found = beam_search(stop_output(next_step), state, start=0, end=3, max_length=9)
    np.testing.assert_array_equal(found.lengths[:, 0] - 1, [0, 2, 4])
    assert np.all(found.ended)
    assert np.all(found.scores > -10)


def test_what_one_thinks_impossible_is_so_in_the_geometric_mean():
    logits = tables(1)[0]
    next_step, state = model(logits)

    def never_one(tokens, s):
        return ops.tile([[0.0, -np.inf, 0.0, 0.0]], (len(tokens), 1)), s

    both = ensemble([next_step, never_one], [0.95, 0.05], mean="geometric")
    found = beam_search(
        both, [state, ()], start=0, end=END, max_length=3, beam_width=60, n_best=60
    )
    exists = np.array(found.scores[0]) > -1e29
    assert not (np.array(found.tokens[0])[exists] == 1).any()


def test_what_cannot_be_is_named():
    next_step, state = model(tables(1)[0])
    for weights in ([0.5, 0.6], [1.5, -0.5]):
        with pytest.raises(ValueError, match="weights must be 2 numbers of 0 or more"):
            ensemble([next_step] * 2, weights)
    with pytest.raises(ValueError, match="at least one model"):
        ensemble([])
    with pytest.raises(ValueError, match='mean is "arithmetic" or "geometric", got'):
        ensemble([next_step], mean="median")
    three = ensemble([next_step, lambda t, s: (ops.zeros((len(t), 3)), s)])
    with pytest.raises(ValueError, match=r"different symbols: \[3, 4\]"):
        beam_search(three, [state, ()], start=0, end=END, max_length=2)

"""Beam search against every sequence there is, and against one in plain lists."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from rnnkit.decoding import WuCoverage, WuLength, beam_search
from tests.decoding.every_sequence import agrees, every_sequence, model, tables
from tests.decoding.plain_beam import plain_beam

END = 2
WIDE = 400  # more than the 324 ways to go on with all beginnings of four tokens

exact = functools.partial(
    beam_search, start=0, end=END, beam_width=WIDE, early_stopping="never"
)

PENALTIES = {
    "none": (None, lambda score, length: score),
    "average": ("average", lambda score, length: score / length),
    "wu": (WuLength(0.8), lambda score, length: score / ((5 + length) / 6) ** 0.8),
    "against length": (WuLength(-2.0), lambda score, n: score * ((5 + n) / 6) ** 2.0),
}


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize(("n_best", "lengths"), [(1, [4]), (WIDE, [5, 1])])
def test_with_a_wide_beam_it_is_exhaustive(penalty, n_best, lengths):
    ours, theirs = PENALTIES[penalty]
    for length in lengths:
        logits, _ = tables(3, length)
        next_step, state = model(logits)
        found = exact(
            next_step, state, max_length=length, n_best=n_best, length_penalty=ours
        )
        for item in range(3):
            wanted = every_sequence(logits[item], END, length, penalty=theirs)
            agrees(found, item, wanted)


@pytest.mark.parametrize("masked", [False, True])
def test_coverage_is_that_of_the_tokens_written(masked):
    logits, attention = tables(3)
    mask = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0]], bool) if masked else None
    next_step, state = model(logits, attention)
    found = exact(
        next_step,
        state,
        max_length=4,
        n_best=100,
        length_penalty="average",
        coverage_penalty=WuCoverage(0.5, mask),
    )
    for item in range(3):
        keep = mask[item] if masked else slice(None)
        wanted = every_sequence(
            logits[item],
            END,
            4,
            penalty=PENALTIES["average"][1],
            attention=attention[item],
            coverage=lambda s, keep=keep: 0.5 * np.log(np.minimum(s, 1))[keep].sum(),
        )
        agrees(found, item, wanted)


def test_attention_is_that_of_each_token():
    logits, attention = tables(2)
    next_step, state = model(logits, attention)
    found = exact(next_step, state, max_length=4, n_best=20)
    tokens, lengths, got = map(
        ops.convert_to_numpy, (found.tokens, found.lengths, found.attention)
    )
    for item in range(2):
        for k in range(20):
            node = 0
            for step in range(lengths[item, k]):
                np.testing.assert_array_equal(got[item, k, step], attention[item, node])
                node = 4 * node + 1 + tokens[item, k, step]
            assert not np.any(got[item, k, step + 1 :])


def test_lengths_and_forced_tokens_are_each_items_own():
    logits, _ = tables(4)
    next_step, state = model(logits)
    least, most = [0, 3, 5, 2], [4, 5, 3, 1]
    prefix = np.array([[-1, -1, -1], [1, 3, -1], [-1, 0, -1], [3, -1, -1]])
    found = exact(
        next_step,
        state,
        max_length=np.array(most),
        min_length=np.array(least),
        prefix=prefix,
        n_best=40,
    )
    assert found.tokens.shape == (4, 40, 5)
    for item in range(4):
        wanted = every_sequence(
            logits[item], END, most[item], least[item], prefix[item]
        )
        agrees(found, item, wanted)
    ended = ops.convert_to_numpy(ops.any(found.ended, axis=1))
    np.testing.assert_array_equal(ended, [True, True, False, False])


def test_an_end_may_be_forced():
    logits, _ = tables(1)
    next_step, state = model(logits)
    prefix = [-1, -1, END]
    found = exact(next_step, state, max_length=5, min_length=3, prefix=prefix, n_best=9)
    wanted = every_sequence(logits[0], END, 5, 3, prefix)
    agrees(found, 0, wanted)
    assert np.all(found.lengths == 3)
    assert np.all(found.ended)


def two_lines(tokens, state):
    """p(end) = .5, p(a, end) = .3, p(b, end) = .2."""
    first = state["step"][:, None] == 0
    p = ops.where(first, [[0.5, 0.3, 0.2]], [[1.0, 0.0, 0.0]])
    return ops.log(p), {"step": state["step"] + 1}


@pytest.mark.parametrize("early_stopping", [True, False, "never"])
def test_what_has_ended_is_charged_nothing_more(early_stopping):
    found = beam_search(
        two_lines,
        {"step": np.zeros(1, "int32")},
        start=1,
        end=0,
        max_length=8,
        beam_width=3,
        n_best=3,
        early_stopping=early_stopping,
    )
    np.testing.assert_array_equal(found.lengths, [[1, 2, 2]])
    np.testing.assert_allclose(found.scores, np.log([[0.5, 0.3, 0.2]]), atol=1e-6)


def is_plain(found, logits, width, early_stopping, penalty):
    """Hold what was found to be what the search in lists finds."""
    tokens, scores, ended = map(
        ops.convert_to_numpy, (found.tokens, found.scores, found.ended)
    )
    for item in range(len(logits)):
        length = tokens.shape[2]
        every = plain_beam(logits[item], END, length, width, early_stopping, penalty)
        for k, (score, sequence, has_ended) in enumerate(every[: tokens.shape[1]]):
            assert tuple(tokens[item, k, : len(sequence)]) == sequence
            assert scores[item, k] == pytest.approx(score, rel=0, abs=1e-5)
            assert ended[item, k] == has_ended


# Each pair of penalty, stopping and width is among them.
STOPPING = [
    (penalty, early_stopping, [(1, 7), (2, 3)][(row + column) % 2])
    for row, penalty in enumerate(PENALTIES)
    for column, early_stopping in enumerate([True, False, "never"])
]


@pytest.mark.parametrize(("penalty", "early_stopping", "widths"), STOPPING)
def test_narrow_beams_stop_when_they_should(penalty, early_stopping, widths):
    ours, theirs = PENALTIES[penalty]
    logits, _ = tables(30, spread=0.7)
    logits[:, :, END] += 0.7
    next_step, state = model(logits)
    for width in widths:
        found = beam_search(
            next_step,
            state,
            start=0,
            end=END,
            max_length=5,
            beam_width=width,
            n_best=1 if early_stopping == "never" else width,
            length_penalty=ours,
            early_stopping=early_stopping,
        )
        is_plain(found, logits, width, early_stopping, theirs)


def test_of_many_symbols_none_is_passed_over():
    logits = np.random.default_rng(0).normal(0, 3, (4, 501, 500)).astype("float32")
    rows = logits.reshape(-1, 500)

    def next_step(tokens, state):
        node = ops.where(state["first"], 0, 1 + tokens)
        new = {**state, "first": ops.zeros_like(state["first"])}
        return ops.take(rows, state["item"] * 501 + node, axis=0), new

    state = {"item": np.arange(4, dtype="int32"), "first": np.ones(4, bool)}
    options = {"start": 0, "end": END, "max_length": 2, "beam_width": 3, "n_best": 3}
    found = beam_search(next_step, state, **options)
    is_plain(found, logits, 3, False, PENALTIES["none"][1])


def test_a_width_of_one_is_greedy():
    logits, _ = tables(30)
    next_step, state = model(logits)
    for early_stopping in (True, False, "never"):
        found = beam_search(
            next_step,
            state,
            start=0,
            end=END,
            max_length=5,
            beam_width=1,
            early_stopping=early_stopping,
        )
        lengths, found = map(ops.convert_to_numpy, (found.lengths, found.tokens))
        for item in range(30):
            node, tokens = 0, []
            while len(tokens) < 5 and END not in tokens:
                tokens.append(int(np.argmax(logits[item, node])))
                node = 4 * node + 1 + tokens[-1]
            assert found[item, 0, : lengths[item, 0]].tolist() == tokens


@pytest.mark.parametrize(
    ("penalty", "first", "later", "best"),
    [("average", (0.6, 0.2, 0.2), 4, 5), (WuLength(-2.0), (0.4, 0.6, 0.0), 1, 2)],
)
def test_never_waits_for_what_may_become_better(penalty, first, later, best):
    """A likely end at once, and a beginning whose end comes after some tokens."""

    def next_step(tokens, state):
        step = state["step"][:, None]
        p = ops.where(step < later, [[0.0, 1, 0]], [[1.0, 0, 0]])
        p = ops.where(step == 0, [first], p)
        return ops.log(p), {"step": state["step"] + 1}

    found = beam_search(
        next_step,
        {"step": np.zeros(1, "int32")},
        start=1,
        end=0,
        max_length=5,
        length_penalty=penalty,
        early_stopping="never",
    )
    np.testing.assert_array_equal(found.lengths, [[best]])


def test_states_are_any_tree_and_follow_their_hypotheses():
    """A state that remembers all tokens, against what the search returns."""
    logits, _ = tables(2)
    table_step, start = model(logits)

    def next_step(tokens, state):
        (inner, [memory]), step = state["all"], state["step"]
        memory = ops.concatenate([memory[:, 1:], tokens[:, None]], axis=1)
        row, inner = table_step(tokens, inner)
        new = {"all": (inner, [memory]), "step": step + 1}
        return row, new, memory  # shown as if it were attention

    state = {
        "all": (start, [np.full((2, 5), -1, "int32")]),
        "step": np.zeros(2, "float32"),
    }
    found = beam_search(
        next_step, state, start=0, end=END, max_length=5, beam_width=6, n_best=6
    )
    tokens = ops.convert_to_numpy(found.tokens)
    for item, k in np.ndindex(2, 6):
        count = int(found.lengths[item, k])
        seen = found.attention[item, k, count - 1].numpy()
        before = [0, *tokens[item, k, : count - 1]]
        assert seen.tolist() == [-1] * (5 - count) + before


def test_constants_stay_with_their_item():
    logits, _ = tables(4)
    table_step, state = model(logits)

    def next_step(tokens, state, constants):
        row, state = table_step(tokens, state)
        return row + constants["bias"], state

    bias = np.random.default_rng(0).normal(size=(4, 4)).astype("float32")
    found = exact(next_step, state, max_length=4, constants={"bias": bias})
    for item in range(4):
        wanted = every_sequence(logits[item] + bias[item], END, 4)
        agrees(found, item, wanted)


def test_what_never_ends_is_cut_and_says_so():
    logits, _ = tables(3)
    logits[:2, :, END] = -np.inf
    next_step, state = model(logits)
    options = {"start": 0, "max_length": 5, "beam_width": 4, "n_best": 4}
    found = beam_search(next_step, state, end=END, **options)
    assert not np.any(found.ended[:2])
    assert np.all(found.lengths[:2] == 5)
    assert np.all(found.scores[:2] > -100)
    nothing_ends = beam_search(next_step, state, end=None, **options)
    assert not np.any(nothing_ends.ended)
    for item in range(2):
        np.testing.assert_array_equal(found.tokens[item], nothing_ends.tokens[item])


def test_a_predicted_length_is_the_length():
    logits, _ = tables(3)
    next_step, state = model(logits)
    lengths = np.array([2, 0, 4])
    found = exact(next_step, state, end=None, max_length=lengths, n_best=3, size=5)
    np.testing.assert_array_equal(found.lengths[:, 0], lengths)
    for item in (0, 2):
        agrees(found, item, every_sequence(logits[item], None, lengths[item]))


def test_half_precision_is_added_up_in_full():
    logits, _ = tables(3)
    logits = logits.astype("float16")
    next_step, state = model(logits)
    found = exact(next_step, state, max_length=5, n_best=20)
    for item in range(3):
        agrees(found, item, every_sequence(logits[item], END, 5))


def test_nan_is_never_a_best_sequence():
    logits, _ = tables(3)
    next_step, state = model(logits)
    clean = exact(next_step, state, max_length=5)
    logits = logits.copy()
    logits[0, 1] = np.nan  # after the first token 0
    logits[1, 2, 3] = np.inf
    next_step, state = model(logits)
    found = exact(next_step, state, max_length=5, n_best=WIDE)
    tokens = ops.convert_to_numpy(found.tokens)
    for item, bad in ((0, 0), (1, 1)):
        some = tokens[item][ops.convert_to_numpy(found.scores[item]) > -1e29]
        assert len(some)
        assert not np.any((some[:, 0] == bad) & (some[:, 1] >= 0))
    np.testing.assert_array_equal(tokens[2, 0], clean.tokens[2, 0])
    logits[0, 0, 0] = 9  # the best beginning, but what comes after it is NaN
    next_step, state = model(logits)
    narrow = exact(next_step, state, max_length=5, beam_width=2)
    assert narrow.tokens[0, 0, 0] != 0
    assert narrow.scores[0, 0] > -100


def test_an_item_without_a_sequence_is_named():
    logits, _ = tables(3)
    logits[1] = np.nan
    next_step, state = model(logits)

    def search():
        return beam_search(next_step, state, start=0, end=END, max_length=5)

    with pytest.raises(ValueError, match="Item 1 of the batch has no sequence"):
        search()
    found = tf.function(search, autograph=False)()
    np.testing.assert_array_equal(found.scores[:, 0] > -1e29, [True, False, True])
    with pytest.raises(ValueError, match="Item 1 of the batch has no sequence"):
        found.check()


def test_what_cannot_be_is_named():
    next_step, state = model(tables(2)[0])
    call = functools.partial(
        beam_search, next_step, state, start=0, end=END, max_length=5
    )
    for options, words in (
        ({"beam_width": 0}, "beam_width must be 1 or more, got 0"),
        ({"n_best": 6}, "n_best must be 1 to beam_width, 5, got 6"),
        ({"early_stopping": "now"}, 'early_stopping is True, False or "never", got'),
        ({"length_penalty": "mean"}, 'length_penalty is None, "average" or'),
        ({"max_length": 0}, "max_length must be 1 or more, got 0"),
        ({"min_length": 6}, "min_length is 6, but max_length 5"),
        ({"prefix": [1] * 6}, "prefix has 6 tokens, but max_length is 5"),
        ({"end": 4}, "end is 4, but there are 4 symbols"),
        ({"coverage_penalty": WuCoverage()}, "needs attention: next_step must return"),
    ):
        with pytest.raises(ValueError, match=words):
            call(**options)
    with pytest.raises(ValueError, match="Give `start` a token for each item"):
        beam_search(next_step, (), start=0, end=END, max_length=5)
    with pytest.raises(ValueError, match="say `size`, the most it can be"):
        tf.function(lambda n: call(max_length=n), autograph=False)(tf.constant(3))

"""Greedy reading and forced alignment, against loops and every path written out."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.decoding import ctc_greedy, forced_align, merge_repeats

RNG = np.random.default_rng(0)


def log_softmax(x):
    x = x.astype("float64")
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def runs(symbols):
    """(symbol, start, end) of every run."""
    frame = 0
    for symbol, group in itertools.groupby(symbols):
        length = len(list(group))
        yield int(symbol), frame, frame + length
        frame += length


def test_repeats_are_merged_with_their_places():
    symbols = RNG.integers(0, 3, size=(6, 9))
    lengths = np.array([9, 0, 1, 5, 8, 9])
    merged = merge_repeats(symbols, lengths)
    for row, length in enumerate(lengths):
        wanted = list(runs(symbols[row, :length]))
        count = merged.lengths[row]
        assert count == len(wanted)
        columns = (merged.symbols, merged.starts, merged.ends)
        got = [tuple(int(c[row, k]) for c in columns) for k in range(count)]
        assert got == wanted
        assert all(np.all(c[row, count:] == -1) for c in columns)
    for got, wanted in zip(merge_repeats(symbols), merge_repeats(symbols, [9] * 6)):
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("blank", [0, -1])
def test_greedy_reads_without_blanks_and_scores_its_path(blank):
    logits = RNG.normal(size=(5, 12, 4)).astype("float32") * 2
    lengths = np.array([12, 7, 1, 0, 10])
    found = ctc_greedy(logits, lengths, blank)
    log_probs = log_softmax(logits)
    for row, length in enumerate(lengths):
        path = log_probs[row, :length].argmax(-1)
        best = log_probs[row, :length].max(-1)
        wanted = [run for run in runs(path) if run[0] != blank % 4]
        count = found.lengths[row]
        assert count == len(wanted)
        for k, (symbol, start, end) in enumerate(wanted):
            assert found.symbols[row, k] == symbol
            assert (found.starts[row, k], found.ends[row, k]) == (start, end)
            total = best[start:end].sum()
            np.testing.assert_allclose(found.scores[row, k], total, atol=1e-5)
        np.testing.assert_allclose(found.score[row], best.sum(), atol=1e-5)
        assert np.all(found.symbols[row, count:] == -1)


def best_path(label, log_probs, blank):
    """The best of all paths that read as the label, and its score."""
    best, score = None, -np.inf
    for path in itertools.product(range(log_probs.shape[1]), repeat=len(log_probs)):
        if tuple(s for s, _ in itertools.groupby(path) if s != blank) == label:
            total = sum(log_probs[t, s] for t, s in enumerate(path))
            if total > score:
                best, score = path, total
    return best, score


@pytest.mark.parametrize("blank", [0, 2])
@pytest.mark.parametrize("graph", [False, True])
def test_forced_alignment_is_the_best_of_all_paths(blank, graph):
    others = [s for s in range(3) if s != blank]
    labels = [x for n in range(4) for x in itertools.product(others, repeat=n)]
    frames = RNG.integers(1, 6, size=len(labels))
    logits = RNG.normal(size=(len(labels), 5, 3)).astype("float32") * 2
    padded = np.array([[*x, *[-1] * (3 - len(x))] for x in labels], "int32")

    def align(labels, logits, frames):
        return forced_align(labels, logits, None, frames, blank)

    if graph:
        ints = tf.TensorSpec([None, None], "int32")
        floats = tf.TensorSpec([None, None, 3], "float32")
        lengths = tf.TensorSpec([None], "int64")
        align = tf.function(align, input_signature=[ints, floats, lengths])
    found = align(padded, logits, frames)
    for row, label in enumerate(labels):
        log_probs = log_softmax(logits[row, : frames[row]])
        path, score = best_path(label, log_probs, blank)
        if path is None:
            assert found.score[row] < -1e29
            for places in (found.starts, found.ends, found.path):
                assert np.all(places[row] == -1)
            continue
        np.testing.assert_allclose(found.score[row], score, atol=1e-5)
        spans = [run for run in runs(path) if run[0] != blank]
        for k, (symbol, start, end) in enumerate(spans):
            assert (found.starts[row, k], found.ends[row, k]) == (start, end)
            mean = log_probs[start:end, symbol].mean()
            np.testing.assert_allclose(found.scores[row, k], mean, atol=1e-5)
        assert np.all(found.starts[row, len(label) :] == -1)
        assert np.all(found.path[row, frames[row] :] == -1)


NOISE = RNG.normal(size=(1, 6, 3)).astype("float32")


@pytest.mark.parametrize(
    ("labels", "options", "words"),
    [
        ([[7]], {}, r"Label 0 is \[7\], of which 1 count"),
        ([[0, 1]], {"label_lengths": [2]}, "and 0 is the blank"),
        ([[1]], {"label_lengths": [4]}, "of which 4 count"),
        ([[1]], {"logit_lengths": [9]}, "1 numbers from 0 to 6"),
        ([[1]], {"blank": 3}, "blank is 3, but there are 3 symbols"),
        ([[1], [1]], {}, "2 labels, but logits of 1 items"),
    ],
)
def test_what_cannot_be_aligned_is_named(labels, options, words):
    with pytest.raises(ValueError, match=words):
        forced_align(labels, NOISE, **options)


def test_greedy_has_the_blanks_there_are():
    with pytest.raises(ValueError, match="blank is 3, but there are 3 symbols"):
        ctc_greedy(NOISE, blank=3)


def test_there_is_no_path_over_what_is_no_number_nor_of_what_is_no_label():
    def check(found):
        assert found.score[0] < -1e29
        for places in (found.starts, found.ends, found.path):
            assert np.all(places[0] == -1)

    check(forced_align([[1, 2]], NOISE * np.nan))
    check(tf.function(forced_align)(tf.constant([[7]]), tf.constant(NOISE)))

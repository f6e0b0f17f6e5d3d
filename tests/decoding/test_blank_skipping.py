"""Frames that are blank beyond doubt make no difference, and cost nothing."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.decoding import HotWords, blank_skipping, ctc_beam_search
from rnnkit.lattice.ctc import frames_of

RNG = np.random.default_rng(0)


def peaked(labels, gap, height):
    """Logits that say each label in one frame, with a gap of blanks around each."""
    time = gap + max(map(len, labels)) * (gap + 1)
    logits = RNG.normal(size=(len(labels), time, 4)).astype("float32")
    for row, label in enumerate(labels):
        said = np.zeros(time, int)
        said[gap : gap + len(label) * (gap + 1) : gap + 1] = label
        logits[row, np.arange(time), said] += np.where(said, 3.0, height)
    return logits


@pytest.mark.parametrize("phrases", [(), ("bb",)], ids=["plain", "hot words"])
@pytest.mark.parametrize("width", [1, 10])
def test_what_is_sure_makes_no_difference(width, phrases):
    scorers = [HotWords(phrases, [None, *"abc"], 1.0)] if phrases else ()
    for gap in (1, 2, 9):
        logits = peaked([[1, 1, 2, 2], [3, 2, 2], [1]], gap, 25.0)
        time = logits.shape[1]
        lengths = [time, time - 1, 2 * gap + 1]
        # All of one size, to be compiled once.
        logits = np.pad(logits, [(0, 0), (0, 49 - time), (0, 0)])
        args = logits, lengths, width, width // 5 + 1, 0, scorers
        wanted = ctc_beam_search(*args)
        got = ctc_beam_search(*args, skip_blanks=0.999)
        np.testing.assert_array_equal(got.symbols, wanted.symbols)
        np.testing.assert_array_equal(got.lengths, wanted.lengths)
        np.testing.assert_allclose(got.scores, wanted.scores, atol=1e-4)
        np.testing.assert_allclose(got.log_probs, wanted.log_probs, atol=1e-4)
        if width == 1:  # else a frame of little probability may be the first
            np.testing.assert_array_equal(got.frames, wanted.frames)


def test_what_is_less_sure_is_nearly_the_same():
    logits = peaked(RNG.integers(1, 4, (20, 8)), 9, 10.0)
    wanted = ctc_beam_search(logits, None, 20)
    got = ctc_beam_search(logits, None, 20, skip_blanks=0.99)
    np.testing.assert_array_equal(got.symbols, wanted.symbols)
    np.testing.assert_allclose(got.scores, wanted.scores, atol=0.1)


def test_frames_left_out_count_as_blanks():
    logits = np.log([[[0.9, 0.04, 0.03, 0.03]] * 20])
    found = ctc_beam_search(logits, None, 5, skip_blanks=0.8)
    assert found.lengths[0, 0] == 0
    np.testing.assert_allclose(found.scores, [[20 * np.log(0.9)]], atol=1e-5)
    np.testing.assert_allclose(found.log_probs, found.scores, atol=1e-5)


def test_one_frame_of_each_run_is_searched():
    logits = peaked([[1, 1, 2, 2], [3]], 9, 25.0)  # gaps of nine; one is longer
    frames = frames_of(logits, [len(logits[0]), 30])
    log_probs = tf.nn.log_softmax(logits)
    left, kept, count, _ = blank_skipping.without_blanks(log_probs, frames, 0, 0.999)
    np.testing.assert_array_equal(count, [9, 3])
    np.testing.assert_array_equal(kept[0, :9], [0, 9, 10, 19, 20, 29, 30, 39, 40])
    np.testing.assert_array_equal(kept[1, :4], [0, 9, 10, -1])
    assert left.shape[1] == 14  # two eighths of 49


@pytest.mark.slow
def test_it_is_the_same_in_a_graph_of_any_length():
    @tf.function(input_signature=[tf.TensorSpec([None, None, 4])])
    def search(logits):
        return ctc_beam_search(logits, None, 10, 2, skip_blanks=0.999)

    for gap in (3, 9):
        logits = peaked([[1, 1, 2], [3, 2, 1]], gap, 25.0)
        wanted = ctc_beam_search(logits, None, 10, 2, skip_blanks=0.999)
        for got, value in zip(search(logits), wanted):
            np.testing.assert_allclose(got, value, atol=1e-4)


def test_no_probability_is_named():
    with pytest.raises(ValueError, match="skip_blanks is a probability, got 2"):
        ctc_beam_search(np.zeros((1, 3, 4)), skip_blanks=2)

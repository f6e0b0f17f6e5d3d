"""The prefix beam search against every label summed over every path."""

import numpy as np
import pytest

from rnnkit.decoding import CTCBeamSearch, ctc_beam, ctc_beam_search, ctc_greedy
from rnnkit.losses import ctc_loss
from rnnkit.ops import parts
from tests.decoding.exhaustive import every_label

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("time", "symbols", "blank"), [(5, 3, 0), (4, 4, 2), (6, 3, 2)]
)
def test_with_a_wide_beam_it_is_exact(time, symbols, blank):
    logits = RNG.normal(size=(4, time, symbols)).astype("float32") * 2
    lengths = np.array([time, time, 2, 1])
    width = sum((symbols - 1) ** n for n in range(time + 1))
    found = ctc_beam_search(logits, lengths, width, 10, blank)
    found = type(found)(*map(np.array, found))
    for row, length in enumerate(lengths):
        wanted = every_label(logits[row, :length], blank)
        for k, (score, label, _) in enumerate(wanted[:10]):
            assert found.scores[row, k] == pytest.approx(score, rel=1e-7, abs=2e-5)
            assert tuple(found.symbols[row, k, : found.lengths[row, k]]) == label
        assert np.all(found.scores[row, len(wanted) :] < -1e29)


def test_a_narrow_beam_scores_no_more_than_the_truth_and_better_as_it_grows():
    logits = RNG.normal(size=(40, 15, 5)).astype("float32") * 1.5
    before = -np.inf
    for width in (1, 3, 20):
        found = ctc_beam_search(logits, None, width)
        truth = -ctc_loss(found.symbols[:, 0], logits).numpy()
        assert np.all(found.scores[:, 0] <= truth + 1e-4)
        assert np.sum(found.scores[:, 0]) > before
        before = np.sum(found.scores[:, 0])
    greedy = ctc_greedy(logits)
    assert truth.sum() > -ctc_loss(greedy.symbols, logits).numpy().sum()


def test_no_label_is_found_twice_and_frames_rise():
    logits = RNG.normal(size=(3, 30, 4)).astype("float32") * 0.5
    found = ctc_beam_search(logits, None, 20, 20)
    found = type(found)(*map(np.array, found))
    for row in range(3):
        labels = [tuple(label) for label in found.symbols[row]]
        assert len(set(labels)) == 20
        for k in range(20):
            frames = found.frames[row, k, : found.lengths[row, k]]
            assert np.all(np.diff(frames) > 0)
        assert np.all(np.diff(found.scores[row]) <= 0)


def test_pieces_give_what_the_whole_gives_and_neighbours_nothing():
    logits = RNG.normal(size=(3, 12, 4)).astype("float32")
    lengths = np.array([12, 7, 12])
    whole = ctc_beam_search(logits, lengths, 8, 3)
    search = CTCBeamSearch(4, 8)
    beam = search.start(3)
    for begin, end in ((0, 5), (5, 6), (6, 12)):
        left = np.clip(lengths - begin, 0, end - begin)
        beam = search.feed(beam, logits[:, begin:end], left)
    for got, wanted in zip(search.read(beam, 3), whole):
        np.testing.assert_allclose(got, wanted, atol=1e-5)
    alone = ctc_beam_search(logits[1:2, :7], None, 8, 3)
    np.testing.assert_allclose(alone.scores[0], whole.scores[1], atol=1e-5)
    np.testing.assert_array_equal(alone.symbols[0], whole.symbols[1, :, :7])


def test_nothing_read_is_the_empty_label():
    search = CTCBeamSearch(4, 3)
    found = search.read(search.start(2), 1)
    np.testing.assert_array_equal(found.lengths, [[0], [0]])
    np.testing.assert_array_equal(found.scores, [[0.0], [0.0]])


def test_a_second_call_compiles_nothing():
    logits = RNG.normal(size=(2, 6, 4)).astype("float32")
    count = ctc_beam._search(4, 5, 0, ())._run.experimental_get_tracing_count
    ctc_beam_search(logits, None, 5)
    before = count()  # others may have searched so, on other sizes
    ctc_beam_search(logits, None, 5)
    assert count() == before >= 1


def test_compiled_it_is_the_same(monkeypatch):
    logits = RNG.normal(size=(3, 10, 4)).astype("float32")
    found = []
    for compiled in (False, True):
        monkeypatch.setattr(parts, "COMPILE", compiled)
        search = CTCBeamSearch(4, 8)
        found.append(search.read(search.feed(search.start(3), logits), 3))
    for got, wanted in zip(*found):
        np.testing.assert_allclose(got, wanted, atol=1e-5)


def test_what_cannot_be_is_named():
    with pytest.raises(ValueError, match="beam_width must be 1 or more, got 0"):
        CTCBeamSearch(4, 0)
    with pytest.raises(ValueError, match="top_paths must be 1 to beam_width, 2: 3"):
        ctc_beam_search(np.zeros((1, 3, 4)), None, 2, 3)
    with pytest.raises(ValueError, match="blank is 4, but there are 4 symbols"):
        CTCBeamSearch(4, 2, 4)

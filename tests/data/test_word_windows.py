"""Words are counted, thinned out and put into windows as word2vec does it."""

import collections
import itertools

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.data import CountedWords, WordWindows

TEXTS = ["a b a c", "b a d e f a", "x", "c c a b a d"] * 5
WORDS = CountedWords.train(TEXTS, minimum_count=5)


def windows_of(**options):
    options = {"window": 2, "sample": 0, "words": 8, "negatives": 3, **options}
    return WordWindows(TEXTS, WORDS, **options)


def flat(windows):
    """Words of the pass, one after another, with what is near on each side."""
    found = []
    for ((words, left, right, _),) in windows:
        w = windows.window
        own = words[:, w : w + windows.words]
        found += zip(own.ravel(), left.ravel(), right.ravel())
    return found


def test_words_are_counted():
    seen = collections.Counter(" ".join(TEXTS).split())
    assert dict(zip(WORDS.tokens, WORDS.counts)) == seen
    assert WORDS.tokens[:2] == ["a", "b"]
    few = CountedWords.train([text.split() for text in TEXTS], minimum_count=6, size=3)
    assert few.tokens == ["a", "b", "c"]
    assert list(few.encode("c unheard b")) == [2, 1]
    ids = few.encode_tensor(tf.constant(["c\u00a0unheard b", "x"])).to_list()
    assert ids == [[2, 1], []]
    with pytest.raises(ValueError, match="got one text"):
        CountedWords.train("a b a", 1)
    with pytest.raises(ValueError, match="size must be 1 or more"):
        CountedWords.train(TEXTS, 1, size=-1)
    again = CountedWords.from_config(few.get_config())
    assert again == few
    assert "b" in again
    with pytest.raises(KeyError, match="'x' is not among the 3 words"):
        again.id_of("x")
    with pytest.raises(ValueError, match="None of 7 words is left"):
        CountedWords.train(TEXTS, minimum_count=99)
    with pytest.raises(ValueError, match="2 words need as many positive counts"):
        CountedWords(["a", "b"], [1, 0])


def test_every_word_is_there_once_and_no_window_leaves_its_sentence():
    windows = windows_of()
    sentences = [WORDS.encode(text) for text in TEXTS]
    sentences = [ids for ids in sentences if len(ids) > 1]
    true = [(s, k, i) for s, ids in enumerate(sentences) for k, i in enumerate(ids)]
    found = flat(windows)
    assert len(true) == windows.total
    assert [int(word) for word, _, _ in found[: len(true)]] == [i for *_, i in true]
    assert all((left, right) == (0, 0) for _, left, right in found[len(true) :])
    for (s, k, _), (_, left, right) in zip(true, found):
        room = k, len(sentences[s]) - 1 - k
        reaches = [
            b for b in (1, 2) if (min(b, room[0]), min(b, room[1])) == (left, right)
        ]
        assert reaches, (s, k, left, right)


def test_rows_overlap_by_the_windows():
    windows = windows_of(batch_size=2)
    rows = np.concatenate([words for ((words, *_),) in windows])
    for row, after in itertools.pairwise(rows):
        np.testing.assert_array_equal(row[8:], after[:4])


def test_reaches_are_uniform():
    windows = WordWindows(["a " * 3000] * 3, CountedWords(["a"], [9000]), 4, 0, 1000)
    inside = [min(left, right) for _, left, right in flat(windows)]
    shares = np.bincount(inside, minlength=5)[1:] / 9000
    np.testing.assert_allclose(shares, 0.25, atol=0.02)


def test_frequent_words_are_thinned_out():
    text = " ".join(["a"] * 900 + ["b"] * 90 + ["c"] * 10)
    texts = [text] * 20
    words = CountedWords.train(texts)
    windows = WordWindows(texts, words, sample=0.01, words=64)
    kept = collections.Counter()
    for windows.epoch in range(10):
        kept.update(w for w, left, right in flat(windows) if left or right)
    for word, share in enumerate((0.9, 0.09, 0.01)):
        wanted = min(1, np.sqrt(0.01 / share) + 0.01 / share)
        total = 10 * 20 * 1000 * share
        assert kept[word] / total == pytest.approx(wanted, rel=0.05)


def test_noise_follows_the_flattened_counts():
    windows = windows_of(negatives=2000)
    drawn = np.concatenate([noise.ravel() for ((*_, noise),) in windows])
    wanted = WORDS.counts**0.75 / (WORDS.counts**0.75).sum()
    shares = np.bincount(drawn, minlength=WORDS.size) / len(drawn)
    np.testing.assert_allclose(shares, wanted, atol=0.01)


def test_what_is_drawn_follows_from_seed_and_epoch():
    def drawn(seed, epoch):
        windows = windows_of(sample=0.05, seed=seed)
        windows.epoch = epoch
        return np.concatenate([a.ravel() for (b,) in windows for a in b])

    first = drawn(0, 0)
    np.testing.assert_array_equal(first, drawn(0, 0))
    assert (drawn(1, 0) != first).any()
    assert (drawn(0, 1) != first).any()
    assert drawn(0, 1).shape == first.shape


def test_the_data_set_is_the_same_batches_from_any_one_on(monkeypatch):
    monkeypatch.setattr("rnnkit.data.word_windows._BLOCK", 3)
    windows = windows_of(sample=0.05, batch_size=2, words=4)
    for windows.epoch in (0, 1):
        batches = list(windows.dataset(first=2))
        assert len(batches) == len(windows) - 2
        for k, (batch,) in enumerate(batches):
            for ours, theirs in zip(windows[k + 2][0], batch):
                np.testing.assert_array_equal(ours, theirs)


def test_bad_input_gets_plain_errors():
    for options, said in {
        ("window", 0): "window must be 1 or more, got 0",
        ("words", 0): "words must be 1 or more",
        ("batch_size", 0): "batch_size must be 1 or more",
        ("negatives", -1): "not below 0",
    }.items():
        with pytest.raises(ValueError, match=said):
            windows_of(**dict([options]))
    with pytest.raises(ValueError, match="No sentence has two words"):
        WordWindows(["a", "x y"], WORDS)
    with pytest.raises(IndexError, match="no batch 99"):
        windows_of()[99]

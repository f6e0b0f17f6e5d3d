"""Datasets that do not hold their last batch back."""

import pytest

import rnnkit
from rnnkit.data.untuned import untuned

tf = pytest.importorskip("tensorflow")


def of_streams():
    text = "abcdefgh" * 20
    vocabulary = rnnkit.data.Characters(text)
    return rnnkit.data.text_streams(text, vocabulary, 2, 5).dataset()


def of_windows():
    sentences = ["a b c d e f g h"] * 9
    words = rnnkit.data.CountedWords.train(sentences, 1)
    return rnnkit.data.WordWindows(sentences, words, words=16).dataset()


def of_sequences():
    return rnnkit.data.SequenceBatches([[1, 2, 3], [4, 5]], batch_size=2).dataset()


@pytest.mark.parametrize("made", [of_streams, of_windows, of_sequences])
def test_the_batches_of_the_house_are_not_tuned(made):
    assert made().options().autotune.enabled is False


def test_what_is_mapped_and_fetched_ahead_is_not_either():
    dataset = untuned(tf.data.Dataset.range(3)).map(lambda x: x + 1).prefetch(2)
    assert dataset.options().autotune.enabled is False
    assert list(dataset.as_numpy_iterator()) == [1, 2, 3]

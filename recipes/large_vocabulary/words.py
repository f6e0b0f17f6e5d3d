"""Texts as ids of words, the most frequent first."""

import functools
import re

import numpy as np

import rnnkit

END = "</s>"
_CODE = re.compile(r"\w+|[^\w\s]")


@functools.cache
def read(name, size, words=None):
    """A text for a model of words.

    Args:
        name: standard_library, the source code of Python's own, a line a sentence;
            zipf, ids that are drawn by Zipf's law and mean nothing; or whatever
            `rnnkit.data.load_words` takes.
        size: words in the vocabulary, at most.
        words: to train on, the last ones; None for all.

    Returns:
        Tuple `(tokens, train, test)`: the words in falling order of frequency, or how
        many there are, and ids `(n,)`.
    """
    if name == "zipf":
        return size, drawn(size, words), drawn(size, words)
    if name == "standard_library":
        train, test = map(code_words, rnnkit.data.standard_library().split(0.05))
    else:
        parts = rnnkit.data.load_words(name, size)
        train, test = (sentence_words(parts[part]) for part in ("train", "test"))
    train = np.array(train[-(words or len(train)) :])
    kept, ids, counts = np.unique(train, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    tokens = kept[order].tolist()
    if "<unk>" not in tokens:
        tokens = ["<unk>", *tokens]
    tokens = tokens[:size]
    place = {token: k for k, token in enumerate(tokens)}
    unknown = place["<unk>"]
    known = np.array([place.get(token, unknown) for token in kept], "int32")
    test = np.array([place.get(token, unknown) for token in test], "int32")
    return tokens, known[ids], test


def sentence_words(text):
    """The words of a text, a sentence a line, with its ends."""
    return text.replace("\n", f" {END} ").split()


def code_words(text):
    """The words and signs of source code, with the ends of its lines."""
    lines = (_CODE.findall(line) for line in text.splitlines())
    return [word for line in lines if line for word in [*line, END]]


def drawn(size, words, seed=0):
    """Ids `(words,)` drawn with P(k) ~ 1 / (k + 1)."""
    mass = np.cumsum(1 / np.arange(1.0, size + 1))
    places = np.random.default_rng(seed).uniform(0, mass[-1], words)
    return np.searchsorted(mass, places).astype("int32")


def unigram_perplexity(train, test, size):
    """Of the test text by the frequencies of the training text, each one more."""
    counts = np.bincount(train, minlength=size) + 1.0
    return float(np.exp(-np.log(counts / counts.sum())[test].mean()))

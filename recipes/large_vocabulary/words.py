"""Texts as ids of words, the most frequent first."""

import functools
import re
import sysconfig

import numpy as np

import rnnkit
from rnnkit import recipe

_CODE = re.compile(r"\w+|[^\w\s]")
_PACKAGES = 100_000_000  # characters


@functools.cache
def read(name, size, words=None):
    """A text for a model of words.

    Args:
        name: standard_library, the source code of Python's own, a line a sentence;
            packages, that of what is installed beside this one; zipf, ids that are
            drawn by Zipf's law and mean nothing; or whatever `rnnkit.data.load_words`
            takes.
        size: words in the vocabulary, at most.
        words: to train on, the last ones; the vocabulary is that of the whole text.

    Returns:
        Tuple `(tokens, counts, train, test)`: the words in falling order of frequency,
        how often each stands in the whole training text, and ids `(n,)`.
    """
    if name == "zipf":
        counts = np.maximum(1, 1e6 / np.arange(1, size + 1)).astype("int64")
        return [*map(str, range(size))], counts, drawn(size, words), drawn(size, words)
    sources = {"standard_library": rnnkit.data.standard_library, "packages": packages}
    if name in sources:
        train, test = map(code_lines, sources[name]().split(0.05))
    else:
        parts = recipe.loaded(rnnkit.data.load_words, name, size)
        train, test = parts["train"], parts["test"]
    vocabulary = rnnkit.data.Words.of(train, size)
    train, test = map(vocabulary.encode, (train, test))
    counts = np.bincount(train, minlength=vocabulary.size)
    return vocabulary.tokens, counts, train[-(words or len(train)) :], test


def packages():
    """The source code of the installed packages, as much of it as memory is kind to."""
    folder = sysconfig.get_paths()["purelib"]
    source = recipe.loaded(rnnkit.data.read_sources, folder, ".py")
    return rnnkit.data.SourceText((folder,), (source.text[:_PACKAGES],))


def code_lines(text):
    """Source code with its words and signs parted by spaces; no line is empty."""
    lines = (_CODE.findall(line) for line in text.splitlines())
    return "".join(f"{' '.join(line)}\n" for line in lines if line)


def drawn(size, words, seed=0):
    """Ids `(words,)` drawn with P(k) ~ 1 / (k + 1)."""
    mass = np.cumsum(1 / np.arange(1.0, size + 1))
    places = np.random.default_rng(seed).uniform(0, mass[-1], words)
    return np.searchsorted(mass, places).astype("int32")


def unigram_perplexity(train, test, size):
    """Of the test text by the frequencies of the training text, each one more."""
    counts = np.bincount(train, minlength=size) + 1.0
    return float(np.exp(-np.log(counts / counts.sum())[test].mean()))

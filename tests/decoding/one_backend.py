"""Runs a search with every scorer on KERAS_BACKEND; writes an .npz."""

import sys

import numpy as np
from keras import ops

from rnnkit.decoding import HotWords, Lexicon, SymbolNGram, ctc_beam_search
from rnnkit.lm import NGram

SYMBOLS = [None, "a", "b", " "]


def scorers():
    """One of each kind."""
    characters = NGram.train([[*"ab a"], [*"b b"], [*"aab"], [*"ba ab"], [*"a"]], 3)
    sentences = NGram.train([s.split() for s in ("a ab", "AB b a", "b AB a", "b")], 3)
    words = {"a": "a", "ab": "ab", "AB": "ab", "b": ["b", "bb"]}
    return [
        SymbolNGram(characters, SYMBOLS, 0.5),
        Lexicon(words, SYMBOLS, 3, sentences, 0.8, 0.9),
        HotWords(["ab", "b b"], SYMBOLS, 0.6),
    ]


def logits():
    """Random ones."""
    return np.random.default_rng(1).normal(0, 2, (3, 12, 4)).astype("float32")


def numbers():
    """What is found, by name."""
    args = logits(), [12, 7, 12], 12, 3, 0, scorers()
    found = ctc_beam_search(*args)._asdict()
    skipped = ctc_beam_search(*args, skip_blanks=0.5)._asdict()
    found |= {f"{name}, blanks skipped": value for name, value in skipped.items()}
    return {name: ops.convert_to_numpy(value) for name, value in found.items()}


if __name__ == "__main__":
    np.savez(sys.argv[1], **numbers())

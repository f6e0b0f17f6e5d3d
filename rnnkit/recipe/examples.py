"""Labelled examples as recipes take them: split, told apart, and made up."""

import hashlib
import itertools

import numpy as np

from rnnkit.data import Examples


def digest(parts):
    """Return the sha256 of all inputs, texts and labels of `{part: Examples}`."""
    found = hashlib.sha256()
    for part in parts.values():
        labels = part.labels or itertools.repeat(np.zeros(0))
        for x, text, label in zip(part.inputs, part.texts, labels):
            found.update(x.tobytes() + text.encode() + label.tobytes())
    return found.hexdigest()


def text_digest(texts):
    """Return the sha256 of some strings, one after another."""
    found = hashlib.sha256()
    for text in texts:
        found.update(text.encode())
    return found.hexdigest()


def hold_out(examples, held_out):
    """Return the examples where a mask is false, and those where it is true.

    Args:
        examples: `rnnkit.data.Examples`.
        held_out: booleans `(n,)`; or a number, to hold out every so many-th.
    """
    if isinstance(held_out, int):
        held_out = np.arange(len(examples)) % held_out == 0
    return examples.subset(~held_out), examples.subset(held_out)


def tone_words(count, seed, sample_rate=8000):
    """Return made-up clips: words of two tones, told apart by their order alone."""
    rng = np.random.default_rng(seed)
    pitches = {"low": 400, "middle": 900, "high": 1800}
    words = [*itertools.permutations(pitches, 2)]
    inputs, texts = [], []
    for _ in range(count):
        word = words[rng.integers(len(words))]
        pieces = [np.zeros(rng.integers(200, 800))]
        for tone in word:
            samples = np.arange(rng.integers(500, 1200)) / sample_rate
            pitch = pitches[tone] * rng.uniform(0.95, 1.05)
            pieces += [0.3 * np.sin(2 * np.pi * pitch * samples), np.zeros(200)]
        sound = np.concatenate(pieces)
        inputs.append((sound + 0.01 * rng.normal(size=len(sound))).astype("float32"))
        texts.append(" ".join(word))
    names = tuple(f"tones {seed}-{k}" for k in range(count))
    speakers = tuple(f"voice {k % 2}" for k in range(count))
    return Examples(names, tuple(inputs), tuple(texts), speakers)

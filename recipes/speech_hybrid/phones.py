"""Speech with a phone for every frame: read, or made up; prepared, and cut."""

import dataclasses
import itertools

import numpy as np

import rnnkit
from rnnkit import recipe

PAUSE = "pau"
PARTS = ("train", "valid", "test")


def read_parts(config):
    """Return `{part: Examples}` of parts train, valid and test, a phone a frame."""
    if config.data == "drawn":
        return {part: drawn(count, k) for k, (part, count) in enumerate(DRAWN.items())}
    if config.data != "festvox_ru":
        raise SystemExit(f"No data {config.data!r}; there are festvox_ru and drawn.")
    return recipe.loaded(rnnkit.data.load_festvox_ru)


DRAWN = {"train": 60, "valid": 12, "test": 20}


def drawn(count, seed):
    """Return made-up examples: each phone a point, its frames far about it.

    A phone is followed by one of three others, so that a bigram helps.
    """
    phones = (PAUSE, *"aeioudgb")
    points = np.random.default_rng(99).normal(size=(len(phones), 6))
    rng = np.random.default_rng(seed)
    inputs, labels, texts = [], [], []
    for _ in range(count):
        one = []
        for _ in range(4):
            one.append(0)
            for _ in range(rng.integers(6, 12)):
                one.append((one[-1] + rng.integers(1, 4) - 1) % 8 + 1)
        durations = rng.integers(3, 9, len(one))
        label = np.repeat(one, durations).astype("int32")
        noise = rng.normal(0, 1.2, (len(label), 6))
        inputs.append((points[label] + noise).astype("float32"))
        labels.append(label)
        texts.append(" ".join(phones[k] for k in one))
    names = tuple(f"drawn {seed}-{k}" for k in range(count))
    return rnnkit.data.Examples(
        names, tuple(inputs), tuple(texts), names, tuple(labels), phones
    )


def prepared(examples):
    """Return the examples with slopes, each utterance brought to one scale."""
    inputs = []
    for x in examples.inputs:
        for layer in (rnnkit.layers.Deltas(), rnnkit.layers.Standardize()):
            x = layer(x[None])[0]
        inputs.append(np.array(x))
    return dataclasses.replace(examples, inputs=tuple(inputs))


LONGEST = 400  # frames


def cut_at_pauses(examples):
    """Return the pieces between the middles of the pauses: fewer frames to pad.

    A piece that is too long is cut where a phone ends, into parts of like length.
    """
    pause = examples.symbols.index(PAUSE)
    rows = []
    for k, label in enumerate(examples.labels):
        found = runs(label)
        cuts = [
            (first + last) // 2
            for symbol, first, last in found
            if symbol == pause and first > 0 and last < len(label)
        ]
        boundaries = np.array([last for _, _, last in found])
        for first, last in itertools.pairwise([0, *cuts, len(label)]):
            count = -(-(last - first) // LONGEST)
            for place in np.linspace(first, last, count + 1)[1:-1]:
                cuts.append(int(boundaries[abs(boundaries - place).argmin()]))
        cuts = sorted({0, *cuts, len(label)})
        for first, last in itertools.pairwise(cuts):
            piece = slice(first, last)
            name = f"{examples.names[k]} {first}-{last}"
            rows.append((name, examples.inputs[k][piece], "", name, label[piece]))
    return rnnkit.data.Examples(*zip(*rows), examples.symbols)


def runs(label):
    """Return `(symbol, first frame, frame after the last)` of every run."""
    edges = [0, *(np.flatnonzero(np.diff(label)) + 1), len(label)]
    return [(int(label[a]), int(a), int(b)) for a, b in itertools.pairwise(edges)]


def phones_of(examples):
    """Return the phones of each example, a list of names."""
    return [[examples.symbols[k] for k, *_ in runs(y)] for y in examples.labels]

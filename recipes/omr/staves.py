"""Images of staves and the symbols on them: engraved, PrIMuS', and made up."""

import os

import numpy as np
from engraving import engrave
from tunes import read_incipits

import rnnkit
from rnnkit import recipe

PARTS = ("train", "valid", "test")


def read_parts(config, cache):
    """Return `{part: Examples}` of parts train, valid and test.

    Inputs are images `(width, height)`, ink 1 and paper 0; texts are symbols.

    Args:
        config: the recipe's configuration.
        cache: folder in which engraved staves are kept.

    Raises:
        SystemExit: there is no such data, or what it needs is missing; in a plain
            line.
    """
    if config.data == "made up":
        return {part: made_up(count, k, config) for part, (k, count) in COUNTS.items()}
    if config.data == "primus":
        return primus(config)
    if config.data != "corpus":
        raise SystemExit(f"No data {config.data!r}; there are corpus, primus, made up.")
    incipits, groups = read_incipits(config.most_symbols, config.limit)
    images = engrave(incipits, cache, config.height, os.cpu_count())
    names = tuple(incipit.name for incipit in incipits)
    texts = tuple(incipit.symbols() for incipit in incipits)
    found = rnnkit.data.Examples(names, _inputs(images), texts, tuple(groups))
    return by_group(found, {"test": 0.1, "valid": 0.04})


def by_group(examples, shares):
    """Return `{part: Examples}`, every group in one part; what is left is train's.

    Args:
        examples: `rnnkit.data.Examples`.
        shares: dict of a part's name to its share of the examples.
    """
    groups = np.unique(examples.groups)
    order = np.random.default_rng(0).permutation(groups)
    sizes = np.array([examples.groups.count(group) for group in order])
    ends = np.cumsum(sizes) / len(examples)
    parts, start = {}, 0.0
    for part, share in shares.items():
        parts[part] = set(order[(ends > start) & (ends <= start + share)])
        start += share
    parts["train"] = set(groups).difference(*parts.values())
    return {
        part: examples.subset([group in parts[part] for group in examples.groups])
        for part in PARTS
    }


def primus(config):
    """Return PrIMuS in its official split; every fiftieth of training validates."""
    load = rnnkit.data.load_primus
    parts = recipe.loaded(load, encoding=config.encoding, limit=config.limit)
    parts = {
        part: rnnkit.data.Examples(
            examples.names,
            _inputs(scaled(image, config.height) for image in examples.inputs),
            examples.texts,
            examples.groups,
        )
        for part, examples in parts.items()
    }
    train, valid = recipe.hold_out(parts["train"], min(50, len(parts["train"])))
    return {"train": train, "valid": valid, "test": parts["test"]}


def scaled(image, height):
    """Return an image `(height, width)`, of whatever height, at the one wanted."""
    import tensorflow as tf

    width = max(round(image.shape[1] * height / image.shape[0]), 1)
    size = (height, width)
    found = tf.image.resize(image[..., None], size, method="area")
    return found.numpy()[..., 0]


def likest(images, others, size=(128, 32)):
    """Return for each image which of the others is the likest, all at one size.

    The likest has the largest cosine of the angle between the two, pixel by pixel.
    """
    import tensorflow as tf

    def rows(inputs):
        found = np.stack([tf.image.resize(x[..., None], size, "area") for x in inputs])
        found = found.reshape(len(found), -1)
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    return (rows(images) @ rows(others).T).argmax(axis=1)


def _inputs(images):
    """Images `(height, width)` as what the model reads, `(width, height)`."""
    inputs = []
    for image in images:
        ink = image / np.float32(255) if image.dtype == np.uint8 else image
        inputs.append(np.ascontiguousarray(ink.T, "float32"))
    return tuple(inputs)


COUNTS = {"train": (0, 600), "valid": (1, 40), "test": (2, 80)}
PITCHES = ("E4", "F4", "G4", "A4", "B4", "C5", "D5", "E5", "F5")


def made_up(count, seed, config):
    """Return staves drawn here: heads, some with stems, and a flat that changes B."""
    rng = np.random.default_rng(seed)
    images, texts = [], []
    space = config.height // 8
    bottom = config.height // 2 + 2 * space
    rows, columns = np.mgrid[: config.height, : 2 * space]
    for _ in range(count):
        flat = rng.random() < 0.5
        pieces, text = [_blank(config.height, space)], ["clef-G2"]
        if flat:
            piece = _blank(config.height, 2 * space)
            piece[bottom - 4 * space : bottom - space, space // 2 : space] = 1
            pieces.append(piece)
            text.append("keySignature-FM")
        for _ in range(rng.integers(4, 8)):
            step, half = rng.integers(len(PITCHES)), rng.random() < 0.5
            away = np.hypot(rows - bottom + step * space / 2, columns - space)
            piece = _blank(config.height, 2 * space + rng.integers(0, space))
            piece[:, : 2 * space][away < 0.6 * space] = 1
            if not half:
                middle = bottom - step * space // 2
                piece[max(middle - 3 * space, 0) : middle, 3 * space // 2] = 1
            pieces.append(piece)
            pitch = "Bb4" if flat and PITCHES[step] == "B4" else PITCHES[step]
            text.append(f"note-{pitch}_{'half' if half else 'quarter'}")
        image = np.concatenate(pieces, axis=1)
        image[bottom - 4 * space : bottom + 1 : space] = 1
        images.append(image + 0.02 * rng.normal(size=image.shape))
        texts.append(" ".join(text))
    names = tuple(f"made up {seed}-{k}" for k in range(count))
    return rnnkit.data.Examples(names, _inputs(images), tuple(texts), names)


def _blank(height, width):
    return np.zeros((height, width))

"""One of every layer without state, and batches for it."""

import numpy as np

from rnnkit import layers

RATE = 8000
OF_SAMPLES = {
    "LogMel": lambda **more: layers.LogMel(RATE, bins=20, **more),
    "MFCC": lambda **more: layers.MFCC(RATE, bins=20, **more),
}
OF_FRAMES = {
    "ColumnConvolution": lambda **more: layers.ColumnConvolution(
        (3, 5), pool_sizes=((2, 2), (3, 1)), activation="tanh", **more
    ),
    "Deltas": lambda **more: layers.Deltas(**more),
    "SpecAugment": lambda **more: layers.SpecAugment(feature_width=2, **more),
    "Standardize": lambda **more: layers.Standardize(**more),
    "TimeDelay": lambda **more: layers.TimeDelay(5, (-3, 0, 1), stride=2, **more),
}
FRAMEWISE = OF_SAMPLES | OF_FRAMES
POOLING = {
    "AttentionPooling": lambda **more: layers.AttentionPooling(3, heads=2, **more),
}
MADE = FRAMEWISE | POOLING
SAMPLES = [1000, 130, 523, 0]  # frames are 200 long, every 80
FRAMES = [9, 1, 4, 0]


def items(name):
    """Items of different lengths, one of them empty."""
    rng = np.random.default_rng(0)
    if name in OF_SAMPLES:
        return [rng.uniform(-1, 1, n).astype("float32") for n in SAMPLES]
    return [rng.normal(1, 2, (n, 4)).astype("float32") for n in FRAMES]


def padded(parts, length, fill):
    """A batch and its mask, padded at the end."""
    batch = np.full((len(parts), length, *parts[0].shape[1:]), fill, "float32")
    mask = np.zeros(batch.shape[:2], bool)
    for row, part in enumerate(parts):
        batch[row, : len(part)] = part
        mask[row, : len(part)] = True
    return batch, mask


def batch_of(name, fill=0.0, more=3):
    parts = items(name)
    return padded(parts, len(parts[0]) + more, fill)

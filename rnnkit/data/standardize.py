"""Features of one speaker brought to one scale."""

import numpy as np


def standardize_by(groups, features, epsilon=1e-5):
    """Features with mean 0 and variance 1 over all frames of their group.

        y = (x - mean) / sqrt(variance + epsilon)

    each feature by itself, computed in float64 and returned in the type it came in,
    or in float32 where that is narrower or of whole numbers. The per-item form
    of the same is `rnnkit.layers.Standardize`.

    Args:
        groups: What every item belongs to, as its speaker's name.
        features: Items of frames, a list of arrays `(time, features)`.
        epsilon: What is added to the variance.

    Returns: A list of arrays of the same shapes, in the same order.

    Raises: `ValueError` where the two lists differ in length.
    """
    if len(groups) != len(features):
        raise ValueError(
            f"{len(groups)} groups for {len(features)} items: name one for each."
        )
    members = {}
    for index, group in enumerate(groups):
        members.setdefault(group, []).append(index)
    standardized = [None] * len(features)
    for indices in members.values():
        frames = np.concatenate([features[i] for i in indices]).astype("float64")
        if not len(frames):
            frames = np.zeros((1, *frames.shape[1:]))
        mean, variance = frames.mean(0), frames.var(0)
        for i in indices:
            scaled = (features[i] - mean) / np.sqrt(variance + epsilon)
            floats = np.result_type(features[i].dtype, np.float32)
            standardized[i] = scaled.astype(floats)
    return standardized

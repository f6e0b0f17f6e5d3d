"""One of every kind of attention, and a query and a memory for it."""

import numpy as np

from rnnkit import layers

MADE = {
    "AdditiveAttention": lambda **more: layers.AdditiveAttention(7, **more),
    "normalized": lambda **more: layers.AdditiveAttention(7, normalize=True, **more),
    "DotAttention": lambda **more: layers.DotAttention(**more),
    "scaled": lambda **more: layers.DotAttention(scale=True, **more),
    "GeneralAttention": lambda **more: layers.GeneralAttention(**more),
    "CoverageAttention": lambda **more: layers.CoverageAttention(7, **more),
    "LocationAttention": lambda **more: layers.LocationAttention(7, 3, 4, **more),
    "cumulative": lambda **more: layers.LocationAttention(
        7, 3, 5, cumulative=True, normalize=True, **more
    ),
    "MonotonicAttention": lambda **more: _monotonic(True, **more),
    "soft": lambda **more: _monotonic(False, **more),
    "MultiHeadAttention": lambda **more: layers.MultiHeadAttention(2, 3, 5, **more),
    "WindowAttention": lambda **more: layers.WindowAttention(3, **more),
}


def _monotonic(hard, **more):
    score = layers.AdditiveAttention(7, normalize=True, **more)
    return layers.MonotonicAttention(score, hard=hard, **more)


TARGETS, SOURCE, WIDTH = 5, 6, 4
QUERY_LENGTHS, MEMORY_LENGTHS = (5, 3, 1, 4), (6, 2, 0, 5)


def batch(seed=0, fill=0.0, more=0):
    """Query and memory, `(4, time, WIDTH)` each, and their masks; padded at the end."""
    rng = np.random.default_rng(seed)
    found = []
    for time, lengths in ((TARGETS, QUERY_LENGTHS), (SOURCE, MEMORY_LENGTHS)):
        x = rng.normal(size=(4, time, WIDTH))
        x = np.pad(x, [[0, 0], [0, more], [0, 0]])
        mask = np.arange(time + more) < np.array(lengths)[:, None]
        x[~mask] = fill
        found.append((x, mask))
    (query, query_mask), (memory, memory_mask) = found
    return query, memory, query_mask, memory_mask


def built(name, dtype="float64", **more):
    """A layer whose weights are all different."""
    layer = MADE[name](dtype=dtype, **more)
    layer.build((None, None, WIDTH), (None, None, WIDTH))
    rng = np.random.default_rng(1)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    return layer


def stepped(layer, query, memory, query_mask=None, memory_mask=None):
    """Contexts and weights, one step at a time; those of real queries count."""
    prepared = layer.prepare(memory, memory_mask)
    state = layer.initial_state(prepared)
    found = []
    for t in range(query.shape[1]):
        context, weights, state = layer.step(query[:, t], prepared, state)
        found.append((np.array(context), np.array(weights)))
    return [np.stack(one, axis=1) for one in zip(*found)]

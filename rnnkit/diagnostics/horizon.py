"""How far back a layer's memory reaches."""

import numpy as np

from rnnkit.diagnostics.layer_flow import LayerFlow, ModelFlow


def memory_horizon(found, threshold=0.01):
    """How many steps back the influence stays above a threshold.

    Of a `StepJacobians` the influence of the state k steps back on the last state, of
    a `LayerFlow` the gradient that is left k steps back of what arrives at the end,
    both as a share of what they are at the end. Masked steps do not count.

    Args:
        found: A `StepJacobians`, `LayerFlow` or `ModelFlow`.
        threshold: Least share that counts.

    Returns:
        Whole numbers, `(batch,)`: the most steps back before the share first falls
        below; all there are where it never does; 0 where nothing arrives at all. Of a
        `ModelFlow` a dict of them by layer.

    Raises:
        ValueError: The threshold is not above 0.
    """
    if not threshold > 0:
        raise ValueError(f"threshold must be above 0, got {threshold!r}.")
    if isinstance(found, ModelFlow):
        return {k: memory_horizon(one, threshold) for k, one in found.layers.items()}
    horizons = []
    for shares in shares_left(found):
        below = np.flatnonzero(~(shares >= threshold))
        horizons.append(below[0] - 1 if len(below) else len(shares) - 1)
    return np.maximum(horizons, 0)


def shares_left(found):
    """For each sequence the shares left 0, 1, 2 … steps back, an array each.

    They begin at the last real step that anything arrives at; empty where none does.
    """
    values = found.left if isinstance(found, LayerFlow) else found.influence
    mask = np.ones(values.shape, bool) if found.mask is None else found.mask
    rows = []
    for row, real in zip(values.astype("float64"), mask):
        back = row[real][::-1]
        there = np.flatnonzero(back > 0)
        back = back[there[0] :] if len(there) else back[:0]
        rows.append(back / back[:1])
    return rows

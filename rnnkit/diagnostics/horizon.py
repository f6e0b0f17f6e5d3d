"""How far back a layer's memory reaches."""

import dataclasses
from typing import ClassVar

import numpy as np

from rnnkit.diagnostics.layer_flow import LayerFlow, ModelFlow


@dataclasses.dataclass(frozen=True, eq=False)
class MemoryHorizon:
    """How many steps back the influence stays above a threshold.

    Where NumPy wants an array of it, it is `steps`.

    Attributes:
        steps: The most steps back before the share first falls below the threshold,
            whole numbers, `(batch,)`; all there are where it never does; 0 where
            nothing arrives at all.
        shares: What is left k steps back of what arrives at the end, `(batch, k)`; NaN
            where the sequence has begun.
        threshold: Least share that counts.
        axes: Names of the axes of each array.
    """

    axes: ClassVar[dict] = {"steps": ("batch",), "shares": ("batch", "steps back")}

    steps: np.ndarray
    shares: np.ndarray
    threshold: float

    def __array__(self, dtype=None, copy=None):
        return np.array(self.steps, dtype)

    def plot(self, path=None):
        """Draw what is left, and where it falls below the threshold.

        Args:
            path: Where to write the picture, any format of matplotlib's.

        Returns:
            The `matplotlib.figure.Figure`.
        """
        from rnnkit.diagnostics.drawing import draw_horizon

        return draw_horizon(self, path)


def memory_horizon(found, threshold=0.01):
    """How many steps back the influence stays above a threshold.

    Of a `StepJacobians` the influence of the state k steps back on the last state, of
    a `LayerFlow` the gradient that is left k steps back of what arrives at the end,
    both as a share of what they are at the end. Masked steps do not count.

    Args:
        found: A `StepJacobians`, `LayerFlow` or `ModelFlow`.
        threshold: Least share that counts.

    Returns:
        A `MemoryHorizon`; of a `ModelFlow` a dict of them by layer.

    Raises:
        ValueError: The threshold is not above 0.
    """
    if not threshold > 0:
        raise ValueError(f"threshold must be above 0, got {threshold!r}.")
    if isinstance(found, ModelFlow):
        return {k: memory_horizon(one, threshold) for k, one in found.layers.items()}
    rows = shares_left(found)
    shares = np.full((len(rows), max(map(len, rows), default=0)), np.nan)
    steps = np.zeros(len(rows), int)
    for k, row in enumerate(rows):
        shares[k, : len(row)] = row
        below = np.flatnonzero(~(row >= threshold))
        steps[k] = max(0, (below[0] if len(below) else len(row)) - 1)
    return MemoryHorizon(steps, shares, threshold)


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

"""What becomes of a gradient, in a sentence."""

import numpy as np

from rnnkit.diagnostics.horizon import memory_horizon, shares_left


def findings(flow, threshold=0.01):
    """Numbers and, where something is wrong, a sentence about one layer.

    Args:
        flow: A `LayerFlow`.
        threshold: Share of what arrives at the end below which nothing is learnt.

    Returns:
        Dict: `horizon`, the median of `memory_horizon`; `factor`, what a step leaves
        of the gradient, as the median of each sequence's geometric mean up to where
        the share falls below the threshold; `largest`, the median of the largest
        share; `sentence`, or None where there is nothing to say. Of a gradient that is
        not finite the horizon is 0, and the other two are infinite.
    """
    name = f"layer {flow.name}"
    if not np.all(np.isfinite([flow.total[flow.mask], flow.left[flow.mask]])):
        over = {"horizon": 0, "factor": np.inf, "largest": np.inf}
        return {**over, "sentence": f"{name}: the gradient is not finite; clip it"}
    rows = [row for row in shares_left(flow) if len(row)]
    if not rows:
        nothing = {"horizon": 0, "factor": 0.0, "largest": 0.0}
        return {**nothing, "sentence": f"{name}: no gradient arrives at any step"}
    horizon = int(np.median(memory_horizon(flow, threshold).steps))
    peaks = [int(np.argmax(row)) for row in rows]
    found = {
        "horizon": horizon,
        "factor": float(np.median([_factor(row, threshold) for row in rows])),
        "largest": float(np.median([row.max() for row in rows])),
        "sentence": None,
    }
    if found["largest"] > 1 / threshold:
        growth = np.median([row[k] ** (1 / max(k, 1)) for row, k in zip(rows, peaks)])
        found["sentence"] = (
            f"{name}: the gradient grows by {growth:.2f} a step, to "
            f"{found['largest']:.1g} times what arrives at the end; clip it"
        )
    elif horizon < np.median([len(row) - 1 for row in rows]):
        found["sentence"] = (
            f"{name}: the gradient shrinks by {found['factor']:.2f} a step; nothing "
            f"older than {horizon} steps is learnt (less than {threshold:.2g} of it "
            "gets there)"
        )
    return found


def _factor(shares, threshold):
    """What a step leaves, on the way to the first share below the threshold."""
    below = np.flatnonzero(~(shares >= threshold))
    last = below[0] if len(below) else len(shares) - 1
    return shares[last] ** (1 / last) if last else 1.0

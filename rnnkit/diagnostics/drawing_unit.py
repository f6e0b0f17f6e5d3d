"""Pictures of one unit."""

import numpy as np

from rnnkit.diagnostics.drawing import (
    BLUE,
    INK,
    MUTED,
    ORANGE,
    SMALL,
    finished,
    label,
    new_figure,
    note,
)

DASHED = (0, (4, 3))
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def draw_unit(found, path=None):
    """The picture of a `UnitBifurcation`."""
    from rnnkit.diagnostics.one_unit import sigmoid_unit

    figure = new_figure(width=6.8, height=4.4)
    axes = figure.subplots()
    bounds = found.bias.min(), found.bias.max()
    if len(found.boundaries):
        middle, width = found.boundaries.mean(), np.ptp(found.boundaries)
        bounds = middle - 3 * width, middle + 3 * width
    b, x = np.meshgrid(np.linspace(*bounds, 15), np.linspace(*found.state[[0, -1]], 19))
    move = sigmoid_unit(found.w, b)(x) - x
    arrows = dict(angles="xy", scale_units="xy", scale=2.2, width=0.0022)
    axes.quiver(b, x, np.zeros_like(move), move, color="#9ca3af", **arrows)
    for stable, words, look in (
        (True, "attractor", dict(color=BLUE, lw=3)),
        (False, "boundary between basins", dict(color=ORANGE, lw=2, ls=DASHED)),
    ):
        bias = np.where(found.stable == stable, found.bias, np.nan)
        if not np.all(np.isnan(bias)):
            axes.plot(bias, found.state, label=words, **look)
    for edge in found.boundaries:
        axes.axvline(edge, color=MUTED, lw=1, ls=":")
        _above(axes, edge, f"{edge:.3f}".replace("-", "−"))
    label(axes, "bias b", f"state x, at rest (w = {found.w:g})", whole=False)
    axes.grid(visible=False)
    axes.set_xlim(*bounds)
    axes.set_ylim(*found.state[[0, -1]])
    axes.legend(loc="upper left", framealpha=1, edgecolor="white", fontsize=9)
    note(figure, "Arrows: where a step leads, shortened")
    return finished(figure, path, None)


def draw_crossing(found, path=None):
    """The picture of a `BoundaryCrossing`."""
    steps = len(found.inputs)
    figure = new_figure(width=10.5, height=1.4 + 0.55 * steps)
    left, right = figure.subplots(1, 2, sharey=True, sharex=True)
    colors = [BLUE, ORANGE] if found.states.shape[1] == 2 else [BLUE] * 99
    for way, color in zip(found.states.T, colors):
        left.plot(way, np.arange(steps + 1), "o", color=color, ms=6)
        for t in range(steps):
            _arrow(left, (way[t], t), (way[t + 1], t + 1), color)
    low, high = found.states.min(axis=1), found.states.max(axis=1)
    for t, words in ((0, "Δx₀"), (steps, f"Δx{str(steps).translate(SUBSCRIPTS)}")):
        place = t - 0.42 if t == 0 else t + 0.42
        left.annotate(
            "",
            (low[t], place),
            (high[t], place),
            arrowprops=dict(arrowstyle="<->", color=INK, shrinkA=0, shrinkB=0),
        )
        middle = (low[t] + high[t]) / 2
        words = f"{words} = {found.apart[t]:.2g}"
        below = dict(xytext=(0, -3 if t else 3), textcoords="offset points")
        left.annotate(
            words, (middle, place), ha="center", va="top" if t else "bottom", **below
        )
    for way, alone, color in zip(found.states.T, found.alone.T, colors):
        right.plot(way, np.arange(steps + 1), "o", color=color, ms=6)
        for t in range(steps):
            half = (alone[t], t + 0.55)
            _arrow(right, (way[t], t), half, color, ls="--", alpha=0.8)
            _arrow(right, half, (way[t + 1], t + 1), color)
    for axes in (left, right):
        for point in found.attractors:
            axes.axvline(point, color=MUTED, lw=1, alpha=0.5)
    for point in found.boundaries:
        right.axvline(point, color=INK, lw=1.3, ls=":")
    ends = [(found.attractors, "attractor"), (found.boundaries, "boundary")]
    for points, words in ends:
        for point in points:
            _above(right, point, words)
    left.set_title("the same maps, two starts", **SMALL, pad=22)
    right.set_title("dashed: left to itself; solid: the input", **SMALL, pad=22)
    label(left, "state x", "step t", whole=False)
    label(right, "state x", "", whole=False)
    for axes in (left, right):
        axes.grid(visible=False)
    left.set_ylim(steps + 1.1, -1.1)
    left.set_yticks(range(steps + 1))
    return finished(figure, path, None)


def _arrow(axes, start, end, color, ls="-", alpha=1.0):
    look = dict(arrowstyle="-|>", color=color, lw=1.4, ls=ls, alpha=alpha)
    axes.annotate("", end, start, arrowprops={**look, "shrinkA": 2, "shrinkB": 1})


def _above(axes, x, words):
    axes.annotate(
        words,
        (x, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        fontsize=8,
        color=MUTED,
    )

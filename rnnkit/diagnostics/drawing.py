"""Pictures of what was found."""

import pathlib

import numpy as np

INK, MUTED, GRID = "#1f2430", "#6b7280", "#e5e7eb"
BLUE, ORANGE, GREEN, VIOLET = "#2563eb", "#ea580c", "#059669", "#7c3aed"
COLORS = (BLUE, ORANGE, GREEN, VIOLET, "#db2777", "#65a30d")


def draw_jacobians(found, path=None):
    """The picture of a `StepJacobians`."""
    figure = new_figure(2, width=10, height=3.6)
    left, right = figure.subplots(1, 2)
    steps = np.arange(found.steps)
    for values, label, color in (
        (found.singular_values[..., 0], "largest singular value", BLUE),
        (found.spectral_radius, "spectral radius", ORANGE),
    ):
        band(left, steps, values, label, color)
    left.axhline(1, color=MUTED, lw=1, ls=(0, (4, 3)))
    left.set_ylim(bottom=0)
    label(left, "step", "of the state's Jacobian")
    left.legend(frameon=False)
    band(right, steps[::-1], found.influence, None, BLUE)
    right.axhline(1, color=MUTED, lw=1, ls=(0, (4, 3)))
    right.set_yscale("log")
    label(right, "steps before the last", "at most left of a change")
    return finished(figure, path, found.name)


def new_figure(columns, width, height):
    """An empty figure, in inches."""
    from matplotlib.figure import Figure

    del columns
    return Figure(figsize=(width, height), dpi=120, layout="constrained")


def band(axes, x, values, label, color, positive=False):
    """The median over the batch, `(batch, time)`, within its tenths."""
    if positive:
        values = np.where(values > 0, values, np.nan)
    low, middle, high = np.nanquantile(values, [0.1, 0.5, 0.9], axis=0)
    axes.plot(x, middle, color=color, label=label)
    if len(values) > 1:
        axes.fill_between(x, low, high, color=color, alpha=0.15, linewidth=0)


def label(axes, x, y):
    """Names of the axes, whole steps, a light grid."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", color=GRID)
    axes.spines[["top", "right"]].set_visible(False)


def finished(figure, path, title):
    """The figure, titled, and written where a path is given."""
    if title:
        figure.suptitle(title, x=0.01, ha="left", color=INK, fontsize=11)
    if path is not None:
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path)
    return figure

"""Pictures of what was found."""

import pathlib

import numpy as np

INK, MUTED, GRID = "#1f2430", "#6b7280", "#e5e7eb"
BLUE, ORANGE, GREEN, VIOLET = "#2563eb", "#ea580c", "#059669", "#7c3aed"
SMALL = dict(loc="left", fontsize=9, color=MUTED, parse_math=False)
COLORS = (BLUE, ORANGE, GREEN, VIOLET, "#db2777", "#65a30d")


def draw_jacobians(found, path=None):
    """The picture of a `StepJacobians`."""
    figure = new_figure(width=10, height=3.6)
    left, right = figure.subplots(1, 2)
    for values, words, color in (
        (found.singular_values[..., 0], "largest singular value", BLUE),
        (found.spectral_radius, "spectral radius", ORANGE),
    ):
        band(left, values, words, color)
    left.axhline(1, color=MUTED, lw=1, ls=(0, (4, 3)))
    left.set_ylim(bottom=0)
    label(left, "step", "of the state's Jacobian")
    left.legend(frameon=False)
    back = np.arange(found.steps)[::-1]
    band(right, found.influence, None, BLUE, positive=True, x=back)
    right.axhline(1, color=MUTED, lw=1, ls=(0, (4, 3)))
    right.set_yscale("log")
    label(right, "steps before the last", "at most left of a change")
    note_bands(figure, found.batch)
    return finished(figure, path, found.name)


def draw_flow(flows, path=None):
    """The picture of some `LayerFlow`, a row each."""
    figure = new_figure(width=10, height=3.2 * len(flows))
    grid = figure.subplots(len(flows), 2, squeeze=False, sharex="row")
    for (left, right), flow in zip(grid, flows):
        for (name, norms), color in zip(flow.norms.items(), COLORS):
            norms = np.where(flow.mask, norms, np.nan)
            band(left, norms, rf"$\partial L/\partial {name}_t$", color, positive=True)
        back = np.where(flow.mask, flow.left, np.nan)
        words = "left of what arrives at the end"
        band(left, back, words, MUTED, positive=True, ls=(0, (4, 3)))
        for (name, norms), color in zip(flow.weights.items(), COLORS):
            right.plot(np.where(norms > 0, norms, np.nan), color=color, label=name)
        for axes, words in ((left, "norm, each sequence"), (right, "norm")):
            if np.isfinite(axes.dataLim.minposy):  # else nothing is there to draw
                axes.set_yscale("log")
                axes.legend(frameon=False, fontsize=8)
            label(axes, "step as read", words)
        left.set_title(f"{flow.name}: gradient of the states", **SMALL)
        right.set_title("what each step gives to the weights' gradient", **SMALL)
    note_bands(figure, max(len(flow.mask) for flow in flows))
    return finished(figure, path, None)


def draw_horizon(found, path=None):
    """The picture of a `MemoryHorizon`."""
    figure = new_figure(width=6.4, height=3.6)
    axes = figure.subplots()
    band(axes, found.shares, None, BLUE, positive=True)
    axes.axhline(found.threshold, color=MUTED, lw=1, ls=(0, (4, 3)))
    if len(found.steps):
        middle = np.median(found.steps)
        axes.axvline(middle, color=ORANGE, lw=1.5, label=f"{middle:g} steps")
        axes.legend(frameon=False, title=f"{found.threshold:g} is left after")
    if np.isfinite(axes.dataLim.minposy):
        axes.set_yscale("log")
    label(axes, "steps back", "share left of what arrives at the end")
    note_bands(figure, len(found.steps))
    return finished(figure, path, None)


def new_figure(width, height):
    """An empty figure, in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=120, layout="constrained")


def band(axes, values, label, color, positive=False, x=None, **line):
    """The median over the batch, `(batch, time)`, within its outer tenths."""
    if positive:
        values = np.where((values > 0) & np.isfinite(values), values, np.nan)
    x = np.arange(values.shape[1]) if x is None else x
    there = ~np.all(np.isnan(values), axis=0)
    if not there.any():
        return
    low, middle, high = np.nanquantile(values[:, there], [0.1, 0.5, 0.9], axis=0)
    axes.plot(x[there], middle, color=color, label=label, **line)
    if len(values) > 1:
        axes.fill_between(x[there], low, high, color=color, alpha=0.15, linewidth=0)


def note(figure, words):
    """Say below the panels what is drawn."""
    figure.supxlabel(words, x=0.01, ha="left", fontsize=8, color=MUTED)


def note_bands(figure, batch):
    """Say what lines and bands are, where there is more than one sequence."""
    if batch > 1:
        note(figure, "Lines: the median of the batch; bands: its middle 80 %")


def label(axes, x, y, whole=True):
    """Names of the axes, ticks at whole steps, a light grid."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlabel(x)
    axes.set_ylabel(y)
    if whole:
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


def pixels(figure):
    """A figure as `(height, width, 4)` numbers from 0 to 255."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())

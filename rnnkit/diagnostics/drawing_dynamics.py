"""Pictures of nets as dynamical systems."""

import numpy as np

from rnnkit.diagnostics.drawing import (
    BLUE,
    COLORS,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    SMALL,
    finished,
    label,
    new_figure,
    note,
)

PALE = ("#bfdbfe", "#fed7aa", "#a7f3d0", "#ddd6fe", "#fbcfe8", "#d9f99d")


def draw_cliff(found, path=None):
    """The picture of a `Cliff`."""
    from rnnkit.diagnostics.clipping_cliff import cliff_loss

    figure = new_figure(width=10.5, height=4.2)
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    drawn = left.pcolormesh(found.w, found.b, found.loss, cmap="Greys", shading="auto")
    figure.colorbar(drawn, ax=left, label="loss")
    for (threshold, steps), color in zip(found.paths.items(), (ORANGE, BLUE, *COLORS)):
        words = "no clipping" if threshold is None else f"clipped at {threshold:g}"
        left.plot(*steps.T, ".-", color=color, ms=3, lw=1, label=words)
        left.plot(*steps[-1], "o", color=color, mec="white", ms=8)
        losses = cliff_loss(*steps.T)[0]
        right.plot(losses, color=color, label=words)
    left.plot(*steps[0], "s", color=INK, ms=6, label="start")
    left.set_xlim(found.w[0], found.w[-1])
    left.set_ylim(found.b[0], found.b[-1])
    label(left, "recurrent weight w", "bias b", whole=False)
    left.grid(visible=False)
    left.legend(frameon=True, fontsize=8, loc="lower left")
    right.set_yscale("log")
    label(right, "step of gradient descent", "loss")
    right.legend(frameon=False)
    return finished(figure, path, None)


def draw_basins(found, path=None):
    """The picture of `Basins`."""
    from matplotlib.colors import ListedColormap

    figure = new_figure(width=5.6, height=5.2)
    axes = figure.subplots()
    count = max(1, int(found.fixed.stable.sum()))
    colors = [PALE[k % len(PALE)] for k in range(count)]
    axes.pcolormesh(
        found.x,
        found.y,
        found.label,
        cmap=ListedColormap(["#f3f4f6", *colors]),
        vmin=-1.5,
        vmax=count - 0.5,
        shading="auto",
    )
    every = max(1, len(found.x) // 15)
    near = slice(every // 2, None, every)
    x, y = np.meshgrid(found.x[near], found.y[near])
    move = found.flow[near, near] - np.stack([x, y], axis=-1)
    axes.quiver(
        x,
        y,
        *np.moveaxis(move, -1, 0),
        angles="xy",
        scale_units="xy",
        scale=1.6,
        color=MUTED,
        width=0.003,
    )
    stable = found.fixed.stable
    for which, fill, words in ((stable, INK, "stable"), (~stable, "white", "unstable")):
        points = found.fixed.points[which]
        if len(points):
            axes.plot(*points.T, "o", color=fill, mec=INK, ms=8, label=words)
    label(axes, "first coordinate of the state", "second coordinate", whole=False)
    axes.grid(visible=False)
    axes.set_xlim(found.x[0], found.x[-1])
    axes.set_ylim(found.y[0], found.y[-1])
    axes.legend(loc="upper left", fontsize=8)
    words = "Arrows: where a step leads, shortened; colours: where it comes to rest"
    note(figure, words)
    return finished(figure, path, None)


def draw_bifurcation(found, path=None):
    """The picture of a `Bifurcation`."""
    figure = new_figure(width=6.4, height=4.2)
    axes = figure.subplots()
    visits = _away(found)
    if len(visits):
        look = dict(color=GREEN, mfc="none", ms=3, mew=0.7, rasterized=True, zorder=1)
        axes.plot(*visits.T, "o", label="visited in the long run", **look)
    for stable, color, words in (
        (True, BLUE, "stable fixed point"),
        (False, ORANGE, "unstable fixed point"),
    ):
        places = [
            (value, point)
            for value, fixed in zip(found.values, found.fixed)
            for point, rests in zip(fixed.points[:, 0], fixed.stable)
            if rests == stable
        ]
        if places:
            axes.plot(*np.array(places).T, ".", color=color, ms=4, label=words)
    label(axes, found.parameter, "state", whole=False)
    axes.legend(frameon=False, fontsize=8)
    return finished(figure, path, None)


def _away(found):
    """Values and states that are visited, but by none of the stable fixed points."""
    places = []
    for value, fixed, orbit in zip(found.values, found.fixed, found.orbit):
        states = np.unique(orbit[np.isfinite(orbit)].round(3))
        rest = fixed.points[fixed.stable, 0]
        far = np.all(np.abs(states[:, None] - rest) > 0.01, axis=1)
        places += [(value, state) for state in states[far]]
    return np.array(places)


def draw_memory(found, path=None):
    """The picture of `ActivationMemory`."""
    figure = new_figure(width=3.2 * len(found.states), height=3.2)
    grid = figure.subplots(1, len(found.states), squeeze=False)[0]
    for axes, (name, states) in zip(grid, found.states.items()):
        _, inputs, units = states.shape
        for unit in range(min(units, 3)):
            look = dict(color=COLORS[unit], lw=0.9, alpha=max(0.15, min(1, 6 / inputs)))
            axes.plot(states[..., unit], **look)
        axes.set_title(name, **SMALL)
        if np.nanmax(np.abs(states)) > 50:
            axes.set_yscale("symlog", linthresh=1)
        label(axes, "steps after the input", "state")
    words = f"A line for each of {inputs} inputs"
    if units > 1:
        words += f"; in each colour one of {units} units"
    if inputs > 1:
        note(figure, words)
    return finished(figure, path, None)

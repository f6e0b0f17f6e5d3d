"""Pictures of gradients layer by layer."""

import numpy as np

from rnnkit.diagnostics.drawing import (
    BLUE,
    ORANGE,
    SMALL,
    finished,
    label,
    new_figure,
    note,
)


def draw_depth(nets, path=None):
    """The picture of `LayerGradients` by name, a panel each."""
    figure = new_figure(
        width=0.8 + 2.9 * len(nets) + 1.5 * (len(nets) == 1), height=3.6
    )
    grid = figure.subplots(1, len(nets), squeeze=False, sharey=True)[0]
    for axes, (name, net) in zip(grid, nets.items()):
        _spread(axes, net.instances, "single instances", ORANGE)
        _spread(axes, net.batch, "the batch", BLUE)
        axes.set_title(name, **SMALL)
        axes.set_yscale("log")
        label(axes, "layer, from the input", "")
    grid[0].set_ylabel("gradient of a unit's weights, norm")
    grid[0].legend(frameon=False, fontsize=8, loc="lower right")
    words = "Lines: median of the units, and instances; bands: middle 80 % and 98 %"
    note(figure, words)
    return finished(figure, path, None)


def _spread(axes, norms, words, color):
    """Median, middle 80 % and middle 98 % of what is not zero, layer by layer."""
    levels = []
    for values in norms.values():
        values = values[(values > 0) & np.isfinite(values)]
        none = np.full(5, np.nan)
        cuts = [0.01, 0.1, 0.5, 0.9, 0.99]
        levels.append(np.quantile(values, cuts) if values.size else none)
    x = np.arange(1, len(levels) + 1)
    lowest, low, middle, high, highest = np.array(levels).T
    axes.plot(x, middle, color=color, label=words)
    for bottom, top in ((lowest, highest), (low, high)):
        axes.fill_between(x, bottom, top, color=color, alpha=0.13, linewidth=0)

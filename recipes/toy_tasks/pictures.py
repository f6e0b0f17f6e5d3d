"""What was found, to look at."""

import numpy as np
from bits import KINDS

from rnnkit import data

COLORS = ("#2563eb", "#ea580c", "#059669", "#7c3aed", "#db2777")
GRID, MUTED = "#e5e7eb", "#6b7280"
LEGEND = {"frameon": False, "fontsize": 9, "loc": "outside lower center", "ncols": 5}


def draw(found, config, path):
    """Draw what a study found: of bits, what examples bring; else how nets learnt."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), dpi=110, layout="constrained")
    if config.study in KINDS:
        draw_examples(found, config, figure)
    else:
        draw_learning(found, config, figure)
    for axes in figure.axes:
        axes.grid(axis="y", color=GRID)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)


def draw_examples(found, config, figure):
    """Exact sequences by examples seen: a point for each seed, a line between medians.

    Left of lengths as in training, right of longer ones.
    """
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    by_net = {}
    for name, seeds in found.items():
        by_net.setdefault(name.split(", ")[0], []).append(list(seeds.values()))
    for axes, key in zip(panels, ("unseen", "longer"), strict=True):
        for color, (net, groups) in zip(COLORS, by_net.items(), strict=False):
            groups = sorted(groups, key=lambda group: group[0]["examples"])
            counts = [np.median([one["examples"] for one in group]) for group in groups]
            middle = [100 * np.median([one[key] for one in group]) for group in groups]
            axes.plot(counts, middle, "-", color=color, lw=1.5)
            points = [(o["examples"], 100 * o[key]) for g in groups for o in g]
            axes.plot(*zip(*points, strict=True), "o", color=color, ms=4, label=net)
        axes.set_xscale("log")
        axes.set_xlabel("different examples seen in training")
    panels[0].set_ylim(-3, 103)
    panels[0].set_ylabel("exact sequences, %")
    panels[0].set_title("new ones, as long as in training", fontsize=10)
    panels[1].set_title(
        f"longer ones: {config.length} bits; for the MLP one bit more", fontsize=10
    )
    figure.legend(*panels[0].get_legend_handles_labels(), **LEGEND)


def draw_learning(found, config, figure):
    """How good each net was on its way, a line for each seed.

    Where the sequences grow, above it how long those were that it learnt.
    """
    above = None
    if not config.growing:
        axes = figure.subplots()
    else:
        above, axes = figure.subplots(2, sharex=True, height_ratios=(2, 3))
        above.set_ylabel("symbols of\na sequence")
        above.set_yscale("log")
        above.set_yticks((config.growing[0], config.length))
        above.yaxis.set_major_formatter(lambda value, _: f"{value:.0f}")
        above.minorticks_off()
    for color, (system, seeds) in zip(COLORS, found.items(), strict=False):
        for number, record in enumerate(seeds.values()):
            updates, _, scores = zip(*record["curve"], strict=True)
            label = None if number else system
            axes.plot(updates, scores, color=color, lw=1.5, label=label)
            if above and "lengths" in record:
                above.step(updates, record["lengths"], color=color, lw=1.5)
    axes.set_xlabel("updates")
    if config.study == "adding":
        axes.set_yscale("log")
        axes.set_ylabel("mean squared error")
        chance = data.tasks.AddingProblem(config.length).baseline()
        axes.axhline(chance, color=MUTED, lw=1, ls=":", label="not looking")
    else:
        axes.set_ylabel("right answers, %")
        axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}")
        axes.set_ylim(0, 1.02)
    figure.legend(*axes.get_legend_handles_labels(), **LEGEND)

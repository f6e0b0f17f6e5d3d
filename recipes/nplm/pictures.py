"""Perplexity by the number of words seen; how full the space of words is."""

import math

NEURAL, COUNTED, MIXED, GRID = "#2563eb", "#9ca3af", "#ea580c", "#e5e7eb"


def draw_contexts(found, config, path):
    """Draw the neural models beside the n-grams of the same order, and both mixed."""
    figure, axes = _paper()
    xs = list(config.contexts)
    for name, color, label, place in (
        ("n-grams", COUNTED, "n-gram of K + 1 words, modified Kneser-Ney", None),
        ("models", NEURAL, "neural, the last K words projected", (0, 7)),
        ("mixtures", MIXED, "both, mixed", (0, -16)),
    ):
        ys = [found[name][f"K = {context}"] for context in xs]
        axes.plot(xs, ys, color=color, lw=2, marker="o", ms=5, label=label)
        for x, y in zip(xs, ys) if place else ():  # n-grams are near: the table tells
            axes.annotate(
                f"{y:.0f}",
                (x, y),
                place,
                textcoords="offset points",
                ha="center",
                color=color,
            )
    axes.set_xticks(xs)
    axes.set_xlabel("words seen before the one that is predicted, K")
    axes.set_ylabel("perplexity of the test text")
    axes.set_title(config.data, loc="left", fontsize=11)
    axes.margins(y=0.15)
    axes.legend(frameon=False, fontsize=9)
    figure.savefig(path)


def _rarity(share):
    """A share in words: all, or one of so many."""
    if share > 1e-4:
        return "all" if share > 0.99 else f"1 of {1 / share:,.0f}"
    return f"1 of $10^{{{-math.log10(share):.0f}}}$"


def draw_density(seen, config, path):
    """Draw the two shares of `densities` as bars."""
    figure, axes = _paper()
    visited, known = seen.values()
    places = range(1, len(known) + 1)
    axes.bar(places, known.values(), color=NEURAL, width=0.6)
    for x, share, corners in zip(places, known.values(), visited.values()):
        axes.annotate(
            f"{share:.0%}\n{_rarity(corners)}",
            (x, share),
            (0, 4),
            textcoords="offset points",
            ha="center",
            fontsize=8.5,
        )
    axes.set_xticks(list(places))
    axes.set_ylim(0, 1.15)
    axes.yaxis.set_major_formatter("{x:.0%}")
    axes.set_xlabel("n words in a row")
    axes.set_ylabel("share of the test text seen in training")
    axes.set_title(
        f"{config.data}: below each share, how many of all rows that are possible the "
        "training text holds",
        loc="left",
        fontsize=9,
    )
    figure.savefig(path)


def _paper():
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 4.5), dpi=110, layout="constrained")
    axes = figure.subplots()
    axes.grid(axis="y", color=GRID)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes

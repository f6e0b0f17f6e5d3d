"""Bits along a text."""

import numpy as np

COLORS = "#9ca3af", "#2563eb"
POINTS = 120  # at most


def draw_reading(rows, path):
    """Draw the mean bits of stretches of a text, a line for each way to read it."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), dpi=110, layout="constrained")
    axes = figure.subplots()
    for color, (name, bits) in zip(COLORS, rows.items()):
        parts = np.array_split(bits, min(POINTS, len(bits)))
        ends = np.cumsum([len(part) for part in parts])
        means = [part.mean() for part in parts]
        label = f"{name}: {bits.mean():.3f} in all"
        axes.plot(ends, means, color=color, lw=1.6, label=label)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("characters of the held-out text")
    axes.set_ylabel("bits per character")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.grid(axis="y", color="#e5e7eb")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(0, 1.12), ncols=2)
    figure.savefig(path)

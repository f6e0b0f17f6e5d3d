"""A picture of what the net says of the beginning of an utterance."""

import matplotlib.figure
import numpy as np
from phones import runs


def draw(read, examples, path):
    """Draw the posteriors of the first three seconds with the phones read."""
    window = min(300, read.lengths[0])
    decoded = [x[0] for x in (read.decoded.symbols, read.decoded.starts)]
    decoded = [(int(k), int(t)) for k, t in zip(*decoded) if 0 <= t < window]
    true = [(k, t) for k, t, _ in runs(examples.labels[0]) if t < window]
    rows = sorted({k for k, _ in decoded + true})
    figure = matplotlib.figure.Figure((13, 6), dpi=120, layout="constrained")
    axes = figure.subplots()
    axes.imshow(
        np.exp(read.log_posteriors[0, :window, rows]),
        aspect="auto",
        cmap="Greys",
        vmin=0,
        vmax=1,
        interpolation="nearest",
        extent=(0, window / 100, len(rows) - 0.5, -0.5),
    )
    seconds = np.arange(window) / 100
    for states, color, label in (
        (np.array(read.decoded.path)[0, :window], "#ea580c", "Viterbi path"),
        (examples.labels[0][:window], "#2563eb", "true"),
    ):
        heights = np.searchsorted(rows, states) + (0.15 if label == "true" else -0.15)
        axes.step(seconds, heights, where="post", color=color, label=label, lw=1.3)
    for found, color, height in ((true, "#2563eb", 1.01), (decoded, "#ea580c", 1.05)):
        for k, start in found:
            axes.text(
                start / 100,
                height,
                examples.symbols[k],
                color=color,
                fontsize=7,
                transform=axes.get_xaxis_transform(),
            )
    axes.set_yticks(range(len(rows)), [examples.symbols[k] for k in rows], fontsize=7)
    axes.set_xlabel("seconds")
    axes.set_title(f"p(phone | frames), {examples.names[0]}", loc="left", pad=30)
    axes.legend(loc="lower right")
    figure.savefig(path)

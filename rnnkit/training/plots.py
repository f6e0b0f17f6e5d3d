"""A picture of a language model learning: its loss, and what it writes."""

import pathlib
import textwrap

INK, MUTED, GRID = "#1f2430", "#6b7280", "#e5e7eb"
BLUE, ORANGE, PAPER = "#2563eb", "#ea580c", "#f8fafc"


def plot_training(
    history, samples=(), references=None, path=None, title=None, symbol="character"
):
    """Draw bits per character by epoch above samples of some epochs.

    Args:
        history: dict of lists, one value per epoch: `bits` and, if there,
            `val_bits`, as `rnnkit.models.LanguageModel.fit` logs them.
        samples: list of dicts `{"epoch", "text"}`, as `SampleText.samples`.
        references: dict of name to bits per character, drawn as level lines.
        path: where to write the picture, any format of matplotlib's.
        title: text above the curves.
        symbol: what the text is made of, if not characters.

    Returns:
        The `matplotlib.figure.Figure`.
    """
    from matplotlib.figure import Figure

    chosen = _spread(samples, 4)
    rows = (len(chosen) + 1) // 2
    heights = [3.9, 1.75 * rows] if rows else [3.9]  # inches
    figure = Figure(figsize=(10, sum(heights)), dpi=120, layout="constrained")
    curves, *boxes = figure.subfigures(
        len(heights), 1, height_ratios=heights, squeeze=False
    ).flat
    _draw_curves(curves.subplots(), history, references or {}, title, symbol)
    for box in boxes:
        axes = list(box.subplots(rows, 2, squeeze=False).flat)
        for place, sample in zip(axes, chosen, strict=False):
            _draw_sample(place, sample)
        for place in axes[len(chosen) :]:
            place.remove()
    if path is not None:
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path)
    return figure


def _draw_curves(axes, history, references, title, symbol):
    from matplotlib.ticker import MaxNLocator

    epochs = range(1, len(history["bits"]) + 1)
    curves = [("bits", "training", BLUE), ("val_bits", "held out", ORANGE)]
    for name, label, color in curves:
        if name in history:
            axes.plot(epochs, history[name], "o-", color=color, label=label, ms=4)
    _draw_references(axes, references)
    axes.set_xlabel("epoch")
    axes.set_ylabel(f"bits per {symbol}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", color=GRID)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    if title:
        axes.set_title(title, loc="left", color=INK)


def _draw_references(axes, references):
    """Level lines with their names at the right, the names moved apart."""
    for bits in references.values():
        axes.axhline(bits, color=MUTED, lw=1, ls=(0, (4, 3)), zorder=1)
    low, high = axes.get_ylim()
    lowest = low
    for name, bits in sorted(references.items(), key=lambda item: item[1]):
        place = max(bits, lowest)
        lowest = place + 0.05 * (high - low)
        axes.annotate(
            f"{bits:.2f} {name}",
            (1.01, place),
            xycoords=("axes fraction", "data"),
            va="center",
            color=MUTED,
            fontsize=8,
            annotation_clip=False,
        )


def _draw_sample(axes, sample, lines=9, columns=70):
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor(PAPER)
    axes.spines[:].set_color(GRID)
    name = f"after epoch {sample['epoch']}" if sample["epoch"] else "before training"
    axes.set_title(name, loc="left", fontsize=9, color=MUTED)
    axes.text(
        0.015,
        0.95,
        _as_lines(sample["text"], lines, columns),
        transform=axes.transAxes,
        va="top",
        family="monospace",
        fontsize=7.5,
        color=INK,
        parse_math=False,
        clip_on=True,
    )


def _as_lines(text, lines, columns):
    """Return the beginning of `text` as it fits into a box, all of it drawable."""
    drawable = "".join(
        c if c == "\n" or (c.isprintable() and ord(c) < 0x2000) else "\N{MIDDLE DOT}"
        for c in text.expandtabs(4)
    )
    rows = []
    for row in drawable.split("\n"):
        rows += textwrap.wrap(row, columns) or [""]
    return "\n".join(rows[:lines])


def _spread(items, count):
    """Return at most `count` items, the first, the last and early ones between.

    Samples change most at the beginning, so the places grow geometrically.
    """
    last = len(items) - 1
    if last < count:
        return list(items)
    places = {0, last}
    place = 1
    while len(places) < count:
        places.add(min(place, last))
        place = max(place + 1, round(last ** (len(places) / (count + 1))))
    return [items[i] for i in sorted(places)]

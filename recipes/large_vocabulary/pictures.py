"""The picture of a run: time a step by the size of the vocabulary, and bits."""

INK, GRID = "#1f2430", "#e5e7eb"
COLORS = ("#2563eb", "#ea580c", "#16a34a", "#9333ea")


def draw(heads, prose, japanese, path):
    """Draw what was measured.

    Args:
        heads: rows by `(text, size, head)`.
        prose, japanese: rows by the kind of tokens; empty for none.
        path: where to write the picture.
    """
    from matplotlib.figure import Figure

    texts = [rows for rows in (prose, japanese) if rows]
    figure = Figure(figsize=(10, 4), dpi=100, layout="constrained")
    places = figure.subplots(1, 1 + len(texts), width_ratios=[1.3] + [1] * len(texts))
    draw_times(places[0], heads)
    for place, rows, title in zip(places[1:], texts, ("unseen words", "Japanese")):
        draw_bits(place, rows, title)
    figure.savefig(path)
    return figure


def draw_times(axes, heads):
    """Milliseconds a step over the size of the vocabulary, a line for each head."""
    lines = {}
    for (_, size, name), row in heads.items():
        lines.setdefault(name, []).append((size, row["milliseconds"]))
    ends = []
    for (name, points), color in zip(lines.items(), COLORS):
        axes.loglog(*zip(*points), "o-", color=color)
        size, height = points[-1]
        ends.append((height, size, name, color))
    lowest = 0.0
    for height, size, name, color in sorted(ends):
        lowest = max(height, lowest * 1.3)  # so that no name stands on another
        style = {"textcoords": "offset points", "color": color, "va": "center"}
        axes.annotate(name, (size, lowest), (6, 0), **style)
    sizes = sorted({size for _, size, _ in heads})
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.set_xlim(sizes[0] / 1.3, sizes[-1] * 3)
    axes.set_xlabel("words in the vocabulary")
    axes.set_title("milliseconds a step", loc="left", color=INK, fontsize=10)
    axes.grid(color=GRID)
    axes.spines[["top", "right"]].set_visible(False)


def draw_bits(axes, rows, title):
    """A bar for each kind of tokens."""
    names, values = list(rows), [row["bits per character"] for row in rows.values()]
    colors = ["#9ca3af" if "n-gram" in name else COLORS[0] for name in names]
    bars = axes.barh(names, values, color=colors)
    axes.bar_label(bars, fmt=" %.2f", color=INK, fontsize=9)
    axes.set_xlim(0, 1.2 * max(values))
    axes.invert_yaxis()
    axes.set_title(f"bits per character, {title}", loc="left", color=INK, fontsize=10)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.set_xticks([])

"""Perplexity by order."""

COLORS = ("#9ca3af", "#ea580c", "#059669", "#7c3aed", "#2563eb")
GRID = "#e5e7eb"


def draw(table, config, path):
    """Draw a curve for each column of `{column: {"order n": perplexity}}`."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, ScalarFormatter

    figure = Figure(figsize=(7.5, 4.5), dpi=110, layout="constrained")
    axes = figure.subplots()
    for color, (column, cells) in zip(COLORS[-len(table) :], table.items()):
        values = list(cells.values())
        orders = range(1, len(values) + 1)
        line = {"color": color, "lw": 2, "marker": "o", "ms": 4}
        if column.endswith("mixed"):
            line |= {"ls": "--", "zorder": 3}
        axes.plot(orders, values, label=column, **line)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("order: words seen at once")
    axes.set_ylabel("perplexity of the test text")
    axes.set_title(f"{config.data}: what is counted, and how", loc="left", fontsize=11)
    axes.grid(axis="y", color=GRID)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(frameon=False, fontsize=9, loc="outside lower center", ncols=3)
    figure.savefig(path)

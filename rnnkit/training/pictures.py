"""Pictures of training and of what was read."""

import pathlib

import numpy as np

from rnnkit.training.plots import BLUE, GRID, INK, MUTED, ORANGE


def plot_history(history, panels, path=None, title=None):
    """Draw what `fit` logged, training and validation in the same panel.

    Args:
        history: dict of lists, one value per epoch.
        panels: dict of a logged name to what it is called, one panel each;
            `val_` and the name is drawn too where it was logged.
        path: where to write the picture, any format of matplotlib's.
        title: text above.

    Returns:
        The `matplotlib.figure.Figure`.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(5 * len(panels), 3.6), dpi=120, layout="constrained")
    for axes, (name, label) in zip(
        figure.subplots(1, len(panels), squeeze=False).flat, panels.items()
    ):
        curves = [(name, "training", BLUE), (f"val_{name}", "held out", ORANGE)]
        for key, what, color in curves:
            if key in history:
                epochs = range(1, len(history[key]) + 1)
                axes.plot(epochs, history[key], color=color, label=what)
        axes.set_xlabel("epoch")
        axes.set_ylabel(label)
        if name == "loss":
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y", color=GRID)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    return _finished(figure, path, title)


def plot_alignments(items, path=None, title=None):
    """Draw where each symbol of a text stands over the features it was read from.

    Args:
        items: list of dicts, one a row: `features` `(time, features)`; `symbols`, a
            list of texts; their `starts` and `ends`, in frames of the encoder's
            output; `frames`, how many of those there are; `title`; and if known
            `seconds`, how long the sequence lasts.
        path: where to write the picture, any format of matplotlib's.
        title: text above.

    Returns:
        The `matplotlib.figure.Figure`.
    """
    from matplotlib.figure import Figure

    size = (11, 2.3 * len(items) + 0.3)
    figure = Figure(figsize=size, dpi=120, layout="constrained")
    for axes, item in zip(figure.subplots(len(items), 1, squeeze=False).flat, items):
        end = item.get("seconds") or item["frames"]
        height = item["features"].shape[1]
        axes.imshow(
            item["features"].T,
            aspect="auto",
            origin="lower",
            cmap="Greys",
            extent=(0, end, 0, height),
            interpolation="nearest",
        )
        scale = end / item["frames"]
        spans = zip(item["symbols"], item["starts"], item["ends"])
        for number, (symbol, first, last) in enumerate(spans):
            if first < 0:
                continue  # a text that does not fit
            color = (ORANGE, BLUE)[number % 2]  # so that neighbours stay apart
            place = first * scale, last * scale
            axes.axvspan(*place, color=color, alpha=0.3, linewidth=0)
            middle = sum(place) / 2
            axes.text(
                middle,
                1.03 * height,
                "\N{OPEN BOX}" if symbol == " " else symbol,
                ha="center",
                fontsize=8,
                color=INK,
                parse_math=False,
            )
        axes.set_title(item["title"], loc="left", fontsize=9, color=MUTED, pad=16)
        axes.set_yticks([])
        axes.set_xlabel("seconds" if "seconds" in item else "frames", fontsize=8)
        axes.tick_params(labelsize=8)
    return _finished(figure, path, title)


def plot_attention(
    weights, source_tokens, target_tokens, path=None, title=None, axes=None
):
    """Draw where a model looked in what it read as it wrote each token.

    Args:
        weights: `(targets, source)`, 0 to 1, such as `attention` of what
            `rnnkit.models.Seq2Seq.translate(..., details=True)` gives. One row more
            than target tokens is that of the end.
        source_tokens: what was read, a text for each column.
        target_tokens: what was written, a text for each row.
        path: where to write the picture, any format of matplotlib's.
        title: text above.
        axes: matplotlib's axes to draw into; by default a figure is made.

    Returns:
        The `matplotlib.figure.Figure`.

    Raises:
        ValueError: There are not as many tokens as weights.
    """
    from matplotlib.figure import Figure

    weights = np.asarray(weights)
    target_tokens = list(target_tokens)
    if len(weights) == len(target_tokens) + 1:
        target_tokens.append("(end)")
    if weights.shape != (len(target_tokens), len(source_tokens)):
        raise ValueError(
            f"Weights of shape {weights.shape} are not those of {len(target_tokens)} "
            f"tokens written and {len(source_tokens)} read."
        )
    if axes is None:
        size = (1.6 + 0.24 * len(source_tokens), 1.4 + 0.24 * len(target_tokens))
        axes = Figure(figsize=size, dpi=120, layout="constrained").subplots()
    axes.imshow(weights, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
    words = max(map(len, source_tokens)) > 2
    for axis, tokens in ((axes.xaxis, source_tokens), (axes.yaxis, target_tokens)):
        names = [_drawable(t.replace(" ", "\N{OPEN BOX}")) for t in tokens]
        axis.set_ticks(range(len(names)), names, fontsize=8, parse_math=False)
        axis.set_tick_params(length=0, labelcolor=INK)
    axes.xaxis.tick_top()
    axes.tick_params(axis="x", labelrotation=90 if words else 0)
    axes.spines[:].set_color(GRID)
    if title:
        look = dict(loc="left", fontsize=9, color=MUTED, parse_math=False)
        axes.set_title(_drawable(title), **look)
    return _finished(axes.figure, path, None)


def _drawable(text):
    """A text with what matplotlib's font cannot draw as "□"."""
    from matplotlib import font_manager

    path = font_manager.findfont(font_manager.FontProperties())
    font = font_manager.get_font(path)
    return "".join(
        c if font.get_char_index(ord(c)) else "\N{WHITE SQUARE}" for c in text
    )


def _finished(figure, path, title):
    if title:
        figure.suptitle(title, x=0.01, ha="left", color=INK, fontsize=11)
    if path is not None:
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path)
    return figure

"""Pictures of training and of what was read."""

import pathlib

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


def _finished(figure, path, title):
    if title:
        figure.suptitle(title, x=0.01, ha="left", color=INK, fontsize=11)
    if path is not None:
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path)
    return figure

"""A thing to remember: a net that learns it, one that does not, and its gates."""

import keras
import numpy as np
from matplotlib.figure import Figure

import rnnkit

BLUE, ORANGE, GREEN, GREY = "#2563eb", "#ea580c", "#059669", "#6b7280"
GATES = {"i": "input gate i", "f": "forget gate f", "o": "output gate o"}


def marked_numbers(rng, count, steps):
    """Numbers from -1 to 1, one of the first few marked; at the end it is asked for.

    Returns:
        x `(count, steps, 2)`, the numbers and the marks; y `(count, 1)`; and which
        step is marked, `(count,)`.
    """
    x = np.zeros((count, steps, 2), "float32")
    x[..., 0] = rng.uniform(-1, 1, (count, steps))
    place = rng.integers(0, 5, count)
    rows = np.arange(count)
    x[rows, place, 1] = 1.0
    return x, x[rows, place, 0][:, None], place


def net(kind, units, steps):
    """A recurrent layer and one output; an LSTM whose gates are open for long.

    The LSTM's forget biases are log k, its input biases -log k, k from 1 to the length
    of the sequences, as [Tallec and Ollivier, 2018](https://arxiv.org/abs/1804.11188)
    begin: units that keep their state for k steps or so.
    """
    layer = getattr(rnnkit.layers, kind)(units, path="loop", name=kind)
    model = keras.Sequential([layer, keras.layers.Dense(1)])
    model.build((None, steps, 2))
    if kind == "LSTM":
        _, _, c, o = np.split(layer.cell.bias.numpy(), 4)
        f = np.log(np.linspace(1, steps - 1, units))
        layer.cell.bias.assign(np.concatenate([-f, f, c, o]))
    optimizer = keras.optimizers.Adam(1e-2, global_clipnorm=1.0)
    model.compile(optimizer, "mse", jit_compile=False)
    return model


def gates(layer, x):
    """The gates of an LSTM as it reads, in NumPy.

    Args:
        layer: A built LSTM.
        x: `(batch, time, features)`.

    Returns:
        Dict of i, f, o, each `(batch, time, units)`.
    """
    W, U, b = (np.array(w) for w in layer.get_weights())
    h = c = np.zeros((len(x), layer.units))
    seen = {"i": [], "f": [], "o": []}
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ W + h @ U + b, 4, axis=-1)
        i, f, o = (1 / (1 + np.exp(-z)) for z in (i, f, o))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
        for name, value in zip("ifo", (i, f, o)):
            seen[name].append(value)
    return {name: np.stack(values, axis=1) for name, values in seen.items()}


def draw_remembering(seen, marks, shares, path):
    """The gates of one sequence, and what is left of the gradient in each net.

    Args:
        seen: `gates` of some sequences.
        marks: The steps marked, `(batch,)`.
        shares: What is left k steps back, `(batch, k)` arrays by words.
        path: Where to write the picture.
    """
    figure = Figure(figsize=(11, 4.2), dpi=120, layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1.15, 1))
    rows = left.subplots(3, 1, sharex=True)
    order = np.argsort(seen["f"][0].mean(axis=0))
    for axes, (name, words) in zip(rows, GATES.items()):
        values = seen[name][0][:, order].T
        drawn = axes.imshow(
            values, cmap="Blues", vmin=0, vmax=1, aspect="auto", origin="lower"
        )
        axes.axvline(marks[0], color=ORANGE, lw=1.5)
        axes.set_ylabel(f"{words}\nunit", fontsize=9)
        axes.set_yticks([])
    rows[0].annotate(
        "marked",
        (marks[0], 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        color=ORANGE,
        fontsize=9,
    )
    rows[-1].set_xlabel("step, of one sequence; units by how open f is")
    left.colorbar(drawn, ax=rows, label="0 closed, 1 open", shrink=0.6)
    axes = right.subplots()
    for (words, left_over), color in zip(shares.items(), (ORANGE, BLUE, GREEN)):
        axes.plot(np.nanmedian(left_over, axis=0), color=color, lw=2, label=words)
    axes.axhline(0.01, color=GREY, lw=1, ls=(0, (4, 3)))
    axes.annotate(
        "a hundredth: where the horizon is",
        (1.0, 0.01),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="right",
        color=GREY,
        fontsize=9,
    )
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.set_ylim(max(low, 1e-12), max(high, 3))
    axes.set_xlabel("steps back; the median of the batch")
    axes.set_ylabel("share left of the gradient at the end")
    axes.grid(axis="y", color="#e5e7eb")
    axes.spines[["top", "right"]].set_visible(False)
    place = dict(loc="lower left", bbox_to_anchor=(0, 1))  # above: no line is there
    axes.legend(frameon=False, fontsize=9, **place)
    figure.savefig(path)

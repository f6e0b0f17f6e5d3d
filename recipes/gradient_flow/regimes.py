"""Three recurrent nets that differ in one number: what becomes of their gradients."""

import keras
import numpy as np
from matplotlib.figure import Figure

import rnnkit

BLUE, ORANGE, GREEN, GREY = "#2563eb", "#ea580c", "#059669", "#6b7280"


def with_radius(rng, radius, units, steps):
    """A net of tanh units whose recurrent kernel has this spectral radius."""
    layer = rnnkit.layers.SimpleRNN(units, path="loop", name="rnn")
    model = keras.Sequential([layer, keras.layers.Dense(1)])
    model.build((None, steps, 4))
    kernel = rng.normal(size=(units, units))
    kernel *= radius / np.abs(np.linalg.eigvals(kernel)).max()
    layer.cell.recurrent_kernel.assign(kernel)
    model.compile("sgd", "mse")
    return model


def factor(flow):
    """What a step leaves of the gradient, the geometric mean, `(batch,)`."""
    return (flow.left[:, 0] / flow.left[:, -1]) ** (1 / (flow.left.shape[1] - 1))


def draw_regimes(found, path):
    """What is left of the gradient, and the eigenvalues of one step's Jacobian.

    Args:
        found: Dict of the kernel's spectral radius to `(LayerFlow, StepJacobians)`.
        path: Where to write the picture.
    """
    figure = Figure(figsize=(11, 4.2), dpi=120, layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.3, 1))
    turn = np.exp(1j * np.linspace(0, 2 * np.pi, 200))
    right.plot(turn.real, turn.imag, color=GREY, lw=1)
    for (radius, (flow, jacobians)), color in zip(found.items(), (BLUE, GREEN, ORANGE)):
        shares = rnnkit.diagnostics.memory_horizon(flow).shares
        low, middle, high = np.nanquantile(shares, [0.1, 0.5, 0.9], axis=0)
        back = np.arange(len(middle))
        words = f"{radius:g}: × {np.median(factor(flow)):.2f} a step"
        left.plot(back, middle, color=color, lw=2, label=words)
        left.fill_between(back, low, high, color=color, alpha=0.15, lw=0)
        last = jacobians.jacobians[0, -1]
        values = np.linalg.eigvals(last)
        right.plot(values.real, values.imag, "o", ms=4, color=color, alpha=0.8)
    left.set_yscale("log")
    left.set_xlabel("steps back")
    left.set_ylabel("share left of the gradient at the end")
    left.legend(frameon=False, title="spectral radius of the weights")
    left.grid(axis="y", color="#e5e7eb")
    right.set_xlabel("real part")
    right.set_ylabel("imaginary part")
    right.set_aspect("equal")
    right.set_title(
        "eigenvalues of the last step's Jacobian, and the circle of 1",
        loc="left",
        fontsize=9,
        color=GREY,
    )
    words = "Lines: the median of the batch; bands: its middle 80 %"
    figure.supxlabel(words, x=0.01, ha="left", fontsize=8, color=GREY)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)

"""The cliff: why gradients of recurrent nets are clipped."""

import dataclasses

import numpy as np

from rnnkit.diagnostics.bptt import sigmoid


@dataclasses.dataclass(frozen=True, eq=False)
class Cliff:
    """A loss surface with a wall, and what gradient descent does before it.

    Attributes:
        w, b: Values of the two parameters, `(n,)` and `(m,)`.
        loss: At each, `(m, n)`.
        paths: `(steps + 1, 2)`, the w and b after each step of gradient descent, by
            the clipping threshold; None: without clipping.
        largest: The largest gradient norm met on each path, by the threshold.
    """

    w: np.ndarray
    b: np.ndarray
    loss: np.ndarray
    paths: dict
    largest: dict

    def plot(self, path=None):
        """Draw the surface from above with the paths, and the loss along them.

        Args:
            path: Where to write the picture, any format of matplotlib's.

        Returns:
            The `matplotlib.figure.Figure`.
        """
        from rnnkit.diagnostics.drawing_dynamics import draw_cliff

        return draw_cliff(self, path)


def cliff_loss(w, b, steps=50, x0=0.5, target=0.7):
    """The loss of one unit that is to be at `target` after `steps`, and its gradient.

        x_t = w sigmoid(x_{t-1}) + b
        L = (sigmoid(x_T) - target)²

    Args:
        w, b: Numbers or arrays of one shape.

    Returns:
        The loss, dL/dw and dL/db, each of that shape.

    Reference: [Pascanu et al., 2013](https://arxiv.org/abs/1211.5063), figure 6
    """
    w, b = np.broadcast_arrays(np.asarray(w, "float64"), b)
    x = np.full(w.shape, float(x0))
    dx_dw, dx_db = np.zeros(w.shape), np.zeros(w.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            s = sigmoid(x)
            slope = w * s * (1 - s)
            dx_dw, dx_db = s + slope * dx_dw, 1 + slope * dx_db
            x = w * s + b
        s = sigmoid(x)
        up = 2 * (s - target) * s * (1 - s)
        return (s - target) ** 2, up * dx_dw, up * dx_db


def cliff(
    start=(5.0, -2.0),
    thresholds=(None, 1.0),
    learning_rate=0.05,
    descent=200,
    w=(3.0, 6.5),
    b=(-3.5, -0.5),
    resolution=200,
):
    """The loss surface of `cliff_loss` and gradient descent on it, clipped and not.

        g ← g · θ / ‖g‖ where ‖g‖ > θ

    Args:
        start: w and b before the first step.
        thresholds: θ of each path; None: no clipping.
        learning_rate: Of gradient descent.
        descent: Number of its steps.
        w, b: Bounds of the surface.
        resolution: Points of it to a side.

    Returns:
        A `Cliff`.
    """
    ws, bs = np.linspace(*w, resolution), np.linspace(*b, resolution)
    loss, _, _ = cliff_loss(*np.meshgrid(ws, bs))
    paths, largest = {}, {}
    for threshold in thresholds:
        place = np.array(start, "float64")
        path, norms = [place.copy()], [0.0]
        for _ in range(descent):
            _, *gradient = cliff_loss(*place)
            gradient = np.array(gradient)
            norms.append(np.linalg.norm(gradient))
            if threshold is not None and norms[-1] > threshold:
                gradient *= threshold / norms[-1]
            place = place - learning_rate * gradient
            path.append(place.copy())
        paths[threshold], largest[threshold] = np.array(path), max(norms)
    return Cliff(ws, bs, loss, paths, largest)

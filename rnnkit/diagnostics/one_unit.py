"""One unit: where it comes to rest by its bias, and how inputs carry it elsewhere."""

import dataclasses

import numpy as np

from rnnkit.diagnostics.attractors import FixedPoints, fixed_points, map_jacobian
from rnnkit.diagnostics.bptt import sigmoid


def sigmoid_unit(w=5.0, b=0.0):
    """The map of one unit that no input reaches, as `fixed_points` takes it.

        x → w sigmoid(x) + b

    Args:
        w: Its recurrent weight.
        b: Its bias.

    Returns:
        A function `(n, 1)` → `(n, 1)`.
    """
    return lambda x: w * sigmoid(x) + b


@dataclasses.dataclass(frozen=True, eq=False)
class UnitBifurcation:
    """Where one unit rests, by its bias: a curve, followed along the states.

    Attributes:
        w: The recurrent weight.
        state: x of points that the map leaves where they are, rising, `(n,)`.
        bias: The b at which it does, `(n,)`.
        slope: Of the map there, `(n,)`: below 1 in magnitude the point attracts, above
            it repels, and of two attractors it is the boundary between their basins.
        boundaries: The biases at which an attractor appears or is gone, rising: two
            where w is more than 4, between which there are two attractors, else none.
    """

    w: float
    state: np.ndarray
    bias: np.ndarray
    slope: np.ndarray
    boundaries: np.ndarray

    @property
    def stable(self):
        """Whether the unit comes to rest there, `(n,)`."""
        return np.abs(self.slope) < 1

    def plot(self, path=None):
        """Draw attractors and boundary over the bias, and where the map leads.

        Args:
            path: Where to write the picture, any format of matplotlib's.

        Returns:
            The `matplotlib.figure.Figure`.
        """
        from rnnkit.diagnostics.drawing_unit import draw_unit

        return draw_unit(self, path)


def unit_bifurcation(w=5.0, states=(-4.5, 4.5), resolution=901):
    """Follow the points where one unit rests as its bias changes, in closed form.

        x_t = w sigmoid(x_{t-1}) + b
        b   = x - w sigmoid(x)                   # where x rests
        1   = w sigmoid(x) (1 - sigmoid(x))      # where two of them meet and are gone

    Args:
        w: The recurrent weight.
        states: Bounds of x.
        resolution: Points on the curve.

    Returns:
        A `UnitBifurcation`.

    Raises:
        ValueError: w is below -4, where the unit comes to a cycle of two.

    Reference: [Pascanu et al., 2013](https://arxiv.org/abs/1211.5063), figure 3; the
    unit is [Doya's, 1992](https://doi.org/10.1109/ISCAS.1992.230622)
    """
    if w < -4:
        raise ValueError(
            f"w must be -4 or more, got {w}: below, the unit comes to a cycle of two."
        )
    state = np.linspace(*states, resolution)
    s = sigmoid(state)
    root = np.sqrt(max(0.25 - 1 / w, 0)) if w > 4 else 0
    meet = 0.5 + np.array([root, -root] if root else [])
    edges = np.sort(np.log(meet / (1 - meet)) - w * meet)
    return UnitBifurcation(w, state, state - w * s, w * s * (1 - s), edges)


@dataclasses.dataclass(frozen=True, eq=False)
class BoundaryCrossing:
    """Ways of one unit from several starts, under the same inputs.

    Each step is two maps, one after the other: the constant map, which is the unit
    without inputs, and the push of the input.

    Attributes:
        inputs: `(time,)`.
        states: x_t, the starts first, `(time + 1, starts)`.
        alone: Where the constant map leads from x_{t-1}, before the input pushes,
            `(time, starts)`.
        gradient: dx_t / dx_0 along each way, `(time + 1, starts)`.
        fixed: The `FixedPoints` of the constant map: attractors where stable,
            boundaries between basins where not.
    """

    inputs: np.ndarray
    states: np.ndarray
    alone: np.ndarray
    gradient: np.ndarray
    fixed: FixedPoints

    @property
    def attractors(self):
        """Of the constant map, rising, `(count,)`."""
        return self.fixed.points[self.fixed.stable, 0]

    @property
    def boundaries(self):
        """Between the basins of the constant map, rising, `(count,)`."""
        return self.fixed.points[~self.fixed.stable, 0]

    @property
    def basin(self):
        """How many boundaries lie below each state, `(time + 1, starts)`."""
        return np.searchsorted(self.boundaries, self.states)

    @property
    def apart(self):
        """Distance between the outermost ways, `(time + 1,)`."""
        return np.ptp(self.states, axis=1)

    def plot(self, path=None):
        """Draw the ways; beside them each step as constant map and push.

        Args:
            path: Where to write the picture, any format of matplotlib's.

        Returns:
            The `matplotlib.figure.Figure`.
        """
        from rnnkit.diagnostics.drawing_unit import draw_crossing

        return draw_crossing(self, path)


def boundary_crossing(f, inputs, starts, low=-10.0, high=10.0):
    """Follow one unit from several starts under the same inputs.

        x_t = F(x_{t-1}) + u_t

    F is the constant map, the unit left to itself; u_t is what the input adds. Two
    starts as near as one likes end far apart if between them a boundary is crossed.

    Args:
        f: F in float64, `(n, 1)` → `(n, 1)`, such as `sigmoid_unit` makes, or
            `state_map` of a `PreActivationRNN` of one unit.
        inputs: u, in units of the state, `(time,)`.
        starts: x_0, `(starts,)`.
        low, high: Where to look for fixed points.

    Returns:
        A `BoundaryCrossing`.

    Reference: [Pascanu et al., 2013](https://arxiv.org/abs/1211.5063), figures 4, 5
    """
    inputs = np.asarray(inputs, "float64")
    states = [np.asarray(starts, "float64").reshape(-1, 1)]
    alone, gradient = [], [np.ones(len(states[0]))]
    for u in inputs:
        gradient.append(gradient[-1] * map_jacobian(f, states[-1])[:, 0, 0])
        alone.append(f(states[-1]))
        states.append(alone[-1] + u)
    fixed = fixed_points(f, np.linspace(low, high, 60)[:, None])
    shape = len(inputs), len(states[0])
    return BoundaryCrossing(
        inputs,
        np.array(states)[..., 0],
        np.reshape(alone, shape),
        np.array(gradient),
        fixed,
    )

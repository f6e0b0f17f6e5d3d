"""Where a recurrent map comes to rest: fixed points, their stability, basins."""

import dataclasses

import numpy as np
from keras import ops, tree


def state_map(layer, inputs=None):
    """One step of a recurrent layer under a constant input, as a map of its state.

    It is computed in float64 whatever the layer computes in, as finding points that
    do not move takes more digits than float32 has.

    Args:
        layer: A recurrent layer, rnnkit's or Keras', built.
        inputs: `(features,)`, the same at every step; zeros where None.

    Returns:
        A function `(n, state)` → `(n, state)` of NumPy arrays, the states of the
        layer side by side.

    Raises:
        ValueError: The layer is not built, the width of its inputs is not known, or
            its cell cannot be made anew in float64.
    """
    if not layer.cell.built:
        raise ValueError(f"{layer.name} has no weights yet: call it once.")
    start = layer.get_initial_state(1)
    sizes = [int(s.shape[-1]) for s in tree.flatten(start)]
    inputs = np.zeros(_width(layer)) if inputs is None else np.asarray(inputs)
    cell = _wide(layer.cell, len(inputs))

    def step(points):
        for mine, its in zip(cell.weights, layer.cell.weights, strict=True):
            mine.assign(ops.cast(its, "float64"))
        x = np.broadcast_to(inputs, (len(points), len(inputs)))
        parts = np.split(points, np.cumsum(sizes)[:-1], axis=-1)
        x, *parts = [ops.convert_to_tensor(v, "float64") for v in (x, *parts)]
        _, new = cell(x, tree.pack_sequence_as(start, parts))
        new = [ops.convert_to_numpy(s) for s in tree.flatten(new)]
        return np.concatenate(new, axis=-1)

    return step


def _width(layer):
    """Of what the layer was built on."""
    known = layer.get_build_config() or {}
    known = {**known, **known.get("shapes_dict", {})}
    shape = known.get("input_shape") or known.get("sequences_shape")
    if not shape:
        raise ValueError(
            f"{layer.name} was not built on inputs of a known width: give `inputs`."
        )
    return shape[-1]


def _wide(cell, width):
    """The cell in float64, with weights of its own."""

    def widened(config):
        if isinstance(config, dict):
            every = {k: widened(v) for k, v in config.items()}
            return {**every, "dtype": "float64"} if "dtype" in every else every
        if isinstance(config, (list, tuple)):
            return [widened(v) for v in config]
        return config

    try:
        wide = type(cell).from_config(widened(cell.get_config()))
    except NotImplementedError as error:
        raise ValueError(
            f"{type(cell).__name__} cannot be made anew in float64: give it get_config."
        ) from error
    wide.build((None, width))
    return wide


@dataclasses.dataclass(frozen=True, eq=False)
class FixedPoints:
    """The fixed points of a map that were found.

    Attributes:
        points: `(count, state)`, sorted by their first coordinate.
        eigenvalues: Of the map's Jacobian at each, `(count, state)`, the largest
            magnitude first.
    """

    points: np.ndarray
    eigenvalues: np.ndarray

    @property
    def stable(self):
        """Whether what starts near by comes to rest there, `(count,)`."""
        return np.abs(self.eigenvalues[:, 0]) < 1


def fixed_points(f, starts, tolerance=1e-9, steps=60):
    """Find the points that a map leaves where they are, by Newton's method.

    Args:
        f: The map in float64, `(n, state)` → `(n, state)`, such as `state_map` gives.
        starts: Where to begin, `(n, state)`; points that no start leads to are missed.
        tolerance: How far f may move a point that counts as fixed.
        steps: Most steps of Newton's from each start.

    Returns:
        `FixedPoints`.
    """
    points = np.array(starts, "float64")
    eye = np.eye(points.shape[1])
    with np.errstate(all="ignore"):
        for _ in range(steps):
            slope = map_jacobian(f, points) - eye
            slope = np.where(np.isfinite(slope), slope, -eye)
            off = (f(points) - points)[..., None]
            try:
                move = np.linalg.solve(slope, off)
            except np.linalg.LinAlgError:
                move = np.linalg.pinv(slope) @ off
            # A start far from all may jump: no further than 1 at once.
            size = np.linalg.norm(move, axis=1, keepdims=True)
            points = points - (move / np.maximum(size, 1))[..., 0]
            if np.all(size < 1e-14):
                break
        left = np.linalg.norm(f(points) - points, axis=-1)
    apart = []
    for point in points[left < tolerance]:
        if all(np.linalg.norm(point - other) > 1e-4 for other in apart):
            apart.append(point)
    points = np.array(sorted(apart, key=tuple)).reshape(-1, eye.shape[0])
    values = np.linalg.eigvals(map_jacobian(f, points)) if len(points) else points
    order = np.argsort(-np.abs(values), axis=-1)
    return FixedPoints(points, np.take_along_axis(values, order, axis=-1))


def map_jacobian(f, points, small=1e-5):
    """The Jacobian of a map at each point, `(n, state, state)`, by differences."""
    columns = []
    for k in range(points.shape[1]):
        way = small * np.eye(points.shape[1])[k]
        columns.append((f(points + way) - f(points - way)) / (2 * small))
    return np.stack(columns, axis=-1)


@dataclasses.dataclass(frozen=True, eq=False)
class Basins:
    """Which attractor each starting point of a plane comes to.

    Attributes:
        x, y: Starting values of the two coordinates, `(n,)` and `(m,)`.
        label: The stable fixed point that each comes to, counted among the stable
            ones of `fixed`; -1: none, a cycle or infinity, `(m, n)`.
        steps: Steps until it is there, `(m, n)`; the most that were made elsewhere.
        fixed: The `FixedPoints`.
        flow: The map at each start, `(m, n, 2)`.
    """

    x: np.ndarray
    y: np.ndarray
    label: np.ndarray
    steps: np.ndarray
    fixed: FixedPoints
    flow: np.ndarray

    def plot(self, path=None):
        """Draw the basins, the fixed points, and where the map leads.

        Args:
            path: Where to write the picture, any format of matplotlib's.

        Returns:
            The `matplotlib.figure.Figure`.
        """
        from rnnkit.diagnostics.drawing_dynamics import draw_basins

        return draw_basins(self, path)


def basins(f, x=(-1.5, 1.5), y=(-1.5, 1.5), resolution=101, steps=500, near=1e-3):
    """Follow a map of two dimensions from every point of a plane.

    Args:
        f: The map, `(n, 2)` → `(n, 2)`.
        x, y: Bounds of the plane.
        resolution: Points to a side.
        steps: Most steps from each.
        near: A point so near to a stable fixed point has come to it.

    Returns:
        `Basins`.
    """
    xs, ys = np.linspace(*x, resolution), np.linspace(*y, resolution)
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    coarse = slice(None, None, max(1, resolution // 20))
    starts = np.stack(np.meshgrid(xs[coarse], ys[coarse]), axis=-1).reshape(-1, 2)
    fixed = fixed_points(f, starts)
    rest = fixed.points[fixed.stable]
    label = np.full(len(grid), -1)
    taken = np.full(len(grid), steps)
    points, flow = grid, f(grid)
    for t in range(steps + 1):
        if len(rest):
            distance = np.linalg.norm(points[:, None] - rest, axis=-1)
            there = (distance.min(axis=1) < near) & (label < 0)
            label[there] = distance.argmin(axis=1)[there]
            taken[there] = t
        if np.all(label >= 0) or t == steps:
            break
        points = f(points)
    shape = (resolution, resolution)
    flow = flow.reshape(*shape, 2)
    return Basins(xs, ys, label.reshape(shape), taken.reshape(shape), fixed, flow)


@dataclasses.dataclass(frozen=True, eq=False)
class Bifurcation:
    """Fixed points of a family of maps of one dimension, as its parameter grows.

    Attributes:
        values: The parameter, `(n,)`.
        fixed: `FixedPoints` at each, a list.
        orbit: What is visited after a long time, from many starts, `(n, visits)`:
            more values than stable fixed points mean a cycle.
        parameter: What it is called.
    """

    values: np.ndarray
    fixed: list
    orbit: np.ndarray
    parameter: str

    def plot(self, path=None):
        """Draw stable and unstable fixed points, and what is visited, over it.

        Args:
            path: Where to write the picture, any format of matplotlib's.

        Returns:
            The `matplotlib.figure.Figure`.
        """
        from rnnkit.diagnostics.drawing_dynamics import draw_bifurcation

        return draw_bifurcation(self, path)


def bifurcation(family, values, low=-3.0, high=3.0, steps=300, parameter="w"):
    """Follow the fixed points of a map of one dimension as its parameter grows.

    Args:
        family: `family(value)` is a map `(n, 1)` → `(n, 1)`, such as
            `lambda w: lambda x: np.tanh(w * x + u)`.
        values: Of the parameter.
        low, high: Where to look for fixed points.
        steps: Steps made before the visits are noted.
        parameter: Its name.

    Returns:
        `Bifurcation`.
    """
    starts = np.linspace(low, high, 60)[:, None]
    fixed, orbit = [], []
    for value in values:
        f = family(value)
        fixed.append(fixed_points(f, starts))
        points, visits = starts, []
        for t in range(steps + 4):
            points = f(points)
            if t >= steps:
                visits.append(points[:, 0])
        orbit.append(np.concatenate(visits))
    return Bifurcation(np.asarray(values), fixed, np.array(orbit), parameter)

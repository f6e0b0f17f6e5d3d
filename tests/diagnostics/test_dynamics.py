"""Recurrent nets as dynamical systems, against closed forms."""

import keras
import numpy as np
import pytest

import rnnkit
from rnnkit.diagnostics import (
    activation_memory,
    basins,
    bifurcation,
    cliff,
    cliff_loss,
    fixed_points,
    state_map,
)


def test_the_fixed_points_of_two_units_and_their_stability():
    """x → tanh(2 x): ±0.9575 and 0 in each coordinate, all nine pairs of them."""
    found = fixed_points(
        lambda x: np.tanh(2 * x),
        np.stack(np.meshgrid(*[np.linspace(-1.3, 1.3, 9)] * 2), -1).reshape(-1, 2),
    )
    end = 0.9575040240772687
    wanted = np.stack(np.meshgrid(*[[-end, 0, end]] * 2), -1).reshape(-1, 2)
    np.testing.assert_allclose(
        found.points, np.array(sorted(map(tuple, wanted))), atol=1e-8
    )
    np.testing.assert_array_equal(found.stable, np.all(found.points.round(3), axis=1))
    slope = np.sort(2 * (1 - found.points**2))[:, ::-1]
    np.testing.assert_allclose(found.eigenvalues, slope, atol=1e-7)


def test_basins_meet_at_the_axes_where_the_map_is_odd():
    layer = rnnkit.layers.SimpleRNN(2)  # float32
    layer.build((None, None, 1))
    layer.set_weights([np.zeros((1, 2)), 2 * np.eye(2), np.zeros(2)])
    found = basins(state_map(layer), resolution=40)
    assert found.fixed.stable.sum() == 4
    rest = found.fixed.points[found.fixed.stable]
    x, y = np.meshgrid(found.x, found.y)
    assert np.all(found.label >= 0)
    for start, axis in ((x, 0), (y, 1)):
        np.testing.assert_array_equal(
            np.sign(rest[found.label][..., axis]), np.sign(start)
        )


def test_a_map_that_turns_has_no_basin():
    """A rotation that neither grows nor shrinks comes to no point."""
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    found = basins(lambda x: x @ turn.T, resolution=10, steps=50)
    assert np.all(found.label == -1)
    np.testing.assert_allclose(np.abs(found.fixed.eigenvalues), 1, atol=1e-6)
    assert np.all(found.steps == 50)


def test_the_plane_is_searched_in_both_directions():
    """Two points that rest, far apart in x; from neither side is the other found."""
    found = basins(lambda x: np.sign(x) * [[0.5, 0]], resolution=400, steps=5)
    np.testing.assert_array_equal(found.fixed.points, [[-0.5, 0], [0.5, 0]])


def weights_of(layer, seed=0):
    draw = np.random.default_rng(seed)
    return [draw.normal(0, 2, w.shape).astype("float32") for w in layer.weights]


def stacked(dtype):
    cells = [
        rnnkit.cells.SimpleRNNCell(2, dtype=dtype),
        keras.layers.GRUCell(2, dtype=dtype),
    ]
    return keras.layers.RNN(keras.layers.StackedRNNCells(cells, dtype=dtype))


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(lambda dtype: rnnkit.layers.GRU(4, dtype=dtype), id="GRU"),
        pytest.param(stacked, id="stacked", marks=pytest.mark.slow),
    ],
)
def test_a_layer_in_float32_has_the_fixed_points_of_its_weights(kind):
    starts = np.random.default_rng(1).uniform(-1, 1, (20, 4))
    found = []
    for dtype in ("float32", "float64"):
        layer = kind(dtype)
        layer.build((None, None, 3))
        layer.set_weights(weights_of(layer))
        found.append(fixed_points(state_map(layer), starts, steps=30))
    assert len(found[1].points) > 1
    np.testing.assert_allclose(found[0].points, found[1].points, atol=1e-9)
    np.testing.assert_allclose(found[0].eigenvalues, found[1].eigenvalues, atol=1e-6)


def test_the_map_follows_the_weights_and_asks_for_what_it_lacks():
    layer = rnnkit.layers.SimpleRNN(2, use_bias=False)
    with pytest.raises(ValueError, match="no weights yet"):
        state_map(layer)
    layer.build((None, None, 1))
    f = state_map(layer)
    layer.set_weights([np.zeros((1, 2)), 3 * np.eye(2)])
    np.testing.assert_allclose(f(np.full((1, 2), 0.2)), np.tanh(0.6))
    unknown = keras.layers.RNN(layer.cell)
    with pytest.raises(ValueError, match="give `inputs`"):
        state_map(unknown)
    np.testing.assert_allclose(
        state_map(unknown, [1.0])(np.full((1, 2), 0.2)), np.tanh(0.6)
    )


def test_one_fixed_point_becomes_three_as_the_weight_passes_one():
    family = lambda w: lambda x: np.tanh(w * x)  # noqa: E731
    found = bifurcation(family, [-1.5, -0.5, 0.5, 0.99, 1.01, 2.0])
    assert [len(fixed.points) for fixed in found.fixed] == [1, 1, 1, 1, 3, 3]
    assert [fixed.stable.sum() for fixed in found.fixed] == [0, 1, 1, 1, 2, 2]
    near = found.fixed[4].points[2, 0]
    assert near == pytest.approx(np.sqrt(3 * 0.01 / 1.01**3), rel=0.01)
    assert set(np.sign(found.orbit[0].round(6))) >= {-1.0, 1.0}  # a cycle of two
    np.testing.assert_allclose(np.abs(found.orbit[0]).max(), 0.8586, atol=1e-3)


@pytest.mark.parametrize("kind", [rnnkit.layers.LSTM, keras.layers.GRU])
def test_the_map_of_a_layer_is_its_step(kind):
    layer = kind(3, dtype="float64", return_state=True)
    given = np.array([0.5, -1.0])
    x = np.broadcast_to(given, (2, 4, 2))
    layer(x)
    points = np.zeros((2, sum(layer.state_size)))
    for _ in range(4):
        points = state_map(layer, given)(points)
    _, *states = layer(x)
    np.testing.assert_allclose(
        points, np.concatenate([s.numpy() for s in states], -1), atol=1e-12
    )


def test_what_is_remembered_of_one_input_has_its_closed_forms():
    x = np.array([[0.5], [1.0], [2.0]])
    half = activation_memory(0.5, x, steps=20)
    np.testing.assert_allclose(
        half.states["relu"], 0.5 ** np.arange(21)[:, None, None] * x
    )
    assert half.spread["relu"][20] == pytest.approx(0.5**20)
    # The slope of sigmoid is at most 1/4, so two states come so much closer a step.
    assert half.spread["sigmoid"][20] < 0.125**20 * 1.01
    double = activation_memory(2.0, np.array([[-1.0], [-0.1], [0.1], [1.0]]), steps=50)
    assert double.spread["relu"][50] > 2.0**49
    np.testing.assert_allclose(
        double.states["tanh"][50, :, 0], 0.9575 * np.array([-1, -1, 1, 1]), atol=1e-4
    )
    np.testing.assert_allclose(double.states["elu"][50, :2, 0], -0.7968, atol=1e-3)
    W = np.random.default_rng(0).normal(size=(3, 3)) / 2
    linear = activation_memory(W, np.eye(3), steps=5, activations=("linear",))
    np.testing.assert_allclose(
        linear.states["linear"][5].T, np.linalg.matrix_power(W, 5), atol=1e-12
    )


def test_the_cliff_has_the_gradient_of_its_loss():
    w, b = np.array([3.5, 5.0, 4.4]), np.array([-1.0, -2.0, -2.5])
    _, dw, db = cliff_loss(w, b)
    small = 1e-7
    slopes = [
        (cliff_loss(w + p, b + q)[0] - cliff_loss(w - p, b - q)[0]) / (2 * small)
        for p, q in ((small, 0), (0, small))
    ]
    np.testing.assert_allclose([dw, db], slopes, rtol=1e-4, atol=1e-7)


def test_clipped_descent_stays_at_the_wall_where_the_other_is_thrown():
    found = cliff(resolution=20)
    jump = {
        k: np.linalg.norm(np.diff(p, axis=0), axis=1) for k, p in found.paths.items()
    }
    assert jump[None].max() > 1 > 0.0501 > jump[1.0].max()
    ends = {k: cliff_loss(*p[-1])[0] for k, p in found.paths.items()}
    assert ends[1.0] < 0.1 * ends[None]
    for threshold, path in found.paths.items():
        norms = [np.hypot(*cliff_loss(*place)[1:]) for place in path[:-1]]
        assert found.largest[threshold] == pytest.approx(max(norms))


def test_every_finding_is_drawn(tmp_path):
    found = {
        "cliff": cliff(resolution=20, descent=10),
        "basins": basins(lambda x: np.tanh(2 * x), resolution=20),
        "bifurcation": bifurcation(lambda w: lambda x: np.tanh(w * x), [0.5, 2.0]),
        "memory": activation_memory(0.9, steps=5),
    }
    for name, one in found.items():
        one.plot(tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").stat().st_size > 5_000

"""One unit: its attractors by the bias, and ways across the boundary between basins."""

import numpy as np
import pytest

import rnnkit
from rnnkit.diagnostics import (
    bifurcation,
    boundary_crossing,
    sigmoid_unit,
    state_map,
    unit_bifurcation,
)


def test_the_curve_is_where_newton_finds_the_unit_at_rest():
    found = unit_bifurcation(5.0)
    low, high = found.boundaries
    assert (low, high) == pytest.approx((-2.65561, -2.34439), abs=1e-5)
    biases = [-3.0, low - 1e-3, low + 1e-3, -2.5, high - 1e-3, high + 1e-3, -2.0]
    searched = bifurcation(lambda b: sigmoid_unit(5.0, b), biases, -6, 6, steps=1)
    assert [len(one.points) for one in searched.fixed] == [1, 1, 3, 3, 3, 1, 1]
    assert [one.stable.sum() for one in searched.fixed] == [1, 1, 2, 2, 2, 1, 1]
    for bias, one in zip(biases, searched.fixed):
        at = one.points[:, 0]
        np.testing.assert_allclose(
            np.interp(at, found.state, found.bias), bias, atol=1e-4
        )
        np.testing.assert_allclose(
            np.interp(at, found.state, found.slope), one.eigenvalues[:, 0], atol=1e-3
        )
    # Along the curve: an attractor, the boundary, an attractor.
    assert np.abs(np.diff(found.stable.astype(int))).sum() == 2


@pytest.mark.parametrize("w", [-3.0, 1.0, 4.0])
def test_a_weak_unit_has_one_attractor_whatever_its_bias(w):
    found = unit_bifurcation(w, states=(-4, 4), resolution=100)
    assert found.boundaries.size == 0
    assert np.all(found.stable)


def test_starts_side_by_side_end_apart_where_a_boundary_is_crossed():
    f, inputs = sigmoid_unit(8.0, -4.0), [0.7, 0.2, -0.3, 0.1, 0.2, -0.2]
    found = boundary_crossing(f, inputs, [-0.55, -0.3])
    x = np.array([-0.55, -0.3])
    for t, u in enumerate(inputs):
        x = 8 / (1 + np.exp(-x)) - 4
        np.testing.assert_allclose(found.alone[t], x)
        x = x + u
        np.testing.assert_allclose(found.states[t + 1], x)
    # 8 sigmoid(x) - 4 is 4 tanh(x / 2), an odd function.
    np.testing.assert_allclose(found.boundaries, 0, atol=1e-9)
    np.testing.assert_allclose(found.attractors, [-3.83002, 3.83002], atol=1e-5)
    np.testing.assert_array_equal(found.basin.T, [[0] * 7, [0] + [1] * 6])
    assert found.apart[-1] > 20 * found.apart[0]
    small = 1e-6
    ends = [
        boundary_crossing(f, inputs, [-0.55 + d, -0.3 + d]).states
        for d in (small, -small)
    ]
    np.testing.assert_allclose(
        found.gradient, (ends[0] - ends[1]) / (2 * small), rtol=1e-6
    )
    # In one basin they come together instead.
    together = boundary_crossing(f, np.zeros(6), [-0.8, -0.55])
    assert together.apart[-1] < together.apart[0]
    assert np.all(together.gradient[-1] < found.gradient[-1])


def test_a_layer_of_one_unit_is_such_a_map():
    layer = rnnkit.layers.PreActivationRNN(1, return_sequences=True, dtype="float64")
    layer.build((None, None, 1))
    layer.set_weights([np.ones((1, 1)), np.full((1, 1), 3.0), np.zeros(1)])
    inputs = np.array([0.4, -0.1, 0.2])
    found = boundary_crossing(state_map(layer), inputs, [0.0])
    states = [np.zeros((1, 1))]
    for u in inputs:
        _, (state,) = layer.cell(np.full((1, 1), u), [states[-1]])
        states.append(state.numpy())
    np.testing.assert_allclose(found.states, np.array(states)[..., 0], atol=1e-12)


def test_both_are_drawn(tmp_path):
    unit = unit_bifurcation().plot(tmp_path / "unit.png").axes[0]
    solid, dashed, *edges = unit.lines
    rests = np.isfinite(np.array(solid.get_xdata(), float))
    goes = np.isfinite(np.array(dashed.get_xdata(), float))
    assert np.all(rests ^ goes)
    assert len(edges) == 2
    found = boundary_crossing(sigmoid_unit(8, -4), [0.7, 0.2], [-0.55, -0.3])
    left, right = found.plot(tmp_path / "crossing.png").axes
    assert "Δx₀ = 0.25" in [text.get_text() for text in left.texts]
    # Left an arrow a step and start, and two for the distances; right two a step.
    count = [sum(t.arrow_patch is not None for t in a.texts) for a in (left, right)]
    assert count == [2 * 2 + 2, 2 * 2 * 2]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_unit_that_comes_to_a_cycle_is_refused():
    with pytest.raises(ValueError, match="w must be -4 or more, got -5"):
        unit_bifurcation(-5.0)

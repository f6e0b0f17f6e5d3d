"""The gradients written out, against autodiff and finite differences."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.diagnostics import scalar_bptt, vector_bptt

PHI = {
    "tanh": tf.tanh,
    "sigmoid": tf.sigmoid,
    "relu": tf.nn.relu,
    "linear": tf.identity,
}


@pytest.mark.parametrize("activation", PHI)
def test_every_barred_quantity_of_one_unit_is_the_derivative_by_it(activation):
    draw = np.random.default_rng(0)
    x, t = draw.normal(size=(2, 7))
    given = dict(u=0.8, w=1.1, v=-0.7, h0=0.3)
    found = scalar_bptt(x, t, activation=activation, **given)
    phi = PHI[activation]
    weights = {k: tf.constant(v, tf.float64) for k, v in given.items()}
    steps = {name: [] for name in "zhry"}
    with tf.GradientTape() as tape:
        tape.watch(weights)
        before, loss = weights["h0"], 0.0
        for k in range(7):
            z = weights["u"] * x[k] + weights["w"] * before
            tape.watch(z)
            h = before = phi(z)
            tape.watch(h)
            r = weights["v"] * h
            tape.watch(r)
            y = phi(r)
            tape.watch(y)
            loss += (y - t[k]) ** 2 / 2
            for name, value in zip("zhry", (z, h, r, y)):
                steps[name].append(value)
    by_step, by_weight = tape.gradient(loss, [steps, weights])
    assert found.loss == pytest.approx(float(loss), abs=1e-12)
    for name in "zhry":
        np.testing.assert_allclose(getattr(found, name), steps[name], atol=1e-12)
        np.testing.assert_allclose(
            getattr(found, f"{name}_bar"), by_step[name], atol=1e-12
        )
    for name in "uvw":
        bar = getattr(found, f"{name}_bar")
        assert bar == pytest.approx(float(by_weight[name]), abs=1e-12)
        ends = [
            scalar_bptt(
                x, t, activation=activation, **{**given, name: given[name] + way}
            ).loss
            for way in (1e-6, -1e-6)
        ]
        assert bar == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-7)


def test_an_unknown_activation_is_named_with_those_there_are():
    with pytest.raises(ValueError, match="'softmax' here, but tanh, sigmoid, relu, l"):
        scalar_bptt([1.0], [0.0], 1, 1, 1, activation="softmax")


def drawn():
    draw = np.random.default_rng(1)
    shapes = [(6, 3), (4, 3), (4, 4), (5, 4), (4,)]
    x, U, W, V, c0 = (draw.normal(size=shape) for shape in shapes)
    return dict(x=x, targets=[0, 3, 1, 4, 2, 2], U=U, W=W, V=V, c0=c0)


def test_the_three_sums_are_the_gradients():
    given = drawn()
    found = vector_bptt(**given)
    weights = [tf.constant(given[k]) for k in "UWV"]
    with tf.GradientTape() as tape:
        tape.watch(weights)
        (U, W, V), c, losses = weights, given["c0"], []
        for x, target in zip(given["x"], given["targets"]):
            c = tf.tanh(tf.linalg.matvec(U, x) + tf.linalg.matvec(W, c))
            losses.append(-tf.nn.log_softmax(tf.linalg.matvec(V, c))[target])
        loss = tf.add_n(losses)
    np.testing.assert_allclose(found.losses, losses, atol=1e-12)
    for got, wanted in zip(found.gradients, tape.gradient(loss, weights)):
        np.testing.assert_allclose(got, wanted, atol=1e-12)
    for name, gradient in zip("UWV", found.gradients):
        for place in np.ndindex(gradient.shape):
            ends = []
            for way in (1e-6, -1e-6):
                moved = given[name].copy()
                moved[place] += way
                ends.append(vector_bptt(**{**given, name: moved}).losses.sum())
            slope = (ends[0] - ends[1]) / 2e-6
            assert gradient[place] == pytest.approx(slope, abs=1e-7)


def test_each_part_of_the_sum_is_that_of_one_use_of_the_weights():
    """dL_t/dW through step tau alone: every step has a W of its own."""
    given = drawn()
    found = vector_bptt(**given)
    copies = [tf.constant(given["W"]) for _ in range(6)]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(copies)
        c, losses = given["c0"], []
        for x, target, W in zip(given["x"], given["targets"], copies):
            c = tf.tanh(given["U"] @ x + tf.linalg.matvec(W, c))
            losses.append(-tf.nn.log_softmax(tf.linalg.matvec(given["V"], c))[target])
    for t in range(6):
        parts = tape.gradient(losses[t], copies, unconnected_gradients="zero")
        np.testing.assert_allclose(found.dW[t], parts, atol=1e-12)

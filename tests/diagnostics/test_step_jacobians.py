"""Jacobians of steps against finite differences and autodiff through the loop."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import rnnkit
from rnnkit.diagnostics import elementwise, step_jacobians
from tests import discovered

BATCH, TIME, FEATURES = 2, 4, 3


def made(layer, scale=0.7):
    """The layer, built, with every weight drawn anew, so that none is zero."""
    layer.build((BATCH, TIME, FEATURES))
    draw = np.random.default_rng(0)
    for weight in layer.weights:
        if weight.dtype == "float64":
            weight.assign(draw.normal(0, scale, weight.shape))
    return layer


def inputs():
    return np.random.default_rng(1).normal(size=(BATCH, TIME, FEATURES))


def by_brute_force(layer, x, mask=None):
    """The derivative of each state by the one before, step by step, in eager code.

    Items have nothing to do with each other, so a sum over them tells each its own.
    """
    x = tf.convert_to_tensor(x)
    x = x[:, ::-1] if layer.go_backwards else x
    states = keras.tree.flatten(layer.get_initial_state(BATCH))
    like = layer.get_initial_state(BATCH)
    found = []
    for t in range(TIME):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(states)
            packed = keras.tree.pack_sequence_as(like, states)
            new = keras.tree.flatten(layer.cell(x[:, t], packed)[1])
            sums = tf.unstack(tf.reduce_sum(tf.concat(new, -1), axis=0))
        zero = tf.UnconnectedGradients.ZERO
        gradients = [tape.gradient(y, states, unconnected_gradients=zero) for y in sums]
        found.append(tf.stack([tf.concat(g, -1) for g in gradients], axis=1))
        states = new
    return np.stack(found, axis=1)


SUBJECTS = {
    **{c.__name__: lambda c=c: layer_of(c) for c in discovered.cells()},
    "GRU, reset before": lambda: layer_of(rnnkit.cells.GRUCell, reset_after=False),
    "LSTM, projected": lambda: layer_of(rnnkit.cells.LSTMCell, projection_units=2),
    "LSTM, zoneout": lambda: layer_of(rnnkit.cells.LSTMCell, zoneout=[0.1, 0.3]),
    "RNN, projected": lambda: layer_of(rnnkit.cells.SimpleRNNCell, projection_units=2),
    "pre-activated, projected": lambda: layer_of(
        rnnkit.cells.PreActivationRNNCell, projection_units=2
    ),
    "softmax": lambda: layer_of(rnnkit.cells.SimpleRNNCell, activation="softmax"),
    "gates that mix": lambda: layer_of(
        rnnkit.cells.LSTMCell, recurrent_activation="softmax"
    ),
    "peepholes, backwards": lambda: rnnkit.layers.Recurrent(
        rnnkit.cells.PeepholeLSTMCell(3, dtype="float64"),
        go_backwards=True,
        dtype="float64",
    ),
    "Keras LSTM": lambda: keras.layers.LSTM(3, dtype="float64"),
    "Keras GRU": lambda: keras.layers.GRU(3, dtype="float64"),
    "Keras stack": lambda: keras.layers.RNN(
        keras.layers.StackedRNNCells(
            [
                keras.layers.LSTMCell(3, dtype="float64"),
                keras.layers.GRUCell(2, dtype="float64"),
            ],
            dtype="float64",
        ),
        dtype="float64",
    ),
}


def layer_of(cell, **options):
    cell = cell(3, dtype="float64", **options)
    return rnnkit.layers.Recurrent(cell, dtype="float64")


@pytest.mark.parametrize("name", SUBJECTS)
def test_equals_autodiff_one_output_at_a_time(name):
    layer = made(SUBJECTS[name]())
    found = step_jacobians(layer, inputs())
    np.testing.assert_allclose(
        found.jacobians, by_brute_force(layer, inputs()), atol=1e-12
    )
    assert sum(found.states.values()) == found.jacobians.shape[-1]


def test_equals_finite_differences():
    layer, x, small = made(layer_of(rnnkit.cells.PeepholeLSTMCell)), inputs(), 1e-6
    jacobians = step_jacobians(layer, x).jacobians
    states = [s.numpy() for s in layer.initial_state(BATCH)]
    for t in range(TIME):
        for column in range(6):
            ends = []
            for way in (small, -small):
                moved = np.concatenate(states, -1)
                moved[:, column] += way
                new = layer.step(x[:, t], np.split(moved, 2, axis=-1))[1]
                ends.append(np.concatenate([s.numpy() for s in new], -1))
            slope = (ends[0] - ends[1]) / (2 * small)
            np.testing.assert_allclose(jacobians[:, t, :, column], slope, atol=1e-8)
        states = [s.numpy() for s in layer.step(x[:, t], states)[1]]


def test_no_autodiff_by_the_column_where_units_meet_in_products_only(monkeypatch):
    def forbidden(*_, **__):
        raise AssertionError("a Jacobian by autodiff")

    monkeypatch.setattr(tf.GradientTape, "batch_jacobian", forbidden)
    known = [cell for cell in discovered.cells() if elementwise.knows(cell(3))]
    assert rnnkit.cells.LayerNormLSTMCell not in known
    assert {rnnkit.cells.CoupledLSTMCell, rnnkit.cells.GRUCell} < set(known)
    for cell in known:
        step_jacobians(made(layer_of(cell)), inputs()).block(0, 1)


def test_products_are_the_derivative_through_the_loop():
    """Of the last h by the initial state, by autodiff through the layer itself."""
    layer, x = made(layer_of(rnnkit.cells.GRUCell)), inputs()
    found = step_jacobians(layer, x)
    start = tf.zeros((BATCH, 3), "float64")
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(start)
        last = layer(x, initial_state=[start])
    wanted = tape.batch_jacobian(last, start, experimental_use_pfor=False).numpy()
    np.testing.assert_allclose(found.products(-1, TIME - 1), wanted, atol=1e-12)
    np.testing.assert_allclose(
        found.influence[:, 0], np.linalg.norm(found.products(0, TIME - 1), 2, (1, 2))
    )
    assert np.all(found.influence[:, -1] == 1)
    values = found.singular_values
    np.testing.assert_allclose(
        values, np.linalg.svd(found.jacobians, compute_uv=False), atol=1e-12
    )
    radius = np.abs(np.linalg.eigvals(found.jacobians)).max(-1)
    np.testing.assert_allclose(found.spectral_radius, radius)
    with pytest.raises(ValueError, match="goes forward"):
        found.products(2, 1)


def test_the_pre_activated_net_has_its_closed_form():
    """U' diag(1 - tanh²) at every step: here rows are the new state."""
    layer, x = made(layer_of(rnnkit.cells.PreActivationRNNCell)), inputs()
    states = rnnkit.layers.Recurrent(layer.cell, return_sequences=True)(x).numpy()
    found = step_jacobians(layer, x).jacobians
    kernel = layer.cell.recurrent_kernel.numpy()
    for t in range(1, TIME):
        slope = 1 - np.tanh(states[:, t - 1]) ** 2
        wanted = kernel.T[None] * slope[:, None, :]
        np.testing.assert_allclose(found[:, t], wanted, atol=1e-6)


@pytest.mark.parametrize("kind", [rnnkit.layers.LSTM, keras.layers.LSTM])
def test_masked_steps_are_the_identity_and_padding_changes_nothing(kind):
    layer, x = made(kind(3, dtype="float64")), inputs()
    mask = np.array([[True] * 4, [True, True, False, False]])
    padded = step_jacobians(layer, x, mask=mask)
    x[1, 2:] = np.nan
    np.testing.assert_array_equal(
        padded.jacobians, step_jacobians(layer, x, mask=mask).jacobians
    )
    np.testing.assert_array_equal(
        padded.jacobians[1, 2:], np.broadcast_to(np.eye(6), (2, 6, 6))
    )
    alone = step_jacobians(layer, x[1:, :2]).jacobians
    np.testing.assert_allclose(padded.jacobians[1:, :2], alone, atol=1e-12)


def test_layers_inside_others_are_found_by_name():
    both = rnnkit.layers.Bidirectional(
        rnnkit.layers.GRU(3, name="gru", return_sequences=True)
    )
    model = keras.Sequential([both, keras.layers.LSTM(2, name="top")])
    model.build((None, None, FEATURES))
    found = step_jacobians(model, inputs().astype("float32"))
    assert list(found) == ["forward_gru", "backward_gru", "top"]
    assert found["backward_gru"].go_backwards
    assert found["top"].states == {"h": 2, "c": 2}
    assert not any("inner_loop" in vars(x) for x in model._flatten_layers())
    alone = step_jacobians(both.backward_layer, inputs().astype("float32"))
    np.testing.assert_allclose(
        found["backward_gru"].jacobians, alone.jacobians, atol=1e-6
    )


def test_a_stateful_layer_keeps_what_it_carried():
    layer = rnnkit.layers.GRU(3, stateful=True)
    x = inputs().astype("float32")
    layer(x)
    before = layer.states[0].numpy()
    step_jacobians(layer, x)
    np.testing.assert_array_equal(layer.states[0].numpy(), before)


def test_a_model_without_recurrence_is_refused():
    with pytest.raises(ValueError, match="no recurrent layer"):
        step_jacobians(keras.layers.Dense(3), inputs())

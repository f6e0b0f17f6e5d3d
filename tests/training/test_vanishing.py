"""Ω and its gradient, against its formula and finite differences of it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import rnnkit
from rnnkit.diagnostics import gradient_flow
from rnnkit.training import VanishingGradientRegularizer

BATCH, TIME, FEATURES, STRENGTH = 2, 5, 2, 0.7
LAYERS = {
    "SimpleRNN": lambda **o: rnnkit.layers.SimpleRNN(3, **o),
    "pre-activated": lambda **o: rnnkit.layers.PreActivationRNN(3, **o),
    "LSTM": lambda **o: rnnkit.layers.LSTM(3, **o),
    "Keras GRU, backwards": lambda **o: keras.layers.GRU(3, go_backwards=True, **o),
}


def data():
    draw = np.random.default_rng(0)
    mask = np.arange(TIME) < np.array([[TIME], [3]])
    x = draw.normal(size=(BATCH, TIME, FEATURES)) * mask[..., None]
    return x, draw.normal(size=(BATCH, 3)), mask


def made(layer):
    layer.build((BATCH, TIME, FEATURES))
    draw = np.random.default_rng(1)
    for weight in layer.trainable_variables:
        weight.assign(draw.normal(0, 0.8, weight.shape))
    return layer


def gradients(layer, x, y, mask, training):
    with tf.GradientTape() as tape:
        outputs = layer(x, mask=tf.constant(mask), training=training)
        loss = tf.reduce_mean((outputs - y) ** 2)
    return loss, tape.gradient(loss, layer.trainable_variables)


def frozen_omega(cell, x, before, errors, counts):
    """Ω of a cell with its weights as they are now; the rest is given."""
    total = 0.0
    for t in range(1, TIME):
        states = [tf.constant(s) for s in before[t]]
        with tf.GradientTape() as tape:
            tape.watch(states)
            _, new = cell(tf.constant(x[:, t]), states)
        error = [tf.constant(e) for e in errors[t]]
        back = tape.gradient(new, states, error, unconnected_gradients="zero")
        ratio = np.linalg.norm(np.concatenate(back, -1), axis=-1)
        ratio /= np.linalg.norm(np.concatenate(error, -1), axis=-1)
        total += np.sum((ratio - 1)[counts[:, t]] ** 2) / BATCH
    return total


@pytest.mark.parametrize("name", LAYERS)
def test_it_adds_the_immediate_partial_derivative_of_omega(name):
    """States and errors frozen, the weights moved by finite differences."""
    x, y, mask = data()
    layer = made(LAYERS[name](dtype="float64", name="one"))
    wrapped = VanishingGradientRegularizer(layer, STRENGTH, dtype="float64")
    loss, plain = gradients(layer, x, y, mask, True)
    same, regularised = gradients(wrapped, x, y, mask, True)
    assert float(same) == pytest.approx(float(loss), abs=1e-12)

    model = keras.Sequential([keras.layers.Masking(dtype="float64"), layer])
    model.compile("sgd", "mse")
    flow = gradient_flow(model, x, y)["one"]
    order = slice(None, None, -1) if layer.go_backwards else slice(None)
    read, real = x[:, order], mask[:, order]
    states, before = layer.get_initial_state(BATCH), []
    for t in range(TIME):
        before.append([s.numpy() for s in states])
        _, new = layer.cell(tf.constant(read[:, t]), states)
        keep = real[:, t : t + 1]
        states = [tf.where(keep, n, s) for n, s in zip(new, states)]
    errors = [[g[:, t] for g in flow.gradients.values()] for t in range(TIME)]
    counts = real & (np.cumsum(real, axis=1) > 1)
    given = layer.cell, read, before, errors, counts
    assert flow.omega == pytest.approx(frozen_omega(*given), rel=1e-9)

    touched = 0
    for variable, with_omega, without in zip(
        layer.trainable_variables, regularised, plain
    ):
        value, added = variable.numpy(), np.array(with_omega - without)
        touched += np.sum(np.abs(added) > 1e-6)
        places = np.random.default_rng(2).permutation(list(np.ndindex(value.shape)))
        for place in map(tuple, places[:6]):
            ends = []
            for way in (1e-5, -1e-5):
                moved = value.copy()
                moved[place] += way
                variable.assign(moved)
                ends.append(frozen_omega(*given))
            wanted = STRENGTH * (ends[0] - ends[1]) / 2e-5
            assert added[place] == pytest.approx(wanted, abs=1e-7), variable.path
        variable.assign(value)
    kernels = layer.cell.recurrent_kernel.shape
    assert touched >= 0.5 * np.prod(kernels)
    if name == "pre-activated":
        assert touched <= np.prod(kernels)


@pytest.mark.slow
def test_training_with_it_brings_the_norms_to_one():
    """The Jacobians of a net that forgets are stretched; without it they are not."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(16, 10, 1)).astype("float32")
    y = x[:, 0]
    reached = {}
    for strength in (0.0, 1.0):
        keras.utils.set_random_seed(0)
        layer = rnnkit.layers.SimpleRNN(
            8, recurrent_initializer=keras.initializers.Orthogonal(0.4), name="one"
        )
        wrapped = VanishingGradientRegularizer(layer, strength)
        model = keras.Sequential([wrapped, keras.layers.Dense(1)])
        model.compile(keras.optimizers.Adam(0.01), "mse")
        model.fit(x, y, epochs=40, batch_size=16, verbose=0)
        reached[strength] = gradient_flow(model, x, y)["one"].omega
    assert reached[1.0] < 0.3 * reached[0.0]


@pytest.mark.slow
def test_at_inference_it_is_the_layer_and_it_is_saved_with_it(tmp_path):
    inside = rnnkit.layers.Bidirectional(rnnkit.layers.LSTM(3, return_sequences=True))
    wrapped = VanishingGradientRegularizer(inside, 0.3)
    model = keras.Sequential([keras.layers.Masking(), wrapped, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x, _, mask = data()
    x = x.astype("float32")
    model.fit(x, np.zeros((BATCH, TIME, 1)), verbose=0)
    np.testing.assert_allclose(wrapped(x, mask=mask), inside(x, mask=mask), atol=1e-6)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert again.layers[1].strength == 0.3
    np.testing.assert_allclose(again(x), model(x), atol=1e-6)


def test_what_it_cannot_regularise_is_refused():
    with pytest.raises(ValueError, match="'deaf' has recurrent_dropout"):
        VanishingGradientRegularizer(
            rnnkit.layers.LSTM(3, recurrent_dropout=0.1, name="deaf")
        )
    with pytest.raises(ValueError, match="no recurrent layer"):
        VanishingGradientRegularizer(keras.layers.Dense(3))
    half = VanishingGradientRegularizer(rnnkit.layers.GRU(3, dtype="float16"))
    with pytest.raises(ValueError, match="needs float32"):
        half(tf.zeros((2, 3, 2), "float16"), training=True)


def test_no_gradient_no_pull():
    """Where the loss reads nothing of a sequence, Ω adds nothing, and no NaN."""
    x, _, _ = data()
    layer = made(rnnkit.layers.SimpleRNN(3, dtype="float64"))
    wrapped = VanishingGradientRegularizer(layer, 1.0, dtype="float64")
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(0.0 * wrapped(x, training=True))
    for gradient in tape.gradient(loss, layer.trainable_variables):
        np.testing.assert_array_equal(gradient, 0)

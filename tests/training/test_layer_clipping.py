"""Gradients that are clipped to a norm, layer by layer."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import rnnkit
from rnnkit.training import LayerClipping


def made(optimizer):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.layers.Embedding(7, 3, name="letters"),
            rnnkit.layers.LSTM(4, name="lstm"),
            keras.layers.Dense(1, name="dense"),
        ]
    )
    model.build((None, 5))
    model.compile(optimizer, "mse", jit_compile=False)
    return model


def letters():
    x = np.random.default_rng(0).integers(0, 7, (8, 5))
    return x, 3 * x[:, :1].astype("float32")


def gradients(model, x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x) - y) ** 2)
    found = tape.gradient(loss, [v.value for v in model.trainable_variables])
    return [np.array(tf.convert_to_tensor(g)) for g in found]


def test_each_layer_is_held_to_the_threshold_by_itself():
    """What a step of descent moves is the gradient, each layer's clipped in NumPy."""
    x, y = letters()
    model = made(LayerClipping(keras.optimizers.SGD(1.0), 10.0))
    before, found = model.get_weights(), gradients(model, x, y)
    model.train_on_batch(x, y)
    layers = [slice(0, 1), slice(1, 4), slice(4, 6)]
    norms = [np.sqrt(sum(np.sum(g**2) for g in found[one])) for one in layers]
    assert min(norms) < 10 < max(norms)
    for one, norm in zip(layers, norms):
        for old, new, g in zip(before[one], model.get_weights()[one], found[one]):
            np.testing.assert_allclose(old - new, g * min(1, 10 / norm), atol=1e-5)


def test_it_is_the_optimizer_inside_where_nothing_is_too_long(tmp_path):
    x, y = letters()
    plain = made(keras.optimizers.SGD(0.1, 0.9))
    wide = made(LayerClipping(keras.optimizers.SGD(0.1, 0.9), 1e6))
    for model in (plain, wide):
        model.fit(x, y, batch_size=4, shuffle=False, verbose=0)
    for one, other in zip(plain.get_weights(), wide.get_weights()):
        np.testing.assert_allclose(one, other, atol=1e-6)
    wide.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras").optimizer
    assert again.threshold == 1e6
    assert int(again.iterations) == 2
    with pytest.raises(ValueError, match="above 0, got 0"):
        LayerClipping(keras.optimizers.SGD(), 0)


def test_values_alone_are_of_the_layers_that_it_was_built_for():
    model = made(LayerClipping(keras.optimizers.SGD(1.0), 1.0))
    optimizer, values = model.optimizer, [v.value for v in model.trainable_variables]
    optimizer.build(model.trainable_variables)
    given = [None, *(10 * tf.ones_like(v) for v in values[1:])]
    clipped = optimizer.clipped(given, values)
    assert clipped[0] is None
    for one in (slice(1, 4), slice(4, 6)):
        square = sum(np.sum(np.square(g)) for g in clipped[one])
        assert square == pytest.approx(1, rel=1e-5)

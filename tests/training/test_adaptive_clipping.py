"""Gradients that are clipped in proportion to the weights."""

import keras
import numpy as np
import pytest

import rnnkit
from rnnkit.training import AdaptiveClipping


def test_each_unit_is_held_to_a_share_of_its_weights():
    draw = np.random.default_rng(0)
    optimizer = AdaptiveClipping(keras.optimizers.SGD(), factor=0.1)
    weight, gradient = draw.normal(size=(2, 4, 3)).astype("float32")
    weight[:, 2], gradient[:, 0] = 0, 1e-4 * gradient[:, 0]
    got = keras.ops.convert_to_numpy(optimizer.clip(gradient, weight))
    for column in range(3):
        g, w = gradient[:, column], weight[:, column]
        most = 0.1 * max(np.linalg.norm(w), 1e-3)
        wanted = g if np.linalg.norm(g) <= most else g * most / np.linalg.norm(g)
        np.testing.assert_allclose(got[:, column], wanted, rtol=1e-5)
    np.testing.assert_array_equal(got[:, 0], gradient[:, 0])
    bias = keras.ops.convert_to_numpy(optimizer.clip(gradient[:, 1], weight[:, 1]))
    np.testing.assert_allclose(
        np.linalg.norm(bias), 0.1 * np.linalg.norm(weight[:, 1]), rtol=1e-5
    )
    zero = keras.ops.convert_to_numpy(optimizer.clip(0 * gradient, weight))
    np.testing.assert_array_equal(zero, 0)


def fitted(optimizer, folder=None):
    """The weights after two epochs; with a folder, saved and loaded between them."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.layers.Embedding(7, 3), rnnkit.layers.GRU(4), keras.layers.Dense(1)]
    )
    model.compile(optimizer, "mse")
    x = np.random.default_rng(0).integers(0, 7, (8, 5))
    y = x[:, :1].astype("float32")
    for epoch in range(2):
        model.fit(x, y, batch_size=4, shuffle=False, verbose=0)
        if folder and not epoch:
            model.save(folder / "m.keras")
            model = keras.models.load_model(folder / "m.keras")
    return np.concatenate([w.ravel() for w in model.get_weights()]), model


@pytest.mark.slow
def test_it_trains_as_the_optimizer_inside_where_nothing_is_too_long(tmp_path):
    plain, _ = fitted(keras.optimizers.SGD(0.1, 0.9))
    wide, model = fitted(AdaptiveClipping(keras.optimizers.SGD(0.1, 0.9), 1e6))
    np.testing.assert_allclose(wide, plain, atol=1e-6)
    assert int(model.optimizer.iterations) == 4
    tight, _ = fitted(AdaptiveClipping(keras.optimizers.SGD(1.0, 0.9), 1e-3))
    again, model = fitted(
        AdaptiveClipping(keras.optimizers.SGD(1.0, 0.9), 1e-3), tmp_path
    )
    np.testing.assert_allclose(again, tight, atol=1e-6)
    assert model.optimizer.factor == 1e-3
    model.optimizer.learning_rate = 0.5
    assert float(model.optimizer.inner_optimizer.learning_rate) == 0.5

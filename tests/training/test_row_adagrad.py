"""RowAdagrad: the formula, for dense gradients and for those of some rows."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import rnnkit
from rnnkit.training import RowAdagrad

RNG = np.random.default_rng(0)


def test_the_formula_of_both_kinds_of_gradients():
    start = RNG.normal(size=(5, 3)).astype("float32")
    rows = np.array([3, 1, 4])
    dense, sparse = keras.Variable(start), keras.Variable(start)
    one, other = RowAdagrad(0.2, 0.1), RowAdagrad(0.2, 0.1)
    w, a = start.astype("float64"), np.full(5, 0.1)
    for _ in range(3):
        g = np.zeros((5, 3), "float32")
        g[rows] = RNG.normal(size=(3, 3))
        a += (g**2).mean(1)
        w -= 0.2 * g / np.sqrt(a)[:, None]
        one.apply([tf.constant(g)], [dense])
        other.apply([tf.IndexedSlices(tf.constant(g[rows]), rows)], [sparse])
        np.testing.assert_allclose(dense, w, rtol=1e-5)
        np.testing.assert_allclose(sparse, w, rtol=1e-5)


def test_a_row_that_comes_twice_moves_by_both():
    w = keras.Variable(np.zeros((3, 2), "float32"))
    g = np.array([[1, 2], [3, -1], [0.5, 0]], "float32")
    optimizer = RowAdagrad(1.0, 0.0)
    optimizer.apply([tf.IndexedSlices(tf.constant(g), [0, 0, 2])], [w])
    a = (g[:2] ** 2).mean(1).sum()
    np.testing.assert_allclose(w[0], -g[:2].sum(0) / np.sqrt(a), rtol=1e-6)
    np.testing.assert_array_equal(w[1], 0)
    np.testing.assert_allclose(w[2], -g[2] / np.sqrt((g[2] ** 2).mean()), rtol=1e-6)


@pytest.mark.parametrize("shape", [(), (4,), (2, 3, 2)])
def test_weights_of_any_shape(shape):
    w = keras.Variable(np.ones(shape, "float32"))
    RowAdagrad(0.1, 0.0).apply([tf.ones(shape)], [w])
    np.testing.assert_allclose(w, np.full(shape, 0.9), rtol=1e-6)


def test_it_comes_back_from_a_file(tmp_path):
    model = keras.Sequential([keras.Input(()), keras.layers.Embedding(4, 2)])
    model.compile(RowAdagrad(0.3, 0.01), "mse")
    x = np.array([1, 2, 1]), np.ones((3, 2))
    model.fit(*x, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(again.optimizer, rnnkit.training.RowAdagrad)
    for one in (model, again):
        one.fit(*x, shuffle=False, verbose=0)
    np.testing.assert_allclose(
        model.get_weights()[0], again.get_weights()[0], rtol=1e-5
    )

"""The gradient layer by layer, of a batch and of single instances."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.diagnostics import depth_gradients, layer_gradients

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(5, 2, 3)).astype("float32")
Y = DRAW.integers(0, 4, 5)


def made():
    model = keras.Sequential(
        [
            keras.layers.Flatten(),
            keras.layers.Dense(7, "tanh", name="first"),
            keras.layers.Dense(6, use_bias=False, name="second"),
            keras.layers.ReLU(),
            keras.layers.Dense(4, name="last"),
        ]
    )
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def kernel_gradients(model, x, y):
    """Norms by unit, by automatic differentiation."""
    with tf.GradientTape() as tape:
        loss = model.compute_loss(y=tf.constant(y), y_pred=model(x))
    kernels = {
        layer.name: layer.kernel._value
        for layer in model.layers
        if isinstance(layer, keras.layers.Dense)
    }
    found = tape.gradient(loss, kernels)
    return {k: np.linalg.norm(g, axis=0) for k, g in found.items()}


def test_every_instance_has_the_norms_of_its_own_gradient():
    model = made()
    found = layer_gradients(model, X, Y)
    assert list(found.batch) == ["first", "second", "last"]
    for name, norms in kernel_gradients(model, X, Y).items():
        np.testing.assert_allclose(found.batch[name], norms, rtol=1e-4)
    for k in range(5):
        alone = kernel_gradients(model, X[k : k + 1], Y[k : k + 1])
        for name, norms in alone.items():
            np.testing.assert_allclose(
                found.instances[name][k], norms, rtol=1e-4, atol=1e-8
            )
    whole = [np.linalg.norm(v) for v in kernel_gradients(model, X, Y).values()]
    np.testing.assert_allclose(found.batch_norms, whole, rtol=1e-4)
    assert found.instance_norms.shape == (5, 3)
    wide = layer_gradients(model, X.reshape(5, 6).astype("float64"), Y)
    np.testing.assert_allclose(wide.batch_norms, whole, rtol=1e-4)


def test_linear_layers_leave_what_their_weights_do():
    """Orthogonal and linear: nothing is lost. Half of that: half is, by each layer."""
    for gain, left in ((1.0, 1.0), (0.5, 0.5)):
        start = keras.initializers.Orthogonal(gain)
        deep = depth_gradients(X, Y, ("linear",), 6, 6, start)
        a = X.reshape(5, -1)
        errors = {}
        for k, (name, norms) in enumerate(deep["linear"].instances.items()):
            inputs = np.linalg.norm(a, axis=1, keepdims=True) * gain**k
            errors[name] = np.linalg.norm(norms / inputs, axis=1)
        errors = list(errors.values())[:-1]
        for lower, upper in itertools.pairwise(errors):
            np.testing.assert_allclose(lower, left * upper, rtol=1e-4)


def test_old_starts_lose_the_gradient_and_sigmoid_loses_most(tmp_path):
    deep = depth_gradients(X, Y, ("sigmoid", "tanh", "relu"), 8, 32)
    decay = deep.decay
    assert decay["sigmoid"] < 0.25 < decay["relu"] < 0.8
    assert decay["sigmoid"] < decay["tanh"]
    norms = deep["tanh"].batch_norms
    assert decay["tanh"] == pytest.approx((norms[1] / norms[7]) ** (1 / 6))
    again = depth_gradients(X, Y, ("tanh",), depth=8, units=32)
    np.testing.assert_array_equal(again["tanh"].batch_norms, norms)
    panels = deep.plot(tmp_path / "depth.png").axes
    assert [axes.get_title(loc="left") for axes in panels] == list(decay)
    line = panels[1].lines[1]
    np.testing.assert_allclose(
        line.get_ydata(), [np.median(v) for v in deep["tanh"].batch.values()]
    )


def test_what_it_cannot_look_into_is_said():
    with pytest.raises(ValueError, match="3 or more"):
        depth_gradients(X, Y, depth=2)
    inputs = keras.Input((3,))
    with pytest.raises(ValueError, match=r"no keras\.Sequential"):
        layer_gradients(keras.Model(inputs, inputs), X, Y)
    flat = keras.Sequential([keras.layers.Flatten()])
    flat.compile("sgd", "mse")
    with pytest.raises(ValueError, match="no Dense layer"):
        layer_gradients(flat, X, X.reshape(5, -1))
    wide = keras.Sequential([keras.layers.Dense(3, name="one")])
    wide.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"'one' is applied to .*Flatten"):
        layer_gradients(wide, X, X)

"""The cost of a softmax against NumPy in float64, its gradient too."""

import keras
import numpy as np
import pytest

from rnnkit.ops import softmax_nats

tf = pytest.importorskip("tensorflow")


@pytest.mark.parametrize("symbols", [7, 1500])  # plain, and by its own program
@pytest.mark.parametrize("in_graph", [False, True])
def test_nats_and_gradient(symbols, in_graph):
    rng = np.random.default_rng(0)
    logits = 9 * rng.normal(size=(4, 6, symbols)).astype("float32")
    logits[0, 0, 0] = 1e4
    ids = rng.integers(symbols, size=(4, 6))
    upstream = rng.normal(size=(4, 6)).astype("float32")

    def both(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            nats = softmax_nats(x, ids)
        return nats, tape.gradient(nats, x, tf.constant(upstream))

    nats, gradient = (tf.function(both) if in_graph else both)(tf.constant(logits))
    assert nats.dtype == "float32"
    exact = logits.astype("float64")
    exact -= exact.max(-1, keepdims=True)
    p = np.exp(exact) / np.exp(exact).sum(-1, keepdims=True)
    own = np.take_along_axis(
        exact - np.log(np.exp(exact).sum(-1, keepdims=True)), ids[..., None], -1
    )[..., 0]
    np.testing.assert_allclose(nats, -own, rtol=2e-6, atol=1e-5)
    wanted = (p - np.eye(symbols)[ids]) * upstream[..., None]
    np.testing.assert_allclose(gradient, wanted, atol=1e-5)


def test_half_precision_is_summed_in_float32():
    logits = keras.ops.cast(np.zeros((1, 2, 5000)), "bfloat16")
    nats = softmax_nats(logits, np.zeros((1, 2), "int32"))
    np.testing.assert_allclose(nats, np.log(5000), rtol=1e-6)

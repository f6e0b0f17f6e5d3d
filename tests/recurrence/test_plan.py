"""What one call finds out of a cell's step must not be taken for another's."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.layers import LSTM


def test_gradients_with_dropout_do_not_depend_on_an_earlier_call_without():
    x = tf.constant(np.random.default_rng(0).normal(size=(3, 5, 4)))

    def gradient(path, inference_first):
        layer = LSTM(6, recurrent_dropout=0.5, seed=3, path=path, dtype="float64")
        layer.build(x.shape)
        for k, weight in enumerate(layer.trainable_weights):
            value = np.random.default_rng(k).normal(size=weight.shape)
            weight.assign(value)
        if inference_first:
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(layer(x))
            tape.gradient(loss, layer.trainable_weights)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(x, training=True))
        return tape.gradient(loss, layer.trainable_weights)

    wanted = gradient("loop", False)
    for inference_first in (False, True):
        for got, value in zip(gradient("hoisted", inference_first), wanted):
            np.testing.assert_allclose(got, value, atol=1e-9)


def test_what_follows_from_kept_values_is_not_kept():
    """Of an LSTM the gates are kept, the tanh of the cell is computed again."""
    layer = LSTM(6, path="hoisted")
    layer(np.zeros((2, 3, 4), "float32"))
    ((program, *_),) = layer._hoisted._programs.values()
    plan = program.python_function.__self__.plan
    assert plan.kept == {("activation", k) for k in range(4)}
    assert plan.again == {4}


@pytest.mark.parametrize("path", ["loop", "hoisted"])
def test_half_precision_does_not_cut_long_sums_short(path):
    """The gradient of a bias, of 1,500 steps that all push the same way."""
    x = tf.constant(np.ones((1, 1500, 1), "float32"))

    def gradient(dtype):
        layer = LSTM(2, bias_initializer="ones", path=path, dtype=dtype)
        layer.build(x.shape)
        for weight in layer.trainable_weights[:2]:
            weight.assign(tf.zeros_like(weight))
        layer.return_sequences = True

        @tf.function
        def of_bias():
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(tf.cast(layer(x), "float32"))
            return tape.gradient(loss, layer.trainable_weights[2])

        return of_bias()

    wanted = gradient("float32")
    np.testing.assert_allclose(gradient("mixed_bfloat16"), wanted, rtol=0.15)

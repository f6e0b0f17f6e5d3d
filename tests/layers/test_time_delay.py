"""A time-delay layer is its sum, sees its context and no more."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.layers import TimeDelay

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 11, 4)).astype("float32")
LENGTHS = (11, 6, 1)
MASK = np.arange(11) < np.array(LENGTHS)[:, None]
CONTEXTS = [(-2, -1, 0, 1, 2), (-3, 0, 3), (0,), (1, 2), (-4, -1), (2, 0, -7), (-20, 5)]


def built(context, **options):
    """A layer with weights of every offset, unit and bias different."""
    layer = TimeDelay(5, context, **options)
    layer.build(X.shape)
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])
    return layer


def summed(layer, item):
    """The formula for one item, `(time, features)`, in float64, before stride."""
    weights = [w.astype("float64") for w in layer.get_weights()]
    rows = []
    for t in range(len(item)):
        total = weights[1].copy() if layer.use_bias else np.zeros(layer.units)
        for offset, kernel in zip(layer.context, weights[0], strict=True):
            if 0 <= t + offset < len(item):
                total += item[t + offset].astype("float64") @ kernel
        rows.append(total)
    return np.array(rows)


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_outputs_are_the_sum(context, stride):
    layer = built(context, stride=stride, activation="tanh")
    y = layer(X, mask=MASK)
    real = layer.compute_mask(X, MASK)
    for row, length in enumerate(LENGTHS):
        wanted = np.tanh(summed(layer, X[row, :length]))[::stride]
        assert np.sum(real[row]) == len(wanted)
        np.testing.assert_allclose(y[row, : len(wanted)], wanted, atol=1e-5)


def test_options_are_kept_to():
    layer = built((-1, 1), activation=None, use_bias=False)
    np.testing.assert_allclose(layer(X)[0], summed(layer, X[0]), atol=1e-5)
    layer = built((-1, 1))
    wanted = np.maximum(summed(layer, X[0]), 0)
    np.testing.assert_allclose(layer(X)[0], wanted, atol=1e-5)
    ones = TimeDelay(5, kernel_initializer="ones", activation=None)
    np.testing.assert_allclose(ones(X)[0, 2], [X[0, :5].sum()] * 5, rtol=1e-5)


@pytest.mark.parametrize(
    ("context", "padding"), [((-2, -1, 0, 1, 2), "same"), ((-2, -1, 0), "causal")]
)
def test_a_contiguous_context_is_a_convolution(context, padding):
    layer = built(context, activation="sigmoid")
    convolution = keras.layers.Conv1D(
        5, len(context), padding=padding, activation="sigmoid"
    )
    convolution.build(X.shape)
    convolution.set_weights(layer.get_weights())
    np.testing.assert_allclose(layer(X), convolution(X), atol=1e-5)


@pytest.mark.parametrize("context", CONTEXTS)
def test_the_context_is_all_that_is_seen(context):
    layer = built(context, activation="tanh")
    at = 5
    seen = {at + offset for offset in context if 0 <= at + offset < 11}
    x = tf.constant(X[:1])
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(layer(x)[:, at])
    slope = tape.gradient(loss, x).numpy()[0]
    assert set(np.flatnonzero(np.abs(slope).sum(-1))) == seen
    others = X[:1].copy()
    others[:, [t for t in range(11) if t not in seen]] = 9.0
    np.testing.assert_array_equal(layer(others)[:, at], layer(X[:1])[:, at])


def test_a_stack_sees_the_sum_of_its_contexts():
    contexts = (-2, 0, 1), (-3, 3)
    below = built(contexts[0], activation="tanh")
    above = TimeDelay(5, contexts[1], activation="tanh")
    x = tf.constant(X[:1])
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(above(below(x))[:, 5])
    slope = np.abs(tape.gradient(loss, x).numpy()[0]).sum(-1)
    seen = {5 + a + b for a in contexts[0] for b in contexts[1]}
    assert set(np.flatnonzero(slope)) == {t for t in seen if 0 <= t < 11}


@pytest.mark.parametrize("stride", [2, 3, 20])
@pytest.mark.parametrize("time", [9, 10, 11])
def test_sub_sampling_keeps_every_stride_th_frame(stride, time):
    full = built((-3, 0, 2))
    fewer = TimeDelay(5, (-3, 0, 2), stride=stride)
    fewer.build(X.shape)
    fewer.set_weights(full.get_weights())
    x, mask = X[:, :time], MASK[:, :time]
    np.testing.assert_allclose(
        fewer(x, mask=mask), full(x, mask=mask)[:, ::stride], atol=1e-6
    )
    np.testing.assert_array_equal(fewer.compute_mask(x, mask), mask[:, ::stride])


def test_gradients_of_weights_are_the_sums():
    """Of sum(g * y) without activation, to W_k: sum_t x_{t + c_k} g_t."""
    layer, g = built((-2, 1), activation=None), RNG.normal(size=(3, 11, 5))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(X, mask=MASK) * g.astype("float32"))
    slopes = tape.gradient(loss, [w.value for w in layer.trainable_weights])
    kernel = np.zeros((2, 4, 5))
    for row, length in enumerate(LENGTHS):
        for k, offset in enumerate(layer.context):
            for t in range(length):
                if 0 <= t + offset < length:
                    kernel[k] += np.outer(X[row, t + offset], g[row, t])
    np.testing.assert_allclose(slopes[0], kernel, atol=1e-4)
    np.testing.assert_allclose(slopes[1], g[MASK].sum(0), atol=1e-4)


@pytest.mark.parametrize(
    ("context", "back", "ahead"),
    [((-2, 0, 1), 2, 1), ((0,), 0, 0), ((1, 4), 0, 4), ((-5, -3), 5, 0)],
)
def test_how_far_it_looks(context, back, ahead):
    layer = TimeDelay(3, context)
    assert (layer.look_back, layer.look_ahead) == (back, ahead)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((0,), "units must be a whole number from 1"),
        ((3, ()), "one or more different offsets"),
        ((3, (0, 1, 0)), "one or more different offsets"),
        ((3, (0,), 0), "stride must be a whole number from 1"),
    ],
)
def test_what_cannot_be_is_refused_in_words(arguments, words):
    with pytest.raises(ValueError, match=words):
        TimeDelay(*arguments)

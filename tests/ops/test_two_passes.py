"""First derivatives under any tapes, second ones refused, of compiled passes."""

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from rnnkit.layers import LSTM
from rnnkit.losses import ctc_loss
from rnnkit.ops import parts, softmax_nats

RNG = np.random.default_rng(0)
X = tf.constant(RNG.normal(size=(4, 5, 4)).astype("float32"))
FAST, SLOW = (LSTM(6, path=path) for path in ("hoisted", "loop"))
for layer in (FAST, SLOW):
    layer.build(X.shape)
SLOW.set_weights(FAST.get_weights())


def loss(x):
    return ctc_loss([[1, 2]] * 4, x)


def cost(x):
    return softmax_nats(ops.tile(x, (1, 1, 300)), [[1] * 5] * 4)


# What one tape sees of these two has other tests to be right.
FUNCTIONS = {
    "LSTM": (FAST, SLOW),
    "ctc_loss": (loss, loss),
    "softmax_nats": (cost, cost),
}


@pytest.fixture(autouse=True)
def _compiled(monkeypatch):
    """It is what XLA compiles that tapes must not look into."""
    monkeypatch.setattr(parts, "COMPILE", True)


def one_tape(function):
    with tf.GradientTape() as tape:
        tape.watch(X)
        y = function(X)
        p = tf.reduce_sum(y)
    return tape.gradient(p, X)


def persistent(function):
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(X)
        y = function(X)
        p, q = tf.reduce_sum(y), tf.reduce_sum(y**2)
    return [tape.gradient(p, X), tape.gradient(q, X)]


def side_by_side(function):
    with tf.GradientTape() as one, tf.GradientTape() as other:
        one.watch(X)
        other.watch(X)
        y = function(X)
        p, q = tf.reduce_sum(y), tf.reduce_sum(y**2)
    return [one.gradient(p, X), other.gradient(q, X)]


def one_within_the_other(function):
    """An inner gradient that only an optimizer is to see."""
    with tf.GradientTape() as outer:
        outer.watch(X)
        with tf.GradientTape() as inner:
            inner.watch(X)
            y = function(X)
            p = tf.reduce_sum(y)
        first = inner.gradient(p, X)
        q = tf.reduce_sum(y**2)
    return [first, outer.gradient(q, X)]


def second(function):
    with tf.GradientTape() as outer:
        outer.watch(X)
        with tf.GradientTape() as inner:
            inner.watch(X)
            p = tf.reduce_sum(function(X) ** 2)
        first = inner.gradient(p, X)
    return outer.gradient(first, X)


@pytest.fixture(params=["eager", "graph"])
def run(request):
    if request.param == "eager":
        return lambda tapes, function: tapes(function)
    return lambda tapes, function: tf.function(tapes, autograph=False)(function)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("tapes", [persistent, side_by_side, one_within_the_other])
def test_any_tapes_have_the_gradients_of_one(name, tapes, run):
    function, plain = FUNCTIONS[name]
    wanted = [one_tape(plain), one_tape(lambda x: plain(x) ** 2)]
    for got, right in zip(run(tapes, function), wanted, strict=True):
        np.testing.assert_allclose(got, right, atol=1e-5)
    np.testing.assert_allclose(one_tape(function), wanted[0], atol=1e-5)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_second_derivatives_are_refused_in_words(name, run):
    with pytest.raises(NotImplementedError, match="no second derivatives"):
        run(second, FUNCTIONS[name][0])
    one_tape(FUNCTIONS[name][0])  # as if nothing had been


@pytest.mark.parametrize("of", FUNCTIONS)
@pytest.mark.parametrize("known", range(3), ids=["all", "inputs", "others"])
def test_the_batch_may_be_known_of_some_and_not_of_others(of, known):
    """Cut into parts are both, the one as many times as the other."""
    x = X[:2]

    def function(x, others):
        if of == "LSTM":
            return FAST(x, initial_state=[others, others])
        if of == "ctc_loss":
            return ctc_loss(ops.cast(others[:, :2], "int32"), x)
        return softmax_nats(ops.tile(x, (1, 1, 300)), ops.cast(others[:, :5], "int32"))

    others = tf.ones((2, 6))

    def gradient(x, others):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.tensordot([1.0, -2.0], function(x, others), 1)  # rows unlike
        return tape.gradient(y, x)

    unknown = [[None, *v.shape[1:]] for v in (x, others)]
    for k, v in enumerate((x, others)):
        if known in (0, k + 1):
            unknown[k] = v.shape
    in_graph = tf.function(
        gradient, input_signature=[tf.TensorSpec(shape) for shape in unknown]
    )
    np.testing.assert_allclose(
        in_graph(x, others), gradient(x, others), atol=1e-6, rtol=1e-5
    )


def test_forward_mode_is_refused_and_spoils_nothing():
    layer = LSTM(6, path="hoisted")
    layer.build(X.shape)
    layer.set_weights(SLOW.get_weights())
    with (
        pytest.raises(NotImplementedError, match="none in forward mode"),
        tf.autodiff.ForwardAccumulator(X, tf.ones_like(X)) as accumulator,
    ):
        accumulator.jvp(layer(X))
    np.testing.assert_allclose(one_tape(layer), one_tape(SLOW), atol=1e-5)


def test_the_loop_has_second_derivatives():
    assert np.abs(second(SLOW)).max() > 1e-3

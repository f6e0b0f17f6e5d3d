"""What one call finds out of a cell's step must not be taken for another's."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from rnnkit.cells import GatedCell, LSTMCell, SimpleRNNCell
from rnnkit.layers import LSTM, Recurrent
from rnnkit.recurrence.bind import weights_of
from rnnkit.recurrence.program import Program


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


@pytest.mark.parametrize("cell", [LSTMCell(4), SimpleRNNCell(4, activation="elu")])
def test_gradients_do_not_depend_on_a_first_call_whose_tape_stands_still(cell):
    x = tf.constant(np.random.default_rng(0).normal(size=(3, 5, 4)), "float32")

    def gradient(layer, call):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(call(x) ** 2)
        return tape.gradient(loss, layer.trainable_weights)

    fast, slow = Recurrent(cell, path="hoisted"), Recurrent(cell, path="loop")
    fast.build(x.shape)
    wanted = gradient(slow, slow)
    for call in (keras.remat(lambda x: fast(x)), fast):
        for got, value in zip(gradient(fast, call), wanted):
            np.testing.assert_allclose(got, value, atol=1e-5)


class Drawing(GatedCell):
    """A cell whose step draws, by Keras or by TensorFlow."""

    draw = None

    def step(self, x, states, U):
        noise = self.draw((ops.shape(x)[0], self.units))
        return [ops.tanh(x + U(states[0])) * noise]


GENERATOR = tf.random.Generator.from_seed(1)
SEEDS = keras.random.SeedGenerator(1)


@pytest.mark.parametrize(
    "draw",
    [
        lambda shape: keras.random.normal(shape, seed=SEEDS),
        tf.random.normal,
        tf.random.truncated_normal,
        GENERATOR.uniform,
        tf.function(tf.random.uniform),
    ],
)
def test_a_step_that_draws_is_not_for_the_fast_path(draw):
    cell = Drawing(4)
    cell.draw = draw
    x = np.ones((3, 5, 4), "float32")
    with pytest.raises(ValueError, match="A step of Drawing draws random numbers"):
        Recurrent(cell, path="hoisted")(x)
    layer = Recurrent(cell)
    assert layer(x).shape == (3, 4)
    assert layer.selection() == ("loop", "its step draws random numbers")


def test_numbers_drawn_from_a_fixed_seed_may_be_drawn_again():
    cell = Drawing(4)
    cell.draw = lambda shape: tf.random.stateless_uniform(shape, [1, 2])
    assert Recurrent(cell, path="hoisted")(np.ones((3, 5, 4), "float32")).shape == (
        3,
        4,
    )


@pytest.mark.parametrize("path", ["loop", "hoisted"])
def test_states_for_all_rows_and_masks_with_an_axis_more_are_as_in_keras(path):
    x = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")
    ours, states = LSTM(6, path=path), [np.full((1, 6), 0.3, "float32")] * 2
    theirs = keras.layers.LSTM(6)
    for layer in (theirs, ours):
        layer.build(x.shape)
    ours.set_weights(theirs.get_weights())
    wanted = theirs(x, initial_state=states)
    np.testing.assert_allclose(ours(x, initial_state=states), wanted, atol=1e-6)
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0]], bool)
    wanted = theirs(x, mask=mask)
    np.testing.assert_allclose(ours(x, mask=mask[..., None]), wanted, atol=1e-6)


def test_what_follows_from_kept_values_is_not_kept():
    """Of an LSTM the gates are kept, the tanh of the cell is computed again."""
    cell = LSTMCell(6)
    cell.build((2, 4))
    program = Program(cell, go_backwards=False, return_sequences=True)
    fixed = {"mask": None, "whole": {}, "steps": {}}
    states = cell.get_initial_state(2)
    program.forward(weights_of(cell), (tf.zeros((2, 3, 4)), states), fixed)
    assert program.plan.kept == {("activation", k) for k in range(4)}
    assert program.plan.again == {4}
    assert program.plan.weights == ["bias"]


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

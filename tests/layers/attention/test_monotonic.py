"""Monotonic attention in training and at inference."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.layers import (
    AdditiveAttention,
    DotAttention,
    LocationAttention,
    MonotonicAttention,
    WindowAttention,
)
from tests.layers.attention.formulas import FORMULAS
from tests.layers.attention.kinds import batch, built

QUERY, MEMORY, _, _ = batch()


def test_training_is_the_expectation_over_all_ways():
    """Without noise; at inference the same weights choose: one step, or none."""
    layer = built("MonotonicAttention")
    layer.noise = 0.0
    scores = {"return_attention_scores": True}
    _, weights = layer(QUERY, MEMORY, training=True, **scores)
    layer.hard = False
    for row in range(4):
        _, wanted = FORMULAS["soft"](layer, QUERY[row], MEMORY[row])
        np.testing.assert_allclose(weights[row], wanted, atol=1e-9)
    layer.hard = True
    _, chosen = layer(QUERY, MEMORY, **scores)
    assert set(np.unique(chosen)) == {0.0, 1.0}
    assert np.sum(chosen, axis=-1).max() == 1.0
    places = np.where(np.any(chosen, -1), np.argmax(chosen, -1), MEMORY.shape[1])
    assert np.all(np.diff(places, axis=1) >= 0)  # never back, never from behind the end


def test_noise_is_drawn_in_training_alone():
    layer = built("MonotonicAttention")
    layer.noise = 2.0
    first, second = (np.array(layer(QUERY, MEMORY, training=True)) for _ in range(2))
    assert np.abs(first - second).max() > 1e-3
    np.testing.assert_array_equal(layer(QUERY, MEMORY), layer(QUERY, MEMORY))
    one, other = (
        MonotonicAttention(AdditiveAttention(3), seed=4).draw_noise(
            {"memory": MEMORY}, 5
        )
        for _ in range(2)
    )
    np.testing.assert_array_equal(one, other)
    assert one.shape == (4, 5, 6)
    assert np.unique(one).size == 120  # each step of each pair has its own


def test_long_and_certain_sequences_lose_nothing():
    """Where it is sure to go on for long the usual quotient is 0 / 0."""
    layer = MonotonicAttention(DotAttention(), noise=0.0, initial_bias=0.0)
    memory = np.full((1, 400, 1), -40.0, "float32")
    memory[0, [0, 300]] = 40.0
    query = tf.constant([[[1.0], [1.0], [1.0]]])
    with tf.GradientTape() as tape:
        tape.watch(query)
        context, weights = layer(
            query, memory, training=True, return_attention_scores=True
        )
    np.testing.assert_allclose(weights[0, :, 0], 1.0, atol=1e-6)
    memory[0, 0] = -40.0
    _, weights = layer(query, memory, training=True, return_attention_scores=True)
    np.testing.assert_allclose(weights[0, :, 300], 1.0, atol=1e-6)
    assert np.isfinite(tape.gradient(context, query)).all()


@pytest.mark.slow
def test_it_learns_to_go_forward():
    """Each query asks for the next of the marked steps of the memory."""
    rng = np.random.default_rng(0)
    marks = np.zeros((64, 12), "float32")
    for row in marks:
        row[rng.choice(12, 3, replace=False)] = 1.0
    values = rng.normal(size=(64, 12)).astype("float32")
    memory = np.stack([marks, values], axis=-1)
    query = np.ones((64, 1, 1), "float32")
    wanted = np.array([v[m > 0][0] for m, v in zip(marks, values)])[:, None, None]
    inputs = [keras.Input((None, 1)), keras.Input((None, 2))]
    layer = MonotonicAttention(AdditiveAttention(8), seed=0)
    model = keras.Model(inputs, layer(*inputs)[..., 1:])
    model.compile(keras.optimizers.Adam(0.05), "mse", jit_compile=False)
    model.fit([query, memory], wanted, batch_size=64, epochs=60, verbose=0)
    got = model.predict([query, memory], verbose=0)
    assert np.mean(np.abs(got - wanted) < 1e-5) > 0.95


@pytest.mark.parametrize("wrong", [LocationAttention(3), WindowAttention(3), "dot"])
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match="scores of an attention without a state"):
        MonotonicAttention(wrong)
    with pytest.raises(ValueError, match="noise must be 0 or more"):
        MonotonicAttention(AdditiveAttention(3), noise=-1.0)

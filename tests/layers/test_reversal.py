"""Real steps turn around, and padding stays where it is."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.layers import ReverseSequence

IDS = np.array([[1, 2, 3, 4], [1, 2, 0, 0], [0, 0, 1, 2], [7, 0, 0, 0], [0, 0, 0, 0]])
TURNED = np.array(
    [[4, 3, 2, 1], [2, 1, 0, 0], [0, 0, 2, 1], [7, 0, 0, 0], [0, 0, 0, 0]]
)


@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_real_steps_turn_around(dtype):
    layer, mask = ReverseSequence(dtype=dtype), IDS > 0
    ids = IDS.astype(dtype)
    np.testing.assert_array_equal(layer(ids, mask=mask), TURNED)
    np.testing.assert_array_equal(layer(ids), ids[:, ::-1])
    vectors = np.stack([ids, 10 * ids], axis=-1)
    turned = np.stack([TURNED, 10 * TURNED], axis=-1)
    np.testing.assert_array_equal(layer(vectors, mask=mask), turned)
    np.testing.assert_array_equal(layer.compute_mask(ids, mask), mask)


def test_twice_is_nothing_and_slopes_turn_too():
    x = tf.constant(np.random.default_rng(0).normal(size=(5, 4, 3)), tf.float32)
    layer, mask = ReverseSequence(), tf.constant(IDS > 0)
    twice = layer(layer(x, mask=mask), mask=mask)
    np.testing.assert_array_equal(twice, np.where(IDS[..., None], x, 0))
    factors = tf.random.normal(x.shape)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(layer(x, mask=mask) * factors)
    slope = tape.gradient(total, x)
    np.testing.assert_array_equal(slope, layer(factors, mask=mask))

"""The linear recurrence is the recurrence, at any length, under XLA too."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.ops import linear_recurrence


def by_hand(a, b):
    q, found = np.zeros(len(a)), []
    for a_j, b_j in zip(a.T, b.T):
        q = a_j * q + b_j
        found.append(q)
    return np.array(found).T


def slope_of(a, b, factors):
    with tf.GradientTape() as tape:
        tape.watch(a)
        q = linear_recurrence(a, b)
    return q, tape.gradient(q, a, output_gradients=factors)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("length", [1, 2, 7, 8, 33])
def test_values_and_slopes_at_lengths_not_known_before(length, compiled):
    rng = np.random.default_rng(0)
    a, b, factors = rng.random((3, 3, length))
    a[0] = 0.0
    spec = [tf.TensorSpec([None, None], "float64")] * 3
    run = tf.function(slope_of, input_signature=spec, jit_compile=compiled)
    for found in (run, slope_of):
        q, slope = found(*(tf.constant(x) for x in (a, b, factors)))
        np.testing.assert_allclose(q, by_hand(a, b), rtol=1e-12)
    step = 1e-6 * rng.random(a.shape)
    wanted = by_hand(a + step, b) - by_hand(a - step, b)
    moved = np.sum(wanted * factors, 1)
    np.testing.assert_allclose(np.sum(slope * 2 * step, 1), moved, rtol=1e-6)


def test_small_products_keep_their_digits():
    """A quotient of cumulative products, the usual way, is lost here."""
    a = np.full((1, 300), 1e-4, "float32")
    a[0, 250:] = 1.0
    b = np.zeros_like(a)
    b[0, [0, 255]] = 1.0
    np.testing.assert_allclose(linear_recurrence(a, b)[0, 255:], 1.0, rtol=1e-6)

"""Nats of words and the words near them, all the pairs of a row in matrix products."""

import functools
import math

import keras
import numpy as np
from keras import ops

_BLOCK = 32  # words whose pairs are one matrix product


def skip_gram_nats(x, y, sides, z, left, right, negatives):
    """Each word tells those near it.

        nats = Σ_t Σ_{s near t} (Σ_j -ln σ(b_sj x_t·y_sj) + k / K Σ_n -ln σ(-x_t·z_n))

    Args:
        x: Vectors of the row's words, `(rows, n, dim)`.
        y: Those of what tells the words around, `(rows, n + 2 window, J, dim)`: the
            word's own, J = 1, or its nodes' in a tree.
        sides: b, +1, -1, or 0 where there is none, `(rows, n + 2 window, J)`.
        z: Vectors of the noise, `(rows, K, dim)`, or None.
        left, right: How many words are near on each side, `(rows, n)`.
        negatives: k, noise words that count for one pair.

    Returns:
        Nats `(rows,)`.
    """
    rows, n, dim = x.shape[0], x.shape[1], x.shape[2]
    window, depth = (y.shape[1] - n) // 2, y.shape[2]
    near = _near(left, right, window)  # (rows, blocks, L, L + 2 window)
    blocks, size = near.shape[1], near.shape[2]
    around = _frames(ops.reshape(y, (rows, n + 2 * window, depth * dim)), size, window)
    around = ops.reshape(around, (rows, blocks, -1, dim))
    own = ops.reshape(x, (rows, blocks, size, dim))
    scores = ops.matmul(own, ops.swapaxes(around, -1, -2))
    if depth == 1:  # a word's own vector: every side is +1
        nats = ops.softplus(-scores) * near
    else:
        signs = ops.reshape(_frames(sides, size, window), (rows, blocks, 1, -1))
        near = ops.repeat(near, depth, axis=-1) * ops.abs(signs)
        nats = ops.softplus(-signs * scores) * near
    nats = ops.sum(nats, axis=(1, 2, 3))
    if z is None:
        return nats
    pairs = ops.cast(left + right, x.dtype)
    return nats + _noise(x, z, pairs, negatives)


def bag_of_words_nats(x, y, sides, z, left, right, negatives):
    """The mean of those near a word tells it.

        h_t = mean of x_s, s near t
        nats = Σ_t (Σ_j -ln σ(b_tj h_t·y_tj) + k / K Σ_n -ln σ(-h_t·z_n))

    Arguments and what it returns are as in `skip_gram_nats`, but that x is of the words
    around, `(rows, n + 2 window, dim)`, and y and sides of the row's own,
    `(rows, n, J, dim)` and `(rows, n, J)`.
    """
    rows, n, _, dim = y.shape
    window = (x.shape[1] - n) // 2
    count = ops.cast(left + right, x.dtype)
    near = _near(left, right, window)
    size = near.shape[2]
    bag = ops.matmul(near, _frames(x, size, window))
    bag = ops.reshape(bag, (rows, n, dim)) / ops.maximum(count, 1.0)[..., None]
    scores = ops.sum(bag[:, :, None] * y, axis=-1)
    some = ops.cast(count > 0, x.dtype)
    nats = ops.softplus(-sides * scores) * ops.abs(sides) * some[..., None]
    nats = ops.sum(nats, axis=(1, 2))
    return nats if z is None else nats + _noise(bag, z, some, negatives)


def _noise(x, z, weights, negatives):
    """k / K Σ_t weight_t Σ_n -ln σ(-x_t·z_n), `(rows,)`."""
    each = ops.sum(ops.softplus(ops.matmul(x, ops.swapaxes(z, -1, -2))), axis=-1)
    return negatives / z.shape[1] * ops.sum(weights * each, axis=-1)


def _near(left, right, window):
    """1.0 for the pairs that are near, `(rows, blocks, L, L + 2 window)`."""
    rows, n = left.shape
    size = math.gcd(n, _BLOCK)
    away = np.arange(size + 2 * window) - window - np.arange(size)[:, None]
    left, right = (ops.reshape(a, (rows, n // size, size, 1)) for a in (left, right))
    near = (away >= -left) & (away <= right) & (away != 0)
    return ops.cast(near, "float32")


def _frames(y, size, window):
    """`(rows, n + 2 window, d)` → blocks with their surroundings, L + 2 window each."""
    rows, length, dim = y.shape
    blocks = (length - 2 * window) // size
    more = -(-2 * window // size)
    y = ops.pad(y, [(0, 0), (0, more * size - 2 * window), (0, 0)])
    y = ops.reshape(y, (rows, blocks + more, size, dim))
    parts = [y[:, k : blocks + k] for k in range(more + 1)]
    return ops.concatenate(parts, axis=2)[:, :, : size + 2 * window]


def nats(kind, *arguments):
    """One of the functions above, its gradients compiled with it on TensorFlow."""
    if keras.backend.backend() != "tensorflow":
        return kind(*arguments)
    from rnnkit.ops import parts

    return _with_gradients(kind, parts.COMPILE)(*arguments)


@functools.cache
def _with_gradients(kind, compiled):
    import tensorflow as tf

    from rnnkit.ops import parts

    def both(x, y, sides, z, left, right, negatives):
        wanted = [v for v in (x, y, z) if v is not None]
        with tf.GradientTape() as tape:
            tape.watch(wanted)
            value = kind(x, y, sides, z, left, right, negatives)
        return value, tape.gradient(value, wanted)

    program = parts.program(both)

    def run(x, y, sides, z, left, right, negatives):
        @tf.custom_gradient
        def value_of(x, y, *z):
            value, gradients = program(
                x, y, sides, z[0] if z else None, left, right, negatives
            )

            def gradient(upstream):
                return [
                    g * tf.reshape(upstream, [-1] + [1] * (len(g.shape) - 1))
                    for g in gradients
                ]

            return value, gradient

        return value_of(x, y, *([] if z is None else [z]))

    return run

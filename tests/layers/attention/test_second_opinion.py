"""Where Keras has the same attention, it gives the same numbers."""

import keras
import numpy as np
import pytest

from rnnkit import layers
from tests.layers.attention.kinds import WIDTH, batch


def test_additive_is_keras():
    """Keras' has no matrices: here they are one."""
    ours = layers.AdditiveAttention(WIDTH, dtype="float64")
    theirs = keras.layers.AdditiveAttention(dtype="float64")
    query, memory, query_mask, memory_mask = batch()
    memory_mask[2, 0] = True  # of nothing real Keras makes a mean
    ours.build(query.shape, memory.shape)
    theirs.build([query.shape, memory.shape])
    scale = np.random.default_rng(0).normal(size=WIDTH)
    ours.set_weights([np.eye(WIDTH), np.eye(WIDTH), np.zeros(WIDTH), scale])
    theirs.set_weights([scale])
    masks = {"query_mask": query_mask, "memory_mask": memory_mask}
    got = ours(query, memory, **masks)
    wanted = theirs([query, memory], mask=[query_mask, memory_mask])
    np.testing.assert_allclose(got, wanted, atol=1e-12)


@pytest.mark.parametrize("scale", [False, True])
def test_dot_is_keras(scale):
    ours = layers.DotAttention(scale, dtype="float64")
    theirs = keras.layers.Attention(use_scale=scale, dtype="float64")
    query, memory, _, _ = batch()
    ours.build(query.shape, memory.shape)
    theirs.build([query.shape, memory.shape])
    theirs.set_weights(ours.get_weights())
    np.testing.assert_allclose(ours(query, memory), theirs([query, memory]), atol=1e-12)


def test_heads_are_keras():
    ours = layers.MultiHeadAttention(2, 3, 5, dtype="float64")
    theirs = keras.layers.MultiHeadAttention(2, 3, 5, use_bias=False, dtype="float64")
    query, memory, _, memory_mask = batch()
    memory_mask[2, 0] = True
    ours.build(query.shape, memory.shape)
    theirs.build(query.shape, memory.shape)
    kernels = zip(ours.get_weights(), theirs.weights)
    theirs.set_weights([kernel.reshape(w.shape) for kernel, w in kernels])
    found = ours(query, memory, memory_mask=memory_mask, return_attention_scores=True)
    context, weights = theirs(
        query,
        memory,
        attention_mask=memory_mask[:, None],
        return_attention_scores=True,
    )
    np.testing.assert_allclose(found[0], context, atol=1e-7)
    np.testing.assert_allclose(found[1], np.mean(weights, axis=1), atol=1e-7)


def test_widths_that_differ_are_refused():
    with pytest.raises(ValueError, match="not 3 and 4: use GeneralAttention"):
        layers.DotAttention()(np.ones((1, 2, 3)), np.ones((1, 2, 4)))

"""Decoders for the tests."""

import numpy as np

from rnnkit.layers import AdditiveAttention, AttentionCell, AttentionDecoder

# How the cell reads the attention, and what that is called here.
ORDERS = {
    "after": {"input_feeding": False},
    "feeding": {"input_feeding": True},
    "bahdanau": {"order": "bahdanau"},
}


def decoder(cell, order="feeding", dtype="float64", attention=None, **more):
    """A decoder whose weights are all different, for the shapes of `batch`."""
    found = AttentionDecoder(
        AttentionCell(
            cell,
            attention or AdditiveAttention(5, dtype=dtype),
            attention_units=3,
            dtype=dtype,
            **ORDERS[order],
        ),
        dtype=dtype,
        **more,
    )
    found.build((None, None, 4), (None, None, 4))
    rng = np.random.default_rng(1)
    found.set_weights([rng.normal(0, 0.6, w.shape) for w in found.weights])
    return found

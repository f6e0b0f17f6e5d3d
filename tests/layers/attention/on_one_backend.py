"""Runs every attention and the decoder on KERAS_BACKEND; writes an .npz."""

import sys

import keras
import numpy as np
from keras import ops

from rnnkit import cells, layers
from rnnkit.losses import coverage_loss
from tests.layers.attention.decoders import ORDERS, decoder
from tests.layers.attention.kinds import MADE, batch, built

NOISY = {"feeding": keras.layers.GRUCell, "bahdanau": cells.GRUCell}


def main(path):
    """Outputs all at once and step by step; models that fit."""
    numbers = {}
    query, memory, query_mask, memory_mask = (
        x.astype("float32" if x.dtype == "float64" else bool) for x in batch()
    )
    masks = {"query_mask": query_mask, "memory_mask": memory_mask}
    for name in MADE:
        layer = built(name, "float32")
        found = layer(query, memory, **masks, return_attention_scores=True)
        numbers[f"{name} context"], numbers[f"{name} weights"] = found
        prepared = layer.prepare(ops.convert_to_tensor(memory), memory_mask)
        state = layer.initial_state(prepared)
        first = ops.convert_to_tensor(query[:, 0])
        numbers[f"{name} step"], _, _ = layer.step(first, prepared, state)
    masks = {"inputs_mask": query_mask, "memory_mask": memory_mask}
    for order in ORDERS:
        cell = [cells.GRUCell(6), keras.layers.LSTMCell(7)]
        layer = decoder(cell, order, "float32", return_state=True)
        y, weights, state = layer(query, memory, **masks, return_attention_scores=True)
        numbers[f"{order} outputs"], numbers[f"{order} weights"] = y, weights
        numbers[f"{order} step"], _ = layer.step(first, state)
    for order, cell in NOISY.items():
        noisy = layers.MonotonicAttention(layers.AdditiveAttention(3))
        cell = layers.AttentionCell(cell(6, dropout=0.5), noisy, **ORDERS[order])
        inputs = [keras.Input((None, 4)), keras.Input((None, 4))]
        model = keras.Model(inputs, layers.AttentionDecoder(cell)(*inputs))
        model.compile("sgd", "mse", jit_compile=False)
        model.fit([query, memory], np.ones((4, 5, 6)), verbose=0)
    numbers["coverage"] = coverage_loss(weights, query_mask)
    numbers["bridge"] = layers.Bridge()(list(state["cells"][1]))[0]
    np.savez(path, **{k: ops.convert_to_numpy(v) for k, v in numbers.items()})


if __name__ == "__main__":
    main(sys.argv[1])

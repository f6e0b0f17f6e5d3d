"""Runs every attention and the decoder on KERAS_BACKEND; writes an .npz."""

import sys

import keras
import numpy as np
from keras import ops

from rnnkit import cells, layers
from rnnkit.losses import coverage_loss
from tests.layers.attention.decoders import ORDERS, decoder
from tests.layers.attention.kinds import MADE, batch, built


def main(path):
    """Outputs all at once and step by step, and slopes."""
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
        for t in range(2):
            step = layer.step(ops.convert_to_tensor(query[:, t]), prepared, state)
            state = step[2]
        numbers[f"{name} step"] = step[0]
        inputs = [keras.Input((None, 4)), keras.Input((None, 4))]
        model = keras.Model(inputs, layer(*inputs))
        numbers[f"{name} predict"] = model.predict([query, memory], verbose=0)
    masks = {"inputs_mask": query_mask, "memory_mask": memory_mask}
    for order in ORDERS:
        cell = [cells.GRUCell(6), keras.layers.LSTMCell(7)]
        layer = decoder(cell, order, "float32", return_state=True)
        y, weights, state = layer(query, memory, **masks, return_attention_scores=True)
        numbers[f"{order} outputs"], numbers[f"{order} weights"] = y, weights
        numbers[f"{order} step"], _ = layer.step(
            ops.convert_to_tensor(query[:, 0]), state
        )
        for one in (
            cells.GRUCell(6, dropout=0.5),
            keras.layers.GRUCell(6, dropout=0.5),
        ):
            inputs = [keras.Input((None, 4)), keras.Input((None, 4))]
            noisy = layers.MonotonicAttention(layers.AdditiveAttention(3))
            fit = layers.AttentionDecoder(
                layers.AttentionCell(one, noisy, **ORDERS[order])
            )
            model = keras.Model(inputs, fit(*inputs))
            model.compile("sgd", "mse", jit_compile=False)
            model.fit([query, memory], np.ones((4, 5, 6)), verbose=0)
    turn = layers.ReverseSequence()
    numbers["turned"] = turn(memory, mask=memory_mask)
    numbers["coverage"] = coverage_loss(weights, query_mask)
    numbers["bridge"] = layers.Bridge()(list(state["cells"][1]))[0]
    np.savez(path, **{k: ops.convert_to_numpy(v) for k, v in numbers.items()})


if __name__ == "__main__":
    main(sys.argv[1])

"""A training step of a decoder with attention, against the same built of Keras' layers.

The target is given, so that without input feeding nothing waits for an attention. The
loop that input feeding takes is timed beside it; it is another model.
"""

import keras
import numpy as np
import tensorflow as tf

from benchmarks.report import Report
from benchmarks.timing import interleaved
from rnnkit import cells, layers

KERAS = "keras.layers.LSTM, AdditiveAttention"
FEEDING = "rnnkit, input feeding"
SHAPES = [(64, 30, 30, 256), (32, 50, 50, 512)]  # batch, targets, source, units
TINY = [(2, 3, 4, 5)]


def ours(units, input_feeding):
    """The decoder of rnnkit."""
    attention = layers.AdditiveAttention(units)
    cell = cells.LSTMCell(units)
    return layers.AttentionDecoder(
        layers.AttentionCell(cell, attention, input_feeding=input_feeding)
    )


class OfKeras(keras.layers.Layer):
    """The same decoder, without input feeding, of the layers of Keras."""

    def __init__(self, units):
        super().__init__()
        self.lstm = keras.layers.LSTM(units, return_sequences=True)
        self.query = keras.layers.Dense(units, use_bias=False)
        self.key = keras.layers.Dense(units)
        self.attention = keras.layers.AdditiveAttention()
        self.output_of = keras.layers.Dense(units, "tanh", use_bias=False)

    def call(self, x, memory):
        h = self.lstm(x)
        c = self.attention([self.query(h), memory, self.key(memory)])
        return self.output_of(keras.ops.concatenate([c, h], axis=-1))

    def take(self, decoder):
        """The weights of ours."""
        cell = decoder.cell
        attention = cell.attention
        self.lstm.set_weights(cell.cells[0].get_weights())
        self.query.set_weights([attention.query_kernel])
        self.key.set_weights([attention.memory_kernel, attention.bias])
        self.attention.set_weights([attention.score_kernel])
        self.output_of.set_weights([cell.attention_kernel])


def stepping(layer, x, memory, dy):
    """Forward and backward; returns the loss."""

    @tf.function(autograph=False)
    def step(x, memory):
        with tf.GradientTape() as tape:
            tape.watch([x, memory])
            loss = tf.reduce_sum(layer(x, memory) * dy)
        return loss, tape.gradient(loss, [x, memory, *layer.trainable_variables])

    def run():
        loss, gradients = step(x, memory)
        gradients[0][0, 0, 0].numpy()
        return float(loss)

    return run


def run(quick=False):
    report = Report("ms")
    for shape in TINY if quick else SHAPES:
        batch, targets, source, units = shape
        draw = np.random.default_rng(0)
        x, memory, dy = (
            tf.constant(draw.normal(size=(batch, time, units)), tf.float32)
            for time in (targets, source, targets)
        )
        made = {
            "rnnkit": ours(units, False),
            KERAS: OfKeras(units),
            FEEDING: ours(units, True),
        }
        for layer in made.values():
            layer(x, memory)
        made[KERAS].take(made["rnnkit"])
        found = {name: stepping(layer, x, memory, dy) for name, layer in made.items()}
        losses = [found[name]() for name in ("rnnkit", KERAS)]
        if not np.allclose(*losses, rtol=1e-3, atol=1e-2):
            raise ValueError(f"They compute different losses: {losses}.")
        seconds = interleaved(found, 1 if quick else 7, calls=3)
        mine = 1e3 * seconds.pop("rnnkit")
        for peer, taken in seconds.items():
            case = "·".join(map(str, shape))
            report.add("decoder, attention", case, mine, 1e3 * taken, peer)
    return report

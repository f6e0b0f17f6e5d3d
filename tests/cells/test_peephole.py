"""The peephole LSTM against TensorFlow's own kernel, and its gradient kernel."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.layers import PeepholeLSTM
from rnnkit.ops import parts
from rnnkit.testing import subjects
from rnnkit.testing.compare import assert_equal

UNITS = 6


@pytest.mark.parametrize("path", ["loop", "hoisted"])
def test_values_and_gradients_are_those_of_the_block_kernel(path, monkeypatch):
    monkeypatch.setattr(parts, "COMPILE", False)
    layer = PeepholeLSTM(UNITS, path=path, return_sequences=True, return_state=True)
    subjects.built(layer)
    cell = layer.cell
    sequence = tf.constant(subjects.inputs(), "float32")
    h, c = (tf.constant(state, "float32") for state in subjects.states(layer))
    weights = [cell.kernel, cell.recurrent_kernel, cell.peephole_kernel, cell.bias]
    weights = [tf.convert_to_tensor(weight) for weight in weights]
    watched = [sequence, h, c]

    def differentiated(run, sources):
        with tf.GradientTape() as tape:
            tape.watch(sources)
            outputs = run()
            loss = tf.reduce_sum(outputs * _upstream(outputs.shape))
        return outputs, tape.gradient(loss, sources)

    variables = [cell.kernel, cell.recurrent_kernel, cell.peephole_kernel, cell.bias]
    got = differentiated(
        lambda: layer(sequence, initial_state=[h, c])[0],
        [*watched, *[variable.value for variable in variables]],
    )
    wanted = differentiated(
        lambda: _block(sequence, h, c, *weights), [*watched, *weights]
    )
    assert_equal("being BlockLSTMV2 with peepholes", layer, got, wanted, 2e-5)


@tf.custom_gradient
def _block(sequence, h, c, kernel, recurrent_kernel, peepholes, bias):
    """(batch, time, units) as `BlockLSTMV2` computes it, with the right gradient."""
    options = {
        "seq_len_max": tf.constant(sequence.shape[1], "int64"),
        "x": tf.transpose(sequence, [1, 0, 2]),
        "cs_prev": c,
        "h_prev": h,
        "w": tf.concat([kernel, recurrent_kernel], 0),
        "wci": peepholes[0],
        "wcf": peepholes[1],
        "wco": peepholes[2],
        "b": bias,
        "use_peephole": True,
    }
    names = ("i", "cs", "f", "o", "ci", "co", "h")
    kept = tf.raw_ops.BlockLSTMV2(**options, cell_clip=0.0)
    kept = dict(zip(names, kept, strict=True))

    def gradient(upstream):
        found = tf.raw_ops.BlockLSTMGradV2(
            **options,
            **kept,
            cs_grad=tf.zeros_like(kept["cs"]),
            h_grad=tf.transpose(upstream, [1, 0, 2]),
        )
        d_x, d_c, d_h, d_w, d_i, d_f, d_o, d_b = found
        d_kernel, d_recurrent = tf.split(d_w, [kernel.shape[0], UNITS], 0)
        d_peepholes = tf.stack([d_i, d_f, d_o])
        d_sequence = tf.transpose(d_x, [1, 0, 2])
        return d_sequence, d_h, d_c, d_kernel, d_recurrent, d_peepholes, d_b

    return tf.transpose(kept["h"], [1, 0, 2]), gradient


def _upstream(shape):
    return tf.constant(np.random.default_rng(9).normal(size=shape), "float32")


def test_without_peepholes_it_is_an_lstm():
    layer = PeepholeLSTM(UNITS, path="loop")
    subjects.built(layer)
    layer.cell.peephole_kernel.assign(np.zeros(layer.cell.peephole_kernel.shape))
    plain = keras.layers.LSTM(UNITS)
    plain.build((subjects.BATCH, subjects.TIME, subjects.FEATURES))
    plain.set_weights([layer.cell.kernel, layer.cell.recurrent_kernel, layer.cell.bias])
    sequence = subjects.tensor(layer, subjects.inputs())
    promise = "being an LSTM with peepholes of zero"
    assert_equal(promise, layer, layer(sequence), plain(sequence), 1e-6)

"""Bridges between encoders and decoders of every kind."""

import keras
import numpy as np
import pytest

from rnnkit import cells, layers

RNG = np.random.default_rng(0)


def states(*widths):
    return [RNG.normal(size=(3, width)).astype("float32") for width in widths]


def test_directions_merge_as_said():
    hf, cf, hb, cb = given = states(4, 4, 4, 4)
    h, c = layers.Bridge("concat")(given)
    np.testing.assert_allclose(h, np.hstack([hf, hb]))
    np.testing.assert_allclose(c, np.hstack([cf, cb]))
    for mode, factor in (("sum", 1.0), ("ave", 0.5)):
        h, c = layers.Bridge(mode)(given)
        np.testing.assert_allclose(h, factor * (hf + hb), rtol=1e-6)
        np.testing.assert_allclose(c, factor * (cf + cb), rtol=1e-6)


def test_a_stack_merges_layer_by_layer():
    given = states(2, 2, 3, 3)
    below, above = layers.Bridge("sum", layers=2)(given)
    np.testing.assert_allclose(below, given[0] + given[1])
    np.testing.assert_allclose(above, given[2] + given[3])


def test_a_dense_bridge_reads_all_states():
    given, layer = states(4, 2, 3), layers.DenseBridge([5, 1])
    layer(given)
    kernel, bias = (RNG.normal(size=w.shape) for w in layer.weights)
    layer.set_weights([kernel, bias])
    wanted = np.tanh(np.hstack(given) @ kernel + bias)
    first, second = layer(given)
    np.testing.assert_allclose(first, wanted[:, :5], atol=1e-5)
    np.testing.assert_allclose(second, wanted[:, 5:], atol=1e-5)


def both(units):
    return layers.Bidirectional(
        layers.LSTM(units, return_sequences=True, return_state=True)
    )


ENCODERS = {
    "copy": (lambda: layers.LSTM(6, return_sequences=True, return_state=True), None),
    "concat": (lambda: both(3), lambda: layers.Bridge()),
    "stack": (
        lambda: layers.DeepRecurrent([both(4), both(3)], return_state=True),
        lambda: layers.DenseBridge([6, 6]),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["concat", "copy", "stack"])
def test_a_translator_of_layers_runs_and_is_saved(name, tmp_path):
    """From any encoder to a decoder, with one embedding at both ends of it."""
    encoder, bridge = ENCODERS[name]
    source, target = keras.Input((None,), dtype="int32"), keras.Input((None,))
    words = keras.layers.Embedding(9, 5, mask_zero=True)(source)
    memory, *last = encoder()(layers.ReverseSequence()(words))
    first = bridge()(last) if bridge else last
    tied = keras.layers.ReversibleEmbedding(9, 5, mask_zero=True)
    cell = layers.AttentionCell(
        cells.LSTMCell(6), layers.GeneralAttention(), attention_units=5
    )
    outputs = layers.AttentionDecoder(cell)(tied(target), memory, initial_state=first)
    model = keras.Model([source, target], tied(outputs, reverse=True))
    x = [np.array([[1, 2, 3], [4, 5, 0]]), np.array([[1, 2], [3, 0]])]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, jit_compile=False)
    model.fit(x, x[1], verbose=0)
    wanted = model.predict(x, verbose=0)
    assert wanted.shape == (2, 2, 9)
    alone = model.predict([x[0][1:, :2], x[1][1:, :1]], verbose=0)
    np.testing.assert_allclose(wanted[1:, :1], alone, atol=1e-6)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(x, verbose=0), wanted, atol=1e-6)


def test_what_cannot_be_is_refused_in_words():
    with pytest.raises(ValueError, match="merge_mode must be one of"):
        layers.Bridge("mul")
    with pytest.raises(ValueError, match="cannot share 3 states out"):
        layers.Bridge()(states(2, 2, 2))
    with pytest.raises(ValueError, match="units must be a whole number"):
        layers.DenseBridge([0])

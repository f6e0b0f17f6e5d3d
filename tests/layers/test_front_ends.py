"""What every layer without state promises: the acoustic front end."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit import layers
from tests.discovered import other_layers
from tests.layers.front_ends import FRAMEWISE, MADE, OF_TWO, batch_of, items


@pytest.fixture(params=MADE)
def name(request):
    return request.param


def test_every_layer_is_seen():
    assert {one.__name__ for one in other_layers()} == set(MADE) | OF_TWO


@pytest.mark.parametrize("more", [0, 1, 300])
@pytest.mark.parametrize("name", FRAMEWISE)
def test_padding_and_neighbours_change_nothing(name, more):
    layer = MADE[name]()
    x, mask = batch_of(name, np.nan, more)
    together, real = layer(x, mask=mask), np.array(layer.compute_mask(x, mask))
    assert real.shape == together.shape[:2]
    for row, part in enumerate(items(name)):
        if not len(part):
            assert not real[row].any()
            continue
        alone = layer(part[None])[0]
        assert real[row].sum() == len(alone)
        assert real[row, : len(alone)].all()
        np.testing.assert_allclose(together[row][: len(alone)], alone, atol=2e-6)
    if name != "SpecAugment":
        assert not np.array(together)[~real].any()


@pytest.mark.parametrize("name", FRAMEWISE)
def test_nothing_flows_to_padding(name):
    layer = MADE[name]()
    x, mask = (tf.constant(part) for part in batch_of(name, 7.0))
    real = layer.compute_mask(x, mask)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.boolean_mask(layer(x, mask=mask), real)
        loss = tf.reduce_sum(y**2)
    slope = tape.gradient(loss, x).numpy()
    assert np.isfinite(slope).all()
    assert not slope[~mask.numpy()].any()
    assert slope[0].any()


@pytest.mark.parametrize("name", FRAMEWISE)
def test_shapes_are_foretold(name):
    layer = MADE[name]()
    for part in items(name)[:3]:
        shape = layer(part[None]).shape
        assert shape == layer.compute_output_shape(part[None].shape)
        unknown = layer.compute_output_shape((None, None, *part.shape[1:]))
        assert unknown == (None, None, shape[-1])


@pytest.mark.parametrize("jit_compile", [False, True])
def test_graphs_of_unknown_sizes_are_the_same(name, jit_compile):
    layer = MADE[name]()
    x, mask = batch_of(name)
    layer(x)

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, None, *x.shape[2:])),
            tf.TensorSpec((None, None), "bool"),
        ],
        jit_compile=jit_compile,
    )
    def run(x, mask):
        return layer(x, mask=mask), layer.compute_mask(x, mask)

    for length in (x.shape[1], 3):
        rows = slice(0, None) if length > 3 else slice(1, 3)
        part = x[rows, :length], mask[rows, :length]
        y, real = run(*part)
        np.testing.assert_allclose(y, layer(part[0], mask=part[1]), atol=1e-5)
        np.testing.assert_array_equal(real, layer.compute_mask(*part))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_is_the_same_but_for_rounding(name, policy):
    full, half = MADE[name](), MADE[name](dtype=policy)
    x, mask = batch_of(name)
    wanted = full(x, mask=mask)
    half.build(x.shape)
    half.set_weights(full.get_weights())
    got = half(x, mask=mask)
    assert keras.backend.standardize_dtype(got.dtype) == half.compute_dtype
    error = 1e-3 if policy == "mixed_float16" else 8e-3
    scale = np.abs(wanted).max()
    assert np.abs(np.array(got, "float32") - wanted).max() < 2 * error * scale


class Seen(keras.layers.Layer):
    """Keeps the mask that reaches it."""

    def __init__(self):
        super().__init__()
        self.supports_masking = True

    def call(self, inputs, mask=None):
        self.mask = mask
        return inputs


class MasksZeros(keras.layers.Layer):
    """Masks every step that holds zeros alone."""

    def call(self, inputs):
        return inputs

    def compute_mask(self, inputs, mask=None):
        steps = keras.ops.shape(inputs)[:2]
        return keras.ops.any(keras.ops.reshape(inputs, (*steps, -1)) != 0, axis=-1)


def test_masks_reach_the_next_layer(name):
    layer, seen = MADE[name](), Seen()
    x, mask = batch_of(name)
    model = keras.Sequential([MasksZeros(), layer, seen])
    y = model(x)
    np.testing.assert_allclose(y, layer(x, mask=mask), atol=1e-6)
    np.testing.assert_array_equal(seen.mask, layer.compute_mask(x, mask))
    given = [keras.Input((None, *x.shape[2:])), keras.Input((None,), dtype="bool")]
    model = keras.Model(given, seen(layer(given[0], mask=given[1])))
    np.testing.assert_allclose(model([x, mask]), y, atol=1e-6)
    np.testing.assert_array_equal(seen.mask, layer.compute_mask(x, mask))


def test_models_are_saved_and_exported(name, tmp_path):
    x, _ = batch_of(name)
    model = keras.Sequential([keras.Input((None, *x.shape[2:])), MADE[name]()])
    wanted = model(x)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(x), wanted, atol=1e-6)
    assert loaded.layers[0].get_config() == model.layers[0].get_config()
    model.export(tmp_path / "saved", verbose=False)
    exported = tf.saved_model.load(tmp_path / "saved")
    np.testing.assert_allclose(exported.serve(x), wanted, atol=1e-5)
    np.testing.assert_allclose(exported.serve(x[:1, :2]), model(x[:1, :2]), atol=1e-5)


def test_a_recognizer_of_all_of_them_does_not_read_padding():
    samples, real = keras.Input((None,)), keras.Input((None,), dtype="bool")
    y = layers.LogMel(8000, bins=20)(samples, mask=real)
    for layer in (
        layers.Standardize(),
        layers.Deltas(),
        layers.SpecAugment(),
        layers.TimeDelay(6, stride=2),
        layers.LSTM(4),
    ):
        y = layer(y)
    model = keras.Model([samples, real], y)
    model.compile("sgd", "mse", jit_compile=False)
    x, mask = batch_of("LogMel", np.nan)
    together = model.predict([x, mask], verbose=0)
    for row, part in enumerate(items("LogMel")[:3]):
        alone = model([part[None], np.ones((1, len(part)), bool)])
        np.testing.assert_allclose(together[row], alone[0], atol=1e-5)
    losses = model.fit([x, mask], together + 1, verbose=0, epochs=2).history["loss"]
    assert np.isfinite(losses).all()

"""A Jordan layer on the true outputs: the same, and all steps at once."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

import rnnkit
from rnnkit.layers import LSTM, Jordan, TeacherForced

RNG = np.random.default_rng(1)
X = RNG.normal(size=(4, 7, 3)).astype("float32")
MASK = np.arange(7)[None] < np.array([7, 4, 1, 6])[:, None]
MASK[0, 2:4] = False  # in the middle, too


def jordan(**options):
    layer = Jordan(
        5,
        output_units=2,
        output_activation="tanh",
        bias_initializer="glorot_uniform" if options.pop("bias", 0) else "normal",
        return_sequences=True,
        **options,
    )
    layer.build((None, None, 3))
    return layer


@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])
@pytest.mark.parametrize("options", [{}, {"trainable_initial_state": True}])
def test_fed_its_own_outputs_it_gives_them(mask, options):
    layer = jordan(**options)
    if options:
        layer.set_weights([w + 0.5 for w in layer.get_weights()])
    own = layer(X, mask=mask)
    forced = TeacherForced(layer)(X, own, sequences_mask=mask)
    np.testing.assert_allclose(forced, own, atol=1e-6)


def test_the_output_passes_its_activation():
    cell = jordan().cell
    W, U, b, V, c = (
        np.array(weight, "float64")
        for weight in (
            cell.kernel,
            cell.recurrent_kernel,
            cell.bias,
            cell.output_kernel,
            cell.output_bias,
        )
    )
    before = RNG.normal(size=(4, 2))
    h = np.tanh(X[:, 0] @ W + before @ U + b)
    got, _ = cell(X[:, 0], [before.astype("float32")])
    np.testing.assert_allclose(got, np.tanh(h @ V + c), atol=1e-6)


def test_fed_others_it_is_one_step_from_each():
    layer, fed = jordan(), RNG.normal(size=(4, 7, 2)).astype("float32")
    forced = TeacherForced(layer)(X, fed)
    for t in range(7):
        before = fed[:, t - 1] if t else np.zeros((4, 2), "float32")
        expected, _ = layer.cell(X[:, t], [before])
        np.testing.assert_allclose(forced[:, t], expected, atol=1e-6)


def test_no_step_reads_a_later_or_a_masked_target():
    layer, fed = jordan(), RNG.normal(size=(4, 7, 2)).astype("float32")
    forced = TeacherForced(layer)(X, fed, sequences_mask=MASK)
    for t in range(7):
        other = fed.copy()
        other[:, t] += 1
        moved = np.abs(TeacherForced(layer)(X, other, sequences_mask=MASK) - forced)
        moved = moved.max(-1) > 1e-6
        assert not moved[:, : t + 1].any()
        assert not moved[~MASK[:, t]].any()


@pytest.mark.slow
def test_a_model_learns_forced_and_runs_free():
    """Each output is the one before it turned by an angle that the input gives."""
    angles = RNG.uniform(-0.5, 0.5, size=(256, 12, 1)).astype("float32")
    truth = np.cumsum(angles, 1)
    truth = np.concatenate([np.cos(truth), np.sin(truth)], -1)
    first = np.zeros((256, 12, 1), "float32")
    first[:, 0] = 1
    features = np.concatenate([angles, first], -1)
    keras.utils.set_random_seed(0)
    layer = Jordan(64, output_units=2, return_sequences=True)
    x, y = keras.Input((None, 2)), keras.Input((None, 2))
    training = keras.Model([x, y], TeacherForced(layer)(x, y))
    training.compile(keras.optimizers.Adam(0.01), "mse", jit_compile=False)
    training.fit([features, truth], truth, epochs=60, batch_size=64, verbose=0)
    free = keras.Model(x, layer(x)).predict(features, verbose=0)
    assert np.mean((free - truth) ** 2) < 0.05
    assert np.mean((truth - truth.mean((0, 1))) ** 2) > 0.2


def test_sizes_need_not_be_known():
    layer, fed = jordan(), RNG.normal(size=(4, 7, 2)).astype("float32")
    forced = TeacherForced(layer)
    expected = forced(X, fed, sequences_mask=MASK)

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, None, 3)),
            tf.TensorSpec((None, None, 2)),
            tf.TensorSpec((None, None), "bool"),
        ]
    )
    def run(x, y, mask):
        return forced(x, y, sequences_mask=mask)

    np.testing.assert_allclose(run(X, fed, MASK), expected, atol=1e-6)


def test_a_saved_model_is_the_same(tmp_path):
    x, y = keras.Input((None, 3)), keras.Input((None, 2))
    layer = Jordan(5, output_units=2, return_sequences=True)
    model = keras.Model([x, y], TeacherForced(layer)(x, y))
    fed = RNG.normal(size=(4, 7, 2)).astype("float32")
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again([X, fed]), model([X, fed]), atol=1e-6)


def test_the_mask_arrives_and_goes_on():
    embedded = keras.layers.Masking()(ops.convert_to_tensor(X * MASK[..., None]))
    layer, fed = jordan(), RNG.normal(size=(4, 7, 2)).astype("float32")
    got = TeacherForced(layer)(embedded, fed)
    expected = TeacherForced(layer)(X, fed, sequences_mask=MASK)
    np.testing.assert_allclose(got, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (lambda: LSTM(3, return_sequences=True), "remembers more"),
        (lambda: Jordan(3), "return_sequences=True"),
        (lambda: Jordan(3, return_sequences=True, go_backwards=True), "forwards"),
        (lambda: Jordan(3, return_sequences=True, stateful=True), "need its loop"),
        (
            lambda: Jordan(3, return_sequences=True, zero_output_for_mask=True),
            "need its loop",
        ),
    ],
)
def test_what_cannot_be_forced_says_why(layer, words):
    with pytest.raises(ValueError, match=words):
        TeacherForced(layer())


def test_noise_is_refused_in_words():
    layer = TeacherForced(jordan(zoneout=0.3))
    with pytest.raises(ValueError, match="drawn for a loop"):
        layer(X, np.zeros((4, 7, 2), "float32"), training=True)


def test_a_projection_is_refused_in_words():
    with pytest.raises(ValueError, match="output_units"):
        rnnkit.cells.JordanCell(4, projection_units=2)

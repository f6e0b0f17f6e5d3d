"""Slopes are HTK's, and standardized features have mean 0 and variance 1."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.data import standardize_by
from rnnkit.layers import Deltas, Standardize

RNG = np.random.default_rng(0)


def slopes(x, width):
    """HTK's regression formula for one item, `(time, features)`, in float64."""
    last = len(x) - 1
    rows = []
    for t in range(len(x)):
        total = 0
        for k in range(1, width + 1):
            total = total + k * (x[min(t + k, last)] - x[max(t - k, 0)])
        rows.append(total / (2 * sum(k**2 for k in range(1, width + 1))))
    return np.array(rows)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("width", [1, 2, 5])
def test_slopes_are_htks(order, width):
    x = RNG.normal(size=(2, 7, 3))
    layer = Deltas(order, width)
    for item, got in zip(x, layer(x), strict=True):
        streams = [item]
        for _ in range(order):
            streams.append(slopes(streams[-1], width))
        np.testing.assert_allclose(got, np.concatenate(streams, -1), atol=1e-6)


@pytest.mark.parametrize("left", [0, 2, 5])
def test_the_real_edges_are_held(left):
    """Wherever the padding lies, at the beginning, at the end or at both."""
    item = RNG.normal(size=(4, 3)).astype("float32")
    x = np.full((1, 9, 3), 50.0)
    mask = np.zeros((1, 9), bool)
    x[0, left : left + 4], mask[0, left : left + 4] = item, True
    first = slopes(item, 2)
    wanted = np.concatenate([item, first, slopes(first, 2)], -1)
    got = Deltas()(x, mask=mask)
    np.testing.assert_allclose(got[0, left : left + 4], wanted, atol=1e-6)


def test_a_straight_line_has_its_slope():
    x = 3.0 * np.arange(20)[None, :, None]
    got = np.array(Deltas(order=2, width=3)(x))[0]
    np.testing.assert_allclose(got[3:-3, 1], 3, atol=1e-5)
    np.testing.assert_allclose(got[6:-6, 2], 0, atol=1e-5)


def test_the_gradient_of_slopes_is_their_matrix():
    """Slopes are linear: the gradient of sum(w * d(x)) is d's matrix times w."""
    x = tf.constant(RNG.normal(size=(1, 6, 2)), "float32")
    weights = RNG.normal(size=(1, 6, 4)).astype("float32")
    layer = Deltas(order=1)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(layer(x) * weights)
    matrix = slopes(np.eye(6), 2)
    wanted = weights[0, :, :2] + matrix.T @ weights[0, :, 2:]
    np.testing.assert_allclose(tape.gradient(loss, x)[0], wanted, atol=1e-5)


def test_standardized_items_are_the_formulas():
    lengths, epsilon = [9, 4, 1], 1e-3
    x = RNG.normal(5, 3, (3, 9, 2))
    mask = np.arange(9) < np.array(lengths)[:, None]
    got = Standardize(epsilon)(x, mask=mask)
    for row, length in enumerate(lengths):
        item = x[row, :length]
        wanted = (item - item.mean(0)) / np.sqrt(item.var(0) + epsilon)
        np.testing.assert_allclose(got[row, :length], wanted, atol=1e-5)


def test_standardizing_does_not_see_scale_and_offset():
    x = RNG.normal(size=(2, 30, 3))
    layer = Standardize(epsilon=1e-12)
    np.testing.assert_allclose(layer(1000 + 7 * x), layer(x), atol=1e-3)


def test_the_gradient_of_standardizing_is_finite_differences():
    x, way = RNG.normal(size=(2, 1, 8, 2)).astype("float32")
    weights = RNG.normal(size=(1, 8, 2)).astype("float32")
    mask = np.arange(8)[None] < 6
    layer, given = Standardize(), tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(given)
        loss = tf.reduce_sum(layer(given, mask=mask) * weights)
    slope = np.sum(tape.gradient(loss, given) * way)
    above, below = (
        np.sum(layer(x + s * way, mask=mask) * weights) for s in (1e-2, -1e-2)
    )
    assert abs((above - below) / 2e-2 - slope) < 1e-2


def test_keras_normalization_does_a_whole_set_and_hands_masks_on():
    items = [RNG.normal(3, 2, (n, 4)).astype("float32") for n in (5, 8, 2)]
    layer = keras.layers.Normalization()
    layer.adapt(np.concatenate(items))
    frames = np.concatenate(items)
    wanted = (items[0] - frames.mean(0)) / frames.std(0)
    np.testing.assert_allclose(layer(items[0][None])[0], wanted, atol=1e-4)
    mask = np.ones((1, 5), bool)
    assert layer.supports_masking
    assert layer.compute_mask(items[0][None], mask) is mask


def test_speakers_are_standardized_each_by_itself():
    speakers = ["ada", "bo", "ada", "bo", "cy"]
    features = [RNG.normal(n, n + 1, (n + 3, 2)).astype("float32") for n in range(5)]
    got = standardize_by(speakers, features, epsilon=0.01)
    for speaker in "ada", "bo", "cy":
        mine = [i for i, name in enumerate(speakers) if name == speaker]
        frames = np.concatenate([features[i] for i in mine]).astype("float64")
        for i in mine:
            wanted = (features[i] - frames.mean(0)) / np.sqrt(frames.var(0) + 0.01)
            np.testing.assert_allclose(got[i], wanted, atol=1e-6)
            assert got[i].dtype == "float32"


def test_one_items_speaker_is_the_layer():
    x = RNG.normal(2, 3, (1, 6, 2)).astype("float32")
    np.testing.assert_allclose(
        standardize_by([0], [x[0]])[0], Standardize()(x)[0], 1e-4
    )


def test_items_without_frames_and_without_a_speaker():
    empty = np.zeros((0, 2), "float32")
    assert standardize_by(["ada"], [empty])[0].shape == (0, 2)
    with pytest.raises(ValueError, match="1 groups for 2 items: name one for each"):
        standardize_by(["ada"], [empty, empty])
    with pytest.raises(ValueError, match="width must be a whole number from 1"):
        Deltas(width=0)

"""Attention pooling is its sum over the real frames, and sees no others."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.layers import LSTM, AttentionPooling

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 9, 5)).astype("float32")
LENGTHS = (9, 4, 1, 0)
MASK = np.arange(9) < np.array(LENGTHS)[:, None]


def built(units=None, heads=1, scale=1.0):
    """A layer whose weights are all different."""
    layer = AttentionPooling(units, heads)
    layer.build(X.shape)
    layer.set_weights([scale * RNG.normal(size=w.shape) for w in layer.weights])
    return layer


def pooled(layer, item):
    """The formula for one item, `(time, features)`, in float64: y and a."""
    kernel, bias, v = (w.astype("float64") for w in layer.get_weights())
    means, weights = [], []
    for head in range(layer.heads):
        e = [v[:, head] @ np.tanh(h @ kernel + bias) for h in item.astype("float64")]
        powers = [np.exp(one - max(e)) for one in e]
        weights.append([power / sum(powers) for power in powers])
        means.append(sum(a * h for a, h in zip(weights[-1], item, strict=True)))
    return np.concatenate(means), np.array(weights).T


@pytest.mark.parametrize("units", [None, 1, 7])
@pytest.mark.parametrize("heads", [1, 3])
def test_outputs_are_the_formula(units, heads):
    layer = built(units, heads)
    y, a = layer(X, mask=MASK, return_attention_scores=True)
    assert y.shape == (4, heads * 5)
    assert a.shape == (4, 9, heads)
    for row, length in enumerate(LENGTHS[:3]):
        wanted, weights = pooled(layer, X[row, :length])
        np.testing.assert_allclose(y[row], wanted, atol=2e-6)
        np.testing.assert_allclose(a[row, :length], weights, atol=2e-6)
    np.testing.assert_allclose(layer(X, mask=MASK), y)
    np.testing.assert_allclose(layer(X)[1], pooled(layer, X[1])[0], atol=2e-6)


@pytest.mark.parametrize("fill", [0.0, 1e30, np.inf, np.nan])
@pytest.mark.parametrize("more", [0, 40])
def test_padding_and_neighbours_change_nothing(fill, more):
    layer = built(heads=2)
    x = np.pad(X, [[0, 0], [0, more], [0, 0]])
    mask = np.pad(MASK, [[0, 0], [0, more]])
    x[~mask] = fill
    y, a = layer(x, mask=mask, return_attention_scores=True)
    assert not np.any(np.array(a)[~mask])
    assert not np.any(y[3])  # no frame, so zeros
    for row, length in enumerate(LENGTHS[:3]):
        alone = layer(X[row : row + 1, :length])
        np.testing.assert_allclose(y[row], alone[0], atol=1e-6)


def test_real_frames_may_lie_anywhere():
    layer, mask = built(), RNG.random((4, 9)) < 0.5
    mask[:, 4] = True  # at least one of each
    y = layer(X, mask=mask)
    for row in range(4):
        wanted, _ = pooled(layer, X[row][mask[row]])
        np.testing.assert_allclose(y[row], wanted, atol=2e-6)


def test_large_scores_are_no_overflow():
    layer = built(scale=1e4)
    y, a = layer(X, mask=MASK, return_attention_scores=True)
    assert np.isfinite(y).all()
    np.testing.assert_allclose(np.sum(a, axis=1)[:3], 1.0, atol=1e-6)


def test_slopes_are_the_formulas():
    """Central differences of the float64 formula, to inputs and to every weight."""
    layer, item = built(3, 2), X[:1, :4]
    x = tf.constant(np.pad(item, [[0, 0], [0, 2], [0, 0]], constant_values=np.nan))
    mask = tf.constant([[True] * 4 + [False] * 2])
    factors = RNG.normal(size=10)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(layer(x, mask=mask)[0] * factors.astype("float32"))
    slopes = tape.gradient(total, [x, *(w.value for w in layer.weights)])
    assert not np.any(slopes[0][0, 4:])
    weights = layer.get_weights()
    for place, (start, slope) in enumerate(zip([item[0], *weights], slopes)):
        slope = np.array(slope[0, :4] if place == 0 else slope)
        for index in np.ndindex(start.shape):
            found = []
            for step in (1e-3, -1e-3):
                moved = start.astype("float64")
                moved[index] += step
                layer.get_weights = lambda place=place, moved=moved: [
                    moved if place == k else w for k, w in enumerate(weights, 1)
                ]
                y, _ = pooled(layer, moved if place == 0 else item[0])
                found.append(y @ factors)
            del layer.get_weights
            wanted = (found[0] - found[1]) / 2e-3
            np.testing.assert_allclose(slope[index], wanted, atol=1e-4)


def test_one_model_may_give_weights_and_another_the_result(tmp_path):
    inputs = keras.Input((None, 5))
    h = LSTM(6, return_sequences=True)(keras.layers.Masking()(inputs))
    y, a = AttentionPooling(heads=2)(h, return_attention_scores=True)
    assert y.shape == (None, 12)
    assert a.shape == (None, None, 2)
    both, one = keras.Model(inputs, [y, a]), keras.Model(inputs, y)
    x = np.where(MASK[:, :, None], X, 0.0)
    wanted = both(x)
    np.testing.assert_allclose(one(x), wanted[0], atol=1e-6)
    assert not np.any(np.array(wanted[1])[~MASK])
    both.save(tmp_path / "both.keras")
    loaded = keras.models.load_model(tmp_path / "both.keras")
    for got, want in zip(loaded(x), wanted):
        np.testing.assert_allclose(got, want, atol=1e-6)


def test_shapes_are_foretold():
    layer = AttentionPooling(heads=3)
    assert layer.compute_output_shape((None, None, 4)) == (None, 12)
    assert layer.compute_mask(X, MASK) is None


@pytest.mark.parametrize("wrong", [{"units": 0}, {"heads": 0}, {"heads": 1.5}])
def test_what_cannot_be_is_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"{name} must be a whole number from 1"):
        AttentionPooling(**wrong)

"""What SpecAugment hides, and what it leaves."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.layers import SpecAugment

RNG = np.random.default_rng(0)
X = RNG.normal(4, 1, (500, 30, 6)).astype("float32")
LENGTHS = RNG.integers(1, 31, 500)
MASK = np.arange(30) < LENGTHS[:, None]


def runs(row):
    """Lengths of the runs of True in a row of booleans."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row, [0]])))
    return edges[1::2] - edges[::2]


def hidden(x, y):
    """The frames hidden whole, and the features hidden in every real frame."""
    changed = x != y
    return changed.all(-1), changed


def test_inference_changes_nothing():
    layer = SpecAugment(feature_width=3)
    np.testing.assert_array_equal(layer(X), X)
    np.testing.assert_array_equal(layer(X, mask=MASK, training=False), X)


def test_frames_are_hidden_within_the_item():
    layer = SpecAugment(1, 8, 0, 0, time_share=0.5, seed=1)
    y = np.array(layer(X, mask=MASK, training=True))
    whole, changed = hidden(X, y)
    assert (changed.any(-1) == whole).all()
    assert not whole[~MASK].any()
    widths = []
    for row, length in zip(whole, LENGTHS, strict=True):
        found = runs(row)
        assert len(found) <= 1
        widths.append(sum(found))
        assert widths[-1] <= min(8, length // 2)
    long = np.array(widths)[LENGTHS >= 16]
    assert set(long) == set(range(9))
    # Uniform on 0 … 8: mean 4, standard deviation 2.6 over the root of their number.
    assert abs(long.mean() - 4) < 4 * 2.6 / np.sqrt(len(long))


def test_both_ends_of_an_item_can_be_hidden():
    layer = SpecAugment(1, 8, 0, 0, time_share=0.5, seed=1)
    y = np.array(layer(X, mask=MASK, training=True))
    whole, _ = hidden(X, y)
    assert whole[:, 0].any()
    assert any(row[n - 1] for row, n in zip(whole, LENGTHS, strict=True) if n >= 2)


def test_padding_before_the_item_is_the_same_as_after_it():
    after, before = (SpecAugment(2, 8, 1, 3, seed=2) for _ in range(2))
    moved = np.zeros_like(X)
    moved[MASK[:, ::-1]] = X[MASK]
    y = np.array(after(X, mask=MASK, training=True))
    got = np.array(before(moved, mask=MASK[:, ::-1], training=True))
    assert (y != X).any()
    np.testing.assert_allclose(got[MASK[:, ::-1]], y[MASK], atol=1e-5)
    assert not got[~MASK[:, ::-1]].any()


def test_features_are_hidden_through_the_item():
    layer = SpecAugment(0, 0, 1, 3, seed=3)
    y = np.array(layer(X, mask=MASK, training=True))
    changed = y != X
    widths = []
    for row, length in zip(changed, LENGTHS, strict=True):
        bands = row[0]
        assert (row[:length] == bands).all() or length == 1
        assert not row[length:].any()
        found = runs(bands)
        assert len(found) <= 1
        widths.append(sum(found))
    assert set(np.array(widths)[LENGTHS > 1]) == {0, 1, 2, 3}
    assert changed[:, 0].any(0).all()


def test_items_have_ranges_of_their_own():
    x = np.repeat(X[:1], 20, axis=0)
    y = np.array(SpecAugment(seed=4, feature_width=3)(x, training=True))
    assert len({row.tobytes() for row in y}) > 10


def test_what_is_hidden_is_the_items_mean():
    layer = SpecAugment(3, 10, 2, 3, seed=5)
    poisoned = np.where(MASK[..., None], X, np.nan)
    y = np.array(layer(poisoned, mask=MASK, training=True))
    for item, length, got in zip(X, LENGTHS, y, strict=True):
        mean = np.broadcast_to(item[:length].astype("float64").mean(0), (length, 6))
        changed = item[:length] != got[:length]
        np.testing.assert_allclose(got[:length][changed], mean[changed], atol=1e-5)


def test_a_seed_repeats_the_ranges_and_calls_differ():
    first, second = (SpecAugment(seed=6, feature_width=3) for _ in range(2))
    one, two = (np.array(first(X, training=True)) for _ in range(2))
    assert (one != two).any()
    for wanted in (one, two):
        np.testing.assert_array_equal(second(X, training=True), wanted)
    again = SpecAugment.from_config(first.get_config())
    np.testing.assert_array_equal(again(X, training=True), one)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_graphs_hide_too_and_repeat_it(jit_compile):
    signature = [tf.TensorSpec((None, None, 6)), tf.TensorSpec((None, None), "bool")]

    def drawn():
        layer = SpecAugment(2, 8, 1, 3, time_share=0.5, seed=7)

        @tf.function(input_signature=signature, jit_compile=jit_compile)
        def run(x, mask):
            return layer(x, mask=mask, training=True)

        return [run(X, MASK).numpy() for _ in range(2)]

    (one, two), again = drawn(), drawn()
    np.testing.assert_array_equal(again, [one, two])
    whole, changed = hidden(X, one)
    assert not changed[~MASK].any()
    assert set(whole.sum(-1)) >= set(range(9))
    assert (whole.sum(-1) <= 2 * np.minimum(8, LENGTHS // 2)).all()
    assert (one != two).any()
    if not jit_compile:  # XLA draws other numbers
        eager = SpecAugment(2, 8, 1, 3, time_share=0.5, seed=7)
        np.testing.assert_allclose(one, eager(X, mask=MASK, training=True), atol=1e-5)


def test_fit_hides_and_evaluate_does_not():
    layer = SpecAugment(2, 20, 0, 0, time_share=1.0, seed=8)
    same = keras.layers.Dense(6, use_bias=False, kernel_initializer="identity")
    model = keras.Sequential([keras.Input((30, 6)), layer, same])
    model.compile(keras.optimizers.SGD(0.0), loss="mse")
    assert model.evaluate(X, X, verbose=0) < 1e-9
    assert model.fit(X, X, verbose=0).history["loss"][0] > 0.01


def test_half_precision_keeps_the_type():
    layer = SpecAugment(dtype="mixed_float16", feature_width=3)
    assert layer(X, mask=MASK, training=True).dtype == "float16"


def test_gradients_flow_past_what_is_hidden():
    layer = SpecAugment(2, 10, 1, 3, seed=9)
    x = tf.constant(X[:8])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, mask=MASK[:8], training=True)
        loss = tf.reduce_sum(y**2)
    changed = (y != x).numpy()
    slope = tape.gradient(loss, x).numpy()
    # What is kept gives 2x; each feature's mean m, hidden n times, gives 2mn / T more.
    for item, got, many, length in zip(X, slope, changed, LENGTHS, strict=False):
        mean = item[:length].mean(0)
        more = 2 * mean * many[:length].sum(0) / length
        wanted = np.where(many, 0, 2 * item)
        wanted[:length] += more
        np.testing.assert_allclose(got, wanted, atol=1e-4)


def test_what_cannot_be_is_refused_in_words():
    with pytest.raises(ValueError, match="feature_width is 8, but there are only 6"):
        SpecAugment()(X)
    with pytest.raises(ValueError, match="time_share must lie between 0 and 1"):
        SpecAugment(time_share=20)
    with pytest.raises(ValueError, match="time_masks must be a whole number from 0"):
        SpecAugment(time_masks=-1)

"""Weighted cross-entropy of sequences against sums written out."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.losses import SequenceDivergence, aligned_targets, sequence_divergence

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(4, 6, 3)).astype("float32")
LABELS = np.array([0, 2, 1, 1])
MASK = np.array(
    [[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0], [0, 1, 0, 1, 1, 0], [0, 0, 0, 0, 0, 0]],
    bool,
)


def nats(row, t, label):
    x = LOGITS[row, t].astype("float64")
    return np.log(np.exp(x).sum()) - x[label]


def by_hand(weights, labels=LABELS):
    """`weights(seen)` gives those of the frames that count."""
    results = []
    for row, seen in enumerate(MASK):
        frames = np.flatnonzero(seen)
        w = np.asarray(weights(frames), float)
        of = [labels[row, t] if labels.ndim == 2 else labels[row] for t in frames]
        each = np.array([nats(row, t, label) for t, label in zip(frames, of)])
        results.append((w * each).sum() / w.sum() if len(frames) else 0.0)
    return results


NUMBERS = RNG.random(6)
CASES = {
    "uniform": ("uniform", lambda frames: np.ones(len(frames))),
    "last": ("last", lambda frames: (frames == frames.max(initial=0)) * 1.0),
    "ramp": ("ramp", lambda frames: np.arange(len(frames)) + 1),
    "numbers": (NUMBERS, lambda frames: NUMBERS[frames]),
}


@pytest.mark.parametrize("case", CASES)
def test_every_weighting_is_the_sum_written_out(case):
    weights, written = CASES[case]
    got = sequence_divergence(LABELS, LOGITS, weights, MASK)
    np.testing.assert_allclose(got, by_hand(written), rtol=1e-5)
    each = RNG.integers(0, 3, size=(4, 6))
    got = sequence_divergence(each, LOGITS, weights, MASK)
    np.testing.assert_allclose(got, by_hand(written, each), rtol=1e-5)


def test_last_is_the_loss_of_a_net_that_answers_at_the_end():
    wanted = keras.losses.sparse_categorical_crossentropy(
        LABELS, LOGITS[:, -1], from_logits=True
    )
    got = sequence_divergence(LABELS, LOGITS, "last")
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_padding_changes_neither_the_loss_nor_the_gradient():
    slopes, losses = [], []
    for filling in (0.0, np.nan):
        x = tf.constant(np.where(MASK[..., None], LOGITS, np.float32(filling)))
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = sequence_divergence(LABELS, x, "ramp", MASK)
        losses.append(loss)
        slopes.append(tape.gradient(loss, x).numpy())
    np.testing.assert_array_equal(losses[0], losses[1])
    np.testing.assert_array_equal(slopes[0], slopes[1])
    assert not slopes[0][~MASK].any()


def test_as_a_keras_loss_it_knows_the_mask():
    y_pred = tf.constant(LOGITS)
    y_pred._keras_mask = tf.constant(MASK)
    loss = keras.losses.deserialize(keras.losses.serialize(SequenceDivergence("ramp")))
    wanted = np.mean(sequence_divergence(LABELS, LOGITS, "ramp", MASK))
    np.testing.assert_allclose(loss(LABELS, y_pred), wanted, rtol=1e-6)


def test_targets_at_the_ends_or_over_the_duration():
    labels, starts, ends = [[1, 2], [2]], [[0, 3], [1]], [[2, 5], [4]]
    targets, weights = aligned_targets(labels, ends, 6)
    np.testing.assert_array_equal(weights, [[0, 1, 0, 0, 1, 0], [0, 0, 0, 1, 0, 0]])
    assert targets[0, 1] == 1
    assert targets[0, 4] == targets[1, 3] == 2
    targets, weights = aligned_targets(labels, ends, 6, starts)
    np.testing.assert_array_equal(targets, [[1, 1, 0, 2, 2, 0], [0, 2, 2, 2, 0, 0]])
    np.testing.assert_array_equal(weights, [[1, 1, 0, 1, 1, 0], [0, 1, 1, 1, 0, 0]])
    padded = aligned_targets([[1, 2], [2, -1]], [[2, 5], [4, -1]], 6, [[0, 3], [1, -1]])
    np.testing.assert_array_equal(padded[0], targets)
    with pytest.raises(ValueError, match="Sequence 0, symbol 1 lies in frames 4 to 5"):
        aligned_targets(labels, ends, 3)
    with pytest.raises(ValueError, match="symbol 1 lies in frames 1 to 5, where ano"):
        aligned_targets(labels, ends, 6, [[0, 1], [1]])
    with pytest.raises(ValueError, match="Sequence 1 has 2 symbols, but not as many"):
        aligned_targets([[1, 2], [2, 1]], ends, 6)
    with pytest.raises(ValueError, match="There are 1 sequences, but places of 2"):
        aligned_targets(labels[:1], ends, 6)


def test_an_unknown_weighting_is_named():
    with pytest.raises(ValueError, match=r"uniform, last, ramp, or numbers .* 'first'"):
        sequence_divergence(LABELS, LOGITS, "first")
    for weights in ("first", [1.0, -1.0], np.ones((2, 2))):
        with pytest.raises(ValueError, match="numbers of 0 or more, one a step"):
            SequenceDivergence(weights)
    with pytest.raises(ValueError, match="weights must be 0 or more"):
        sequence_divergence(LABELS, LOGITS, -np.ones(LOGITS.shape[1]))

"""CTC against every alignment written out, torch, and itself in other company."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.losses import CTC, ctc, ctc_loss
from rnnkit.ops import parts

RNG = np.random.default_rng(0)


def gradients(labels, logits, *lengths, upstream=None, **options):
    logits = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        losses = ctc_loss(labels, logits, *lengths, **options)
        target = losses if upstream is None else losses * upstream
    return losses.numpy(), tape.gradient(target, logits).numpy()


def log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def reads_as(path, blank):
    return tuple(s for s, _ in itertools.groupby(path) if s != blank)


def by_enumeration(label, logits, blank):
    """Loss and gradient of one item, float64, from all paths."""
    probs = np.exp(log_softmax(logits.astype("float64")))
    time, symbols = probs.shape
    whole, posterior = 0.0, np.zeros_like(probs)
    for path in itertools.product(range(symbols), repeat=time):
        if reads_as(path, blank) == tuple(label):
            p = np.prod([probs[t, s] for t, s in enumerate(path)])
            whole += p
            posterior[np.arange(time), path] += p
    if whole == 0:
        return np.inf, np.zeros_like(probs)
    return -np.log(whole), probs - posterior / whole


def every_label(blank, most=3, symbols=3):
    others = [s for s in range(symbols) if s != blank]
    return [
        label for n in range(most + 1) for label in itertools.product(others, repeat=n)
    ]


def padded(rows, value=-1):
    width = max(map(len, rows))
    return np.array([[*row, *[value] * (width - len(row))] for row in rows], "int32")


@pytest.mark.parametrize("time", range(1, 7))
@pytest.mark.parametrize("blank", [0, 1, -1])
def test_every_small_case_equals_enumeration(time, blank):
    labels = every_label(blank % 3)
    logits = RNG.normal(size=(len(labels), time, 3)).astype("float32") * 2
    losses, slopes = gradients(padded(labels), logits, blank=blank, infeasible="inf")
    for label, x, loss, slope in zip(labels, logits, losses, slopes):
        wanted, wanted_slope = by_enumeration(label, x, blank % 3)
        np.testing.assert_allclose(loss, wanted, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(slope, wanted_slope, atol=2e-6)


def test_the_gradient_is_that_of_finite_differences():
    labels = padded(every_label(0))
    logits = RNG.normal(size=(len(labels), 6, 3)).astype("float32")
    _, slopes = gradients(labels, logits, upstream=2.0)
    nudges = 1e-2 * np.eye(18, dtype="float32").reshape(18, 6, 3)
    up, down = (
        ctc_loss(np.repeat(labels, 18, axis=0), (logits[:, None] + x).reshape(-1, 6, 3))
        for x in (nudges, -nudges)
    )
    found = ((up - down) / 1e-2).numpy().reshape(slopes.shape)
    np.testing.assert_allclose(found, slopes, rtol=0, atol=1e-3)


def random_batch(batch=5, time=30, symbols=7, most=9, seed=1):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(batch, time, symbols)).astype("float32") * 3
    labels = rng.integers(1, symbols, size=(batch, most)).astype("int32")
    labels[:, 1::3] = labels[:, ::3][:, : labels[:, 1::3].shape[1]]  # repeats
    counts = np.array([most, 0, 3, 5, 1][:batch], "int32")
    frames = np.array([time, 7, time, 25, 1][:batch], "int32")
    return labels, logits, counts, frames


@pytest.mark.parametrize(
    ("compiled", "blank", "seed"), [(False, 0, 1), (True, 0, 2), (False, 6, 3)]
)
def test_padded_batches_are_torchs(compiled, blank, seed, monkeypatch):
    torch = pytest.importorskip("torch", reason="torch is in the `benchmarks` extra")
    monkeypatch.setattr(parts, "COMPILE", compiled)
    labels, logits, counts, frames = random_batch(seed=seed)
    labels = labels - 1 if blank else labels
    upstream = np.array([1.0, -2.0, 0.5, 3.0, 1.0], "float32")
    x = torch.tensor(logits.astype("float64"), requires_grad=True)
    wanted = torch.nn.functional.ctc_loss(
        x.log_softmax(-1).transpose(0, 1),
        torch.tensor(labels).long(),
        torch.tensor(frames).long(),
        torch.tensor(counts).long(),
        blank=blank,
        reduction="none",
    )
    (wanted * torch.tensor(upstream)).sum().backward()
    given = (labels, logits, counts, frames)
    losses, slopes = gradients(*given, upstream=upstream, blank=blank)
    np.testing.assert_allclose(losses, wanted.detach().numpy(), rtol=2e-6)
    np.testing.assert_allclose(slopes, x.grad.numpy(), atol=1e-5)


def test_padding_and_neighbours_change_nothing_at_all():
    labels, logits, counts, frames = random_batch()
    losses, slopes = gradients(labels, logits, counts, frames)
    other_labels, other = labels.copy(), logits.copy()
    for row, (n, t) in enumerate(zip(counts, frames)):
        other_labels[row, n:] = 3
        other[row, t:] = np.nan
        assert not slopes[row, t:].any()
    again, slopes_again = gradients(other_labels, other, counts, frames)
    np.testing.assert_array_equal(again, losses)
    np.testing.assert_array_equal(slopes_again, slopes)
    for row, (n, t) in enumerate(zip(counts, frames)):
        one, slope = gradients(labels[row : row + 1, :n], logits[row : row + 1, :t])
        np.testing.assert_allclose(one[0], losses[row], rtol=1e-6)
        np.testing.assert_allclose(slope[0], slopes[row, :t], atol=1e-6)


def test_lengths_come_from_blanks_or_negative_numbers():
    labels, logits, counts, _ = random_batch()
    wanted = ctc_loss(labels, logits, counts)
    for value in (0, -1):
        cut = np.where(np.arange(labels.shape[1]) < counts[:, None], labels, value)
        np.testing.assert_array_equal(ctc_loss(cut, logits), wanted)


def test_masked_frames_may_stand_anywhere():
    labels, logits, counts, _ = random_batch()
    mask = np.random.default_rng(3).random(logits.shape[:2]) < 0.7
    losses, slopes = gradients(labels, logits, counts, mask=mask)
    for row, (n, seen) in enumerate(zip(counts, mask)):
        one, slope = gradients(labels[row : row + 1, :n], logits[row : row + 1, seen])
        np.testing.assert_allclose(one[0], losses[row], rtol=1e-6)
        np.testing.assert_allclose(slope[0], slopes[row, seen], atol=1e-6)
        assert not slopes[row, ~seen].any()


@pytest.mark.parametrize("size", [200.0, 1e5, np.inf])
def test_logits_of_any_size_are_safe(size):
    path = [1, 0, 2, 2, 0, 1]
    logits = np.full((1, 6, 3), -size, "float32")
    logits[0, np.arange(6), path] = 0.0
    losses, slopes = gradients([[1, 2, 1]], logits, infeasible="inf")
    np.testing.assert_allclose(losses, 0.0, atol=1e-6)
    assert np.abs(slopes).max() < 1e-6
    # Of a wrong label three of the six frames can be right.
    losses, slopes = gradients([[2, 1, 2]], logits, infeasible="inf")
    np.testing.assert_allclose(losses, 3 * min(size, 1e4), rtol=0.01)
    assert np.isfinite(slopes).all()
    assert np.abs(slopes).max() > 0.3


def test_a_symbol_that_is_ruled_out_changes_nothing_for_the_others():
    logits = RNG.normal(size=(1, 4, 3)).astype("float32")
    wanted, _ = gradients([[1]], logits[:, :, :2])
    logits[:, :, 2] = -np.inf
    losses, slopes = gradients([[1]], logits)
    np.testing.assert_allclose(losses, wanted, rtol=1e-6)
    assert np.isfinite(slopes).all()


def test_what_is_no_number_gives_a_loss_that_is_none():
    logits = RNG.normal(size=(2, 4, 3)).astype("float32")
    logits[0, 2, 1] = np.nan
    losses, slopes = gradients([[1], [2]], logits)
    np.testing.assert_array_equal(np.isnan(losses), [True, False])
    assert np.isnan(slopes[0]).any()
    assert np.isfinite(slopes[1]).all()


def test_labels_that_are_none_are_named():
    logits = np.zeros((2, 4, 3), "float32")
    for labels, lengths in (([[1], [3]], [1, 1]), ([[1], [0]], [1, 1])):
        with pytest.raises(ValueError, match=r"Label 1 is \[[03]\], of which 1 count"):
            ctc_loss(labels, logits, lengths)
    with pytest.raises(ValueError, match="of which 2 count"):
        ctc_loss([[1], [1]], logits, [1, 2])
    graph = tf.function(lambda labels: ctc_loss(labels, logits, [1, 1]))
    losses = graph(tf.constant([[1], [3]]))
    np.testing.assert_array_equal(np.isnan(losses), [False, True])


def test_labels_may_all_be_empty():
    logits = RNG.normal(size=(2, 4, 3)).astype("float32")
    losses = ctc_loss(np.zeros((2, 0), "int32"), logits)
    np.testing.assert_allclose(losses, -log_softmax(logits)[:, :, 0].sum(1), rtol=1e-5)


def test_second_derivatives_are_refused_in_words():
    x = tf.constant(RNG.normal(size=(1, 4, 3)).astype("float32"))
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            loss = ctc_loss([[1]], x)
        with pytest.raises(NotImplementedError, match="no second derivatives"):
            outer.gradient(inner.gradient(loss, x), x)


def by_two_passes(label, logits, blank=0):
    """Loss and gradient of one item, float64, by logarithms of alpha and beta."""
    log_probs = log_softmax(logits.astype("float64"))
    states = np.full(2 * len(label) + 1, blank)
    states[1::2] = label
    skips = np.zeros(len(states), bool)
    skips[2:] = (states[2:] != blank) & (states[2:] != states[:-2])

    def forward(emitted, skips):
        """ln alpha_t(s), frame t's symbol included."""
        alpha = np.full(emitted.shape, -np.inf)
        alpha[0, :2] = emitted[0, :2]
        for t in range(1, len(emitted)):
            by_one, by_two = (np.roll(alpha[t - 1], k) for k in (1, 2))
            by_one[0], by_two[~skips] = -np.inf, -np.inf
            come = np.logaddexp(np.logaddexp(alpha[t - 1], by_one), by_two)
            alpha[t] = come + emitted[t]
        return alpha

    emitted = log_probs[:, states]
    turned = np.zeros_like(skips)
    turned[2:] = skips[::-1][:-2]
    alpha = forward(emitted, skips)
    beta = forward(emitted[::-1, ::-1], turned)[::-1, ::-1]
    whole = np.logaddexp(*alpha[-1, -2:])
    posterior = np.zeros_like(log_probs)
    of_states = np.exp(alpha + beta - emitted - whole)
    np.add.at(posterior, (slice(None), states), of_states)
    return -whole, np.exp(log_probs) - posterior


def test_both_passes_give_what_enumeration_gives():
    logits = RNG.normal(size=(5, 3)) * 2
    for label in every_label(0)[1:]:
        if len(label) + sum(a == b for a, b in itertools.pairwise(label)) > 5:
            continue
        for found, wanted in zip(
            by_two_passes(label, logits), by_enumeration(label, logits, 0)
        ):
            np.testing.assert_allclose(found, wanted, atol=1e-12)


@pytest.mark.parametrize(
    ("time", "tolerance", "compiled"),
    [
        (200, 5e-6, False),
        (200, 5e-6, True),
        (1000, 5e-5, False),
        pytest.param(1000, 5e-5, True, marks=pytest.mark.slow),
    ],
)
def test_gradients_are_precise_over_long_sequences(
    time, tolerance, compiled, monkeypatch
):
    monkeypatch.setattr(parts, "COMPILE", compiled)
    rng = np.random.default_rng(2)
    logits = rng.normal(size=(2, time, 30)).astype("float32")
    labels = rng.integers(1, 30, size=(2, time // 5)).astype("int32")
    losses, slopes = gradients(labels, logits)
    for label, x, loss, slope in zip(labels, logits, losses, slopes):
        wanted, wanted_slope = by_two_passes(label, x)
        assert loss == pytest.approx(wanted, rel=1e-6)
        assert np.abs(slope - wanted_slope).max() < tolerance


def test_labels_too_long_for_their_frames():
    labels, logits = [[1, 1, 2], [1, 2, 0]], np.zeros((2, 3, 3), "float32")
    losses, slopes = gradients(labels, logits)
    assert losses[0] == 0
    assert losses[1] > 0
    assert not slopes[0].any()
    assert slopes[1].any()
    losses, slopes = gradients(labels, logits, infeasible="inf")
    assert losses[0] == np.inf
    assert not slopes[0].any()
    with pytest.raises(ValueError, match="item 0 has 3 labels and 3 frames"):
        ctc_loss(labels, logits, infeasible="error")
    graph = tf.function(lambda x: ctc_loss(labels, x, infeasible="error"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="too long"):
        graph(logits)


def test_unknown_sizes_and_half_precision():
    labels, logits, counts, frames = random_batch()
    wanted, slopes = gradients(labels, logits, counts, frames)
    run = tf.function(
        lambda *given: gradients_in_graph(*given),
        input_signature=[
            tf.TensorSpec([None, None], "int32"),
            tf.TensorSpec([None, None, 7], "float32"),
            tf.TensorSpec([None], "int32"),
            tf.TensorSpec([None], "int32"),
        ],
    )
    got, got_slopes = run(labels, logits, counts, frames)
    np.testing.assert_allclose(got, wanted, rtol=1e-6)
    np.testing.assert_allclose(got_slopes, slopes, atol=1e-6)
    half, half_slopes = gradients(labels, logits.astype("float16"), counts, frames)
    assert (half.dtype, half_slopes.dtype) == ("float32", "float16")
    np.testing.assert_allclose(half, wanted, rtol=5e-3)
    rounded = logits.astype("float16").astype("float32")
    wanted, slopes = gradients(labels, rounded, counts, frames)
    np.testing.assert_allclose(half, wanted, rtol=1e-6)
    np.testing.assert_allclose(half_slopes, slopes, rtol=1e-3, atol=1e-6)


def gradients_in_graph(labels, logits, counts, frames):
    with tf.GradientTape() as tape:
        tape.watch(logits)
        losses = ctc_loss(labels, logits, counts, frames)
    return losses, tape.gradient(losses, logits)


def test_many_symbols_give_the_same(monkeypatch):
    labels, logits, counts, frames = random_batch()
    wanted = gradients(labels, logits, counts, frames)
    monkeypatch.setattr("rnnkit.lattice.ctc.ONE_HOT_UP_TO", 0)
    ctc._compiled.cache_clear()
    for got, one in zip(gradients(labels, logits, counts, frames), wanted):
        np.testing.assert_allclose(got, one, atol=1e-6)
    ctc._compiled.cache_clear()


def test_as_a_keras_loss_it_knows_the_mask(tmp_path):
    labels, logits, counts, frames = random_batch()
    cut = np.where(np.arange(labels.shape[1]) < counts[:, None], labels, -1)
    loss = CTC()
    y_pred = tf.constant(logits)
    y_pred._keras_mask = tf.sequence_mask(frames, logits.shape[1])
    wanted = ctc_loss(labels, logits, counts, frames)
    np.testing.assert_allclose(loss(cut, y_pred), np.mean(wanted), rtol=1e-6)
    weights = np.arange(5.0)
    np.testing.assert_allclose(
        loss(cut, y_pred, weights), np.mean(wanted * weights), rtol=1e-6
    )
    given = loss(labels, y_pred, label_lengths=counts)  # the mask says the frames
    np.testing.assert_allclose(given, np.mean(wanted), rtol=1e-6)
    shorter = np.maximum(frames - 1, 1)
    given = loss(labels, y_pred, weights, counts, shorter)  # instead of the mask
    wanted = ctc_loss(labels, logits, counts, shorter)
    np.testing.assert_allclose(given, np.mean(wanted * weights), rtol=1e-6)
    y_pred._keras_mask = tf.sequence_mask(shorter, logits.shape[1])
    again = loss(cut, y_pred, weights)  # nothing is kept of what was given
    np.testing.assert_allclose(again, given, rtol=1e-6)
    again = keras.losses.deserialize(keras.losses.serialize(CTC(2, "inf")))
    assert (again.blank, again.infeasible) == (2, "inf")


@pytest.mark.slow
@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_model_learns_with_it(jit_compile):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((None, 4)),
            keras.layers.Masking(),
            keras.layers.LSTM(8, return_sequences=True),
            keras.layers.Dense(3),
        ]
    )
    model.compile(keras.optimizers.Adam(0.05), CTC(), jit_compile=jit_compile)
    x = RNG.normal(size=(8, 12, 4)).astype("float32")
    x[4:, 6:] = 0.0
    y = np.array([[1, 2, 0]] * 4 + [[2, -1, -1]] * 4)
    losses = model.fit(x, y, epochs=30, verbose=0).history["loss"]
    assert losses[-1] < 0.3 * losses[0]
    # What is padded is not read: the whole is what its parts are.
    long, short = (ctc_loss(y[:4], model(x[:4])), ctc_loss(y[4:], model(x[4:, :6])))
    wanted = np.mean([*long, *short])
    assert model.evaluate(x, y, verbose=0) == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (([[1]], np.zeros((1, 3))), "labels .batch, labels. and logits"),
        (([[1]], np.zeros((1, 3, 2)), None, None, 2), "blank is 2, but there are 2"),
        (([[1]], np.zeros((1, 3, 2)), None, None, 0, "maybe"), "infeasible must be"),
        (([[1]], np.zeros((1, 3, 2)), [-1]), "Label 0 is .1., of which -1 count"),
        (([[1]], np.zeros((1, 3, 2)), None, [4]), "1 numbers from 0 to 3"),
        (([[1]], np.zeros((1, 3, 2)), None, [3, 3]), "1 numbers from 0 to 3"),
        (([[1], [1]], np.zeros((1, 3, 2))), "2 labels, but logits of 1 items"),
    ],
)
def test_what_does_not_fit_is_named(given, words):
    with pytest.raises(ValueError, match=words):
        ctc_loss(*given)


# Posteriors, losses and the first frame's gradients as TensorFlow's own tests of its
# CTC have them (tensorflow/python/kernel_tests/nn_ops/ctc_loss_op_test.py), from
# where warp-ctc and Keras took them. The blank is the last symbol.
PUBLISHED = np.array(
    [
        [
            [0.633766, 0.221185, 0.0917319, 0.0129757, 0.0142857, 0.0260553],
            [0.111121, 0.588392, 0.278779, 0.0055756, 0.00569609, 0.010436],
            [0.0357786, 0.633813, 0.321418, 0.00249248, 0.00272882, 0.0037688],
            [0.0663296, 0.643849, 0.280111, 0.00283995, 0.0035545, 0.00331533],
            [0.458235, 0.396634, 0.123377, 0.00648837, 0.00903441, 0.00623107],
        ],
        [
            [0.30176, 0.28562, 0.0831517, 0.0862751, 0.0816851, 0.161508],
            [0.24082, 0.397533, 0.0557226, 0.0546814, 0.0557528, 0.19549],
            [0.230246, 0.450868, 0.0389607, 0.038309, 0.0391602, 0.202456],
            [0.280884, 0.429522, 0.0326593, 0.0339046, 0.0326856, 0.190345],
            [0.423286, 0.315517, 0.0338439, 0.0393744, 0.0339315, 0.154046],
        ],
    ]
)


def test_published_vectors():
    labels = np.array([[0, 1, 2, 1, 0], [0, 1, 1, 0, -1]])
    logits = np.log(PUBLISHED).astype("float32")
    loss, gradient = gradients(labels, logits, blank=-1)
    np.testing.assert_allclose(loss, [3.34211, 5.42262], atol=1e-5)
    first = gradient[:, 0]
    wanted = PUBLISHED[:, 0] - [[1, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0]]
    np.testing.assert_allclose(first, wanted, atol=1e-5)
    np.testing.assert_allclose(first[:, 0], [-0.366234, -0.69824], atol=1e-5)

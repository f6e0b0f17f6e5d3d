"""Sampled softmax: what is drawn, how often, and where its gradient goes."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.layers import FullSoftmax, SampledSoftmax
from rnnkit.ops.tracing import graph

WORDS, UNITS, ROWS = 50, 6, 12
RNG = np.random.default_rng(0)
H = RNG.normal(size=(ROWS, UNITS)).astype("float32")
TARGETS = RNG.integers(0, WORDS, ROWS)
COUNTS = RNG.permutation(500 // np.arange(1, WORDS + 1))
KERNEL = 0.5 * RNG.normal(size=(WORDS, UNITS))
PROPOSALS = {"log-uniform": "log_uniform", "unigram": COUNTS}


def head_of(samples, proposal="log_uniform"):
    head = SampledSoftmax(WORDS, samples, proposal, seed=5)
    head.build(H.shape)
    head.set_weights([KERNEL, np.linspace(-1, 1, WORDS), *head.get_weights()[2:]])
    return head


def full_head():
    head = FullSoftmax(WORDS)
    head.build(H.shape)
    head.set_weights([KERNEL, np.linspace(-1, 1, WORDS)])
    return head


def gradient(head):
    """Loss of every row, and the mean's gradient by kernel and bias, in one array."""
    weights = [head.kernel.value, head.bias.value]
    with tf.GradientTape() as tape:
        nats = head.loss(H, TARGETS)
        loss = tf.reduce_mean(nats)
    found = [tf.convert_to_tensor(g) for g in tape.gradient(loss, weights)]
    return nats, tf.concat([found[0], found[1][:, None]], axis=1)


def many(head, count):
    """Losses `(count, rows)` and gradients `(count, words, units + 1)` of draws."""
    return repeated(lambda: gradient(head), count)


def repeated(function, count):
    """What a function of random numbers gives, many times, stacked."""

    dtypes = tf.nest.map_structure(lambda x: x.dtype, function())

    def run():
        return tf.map_fn(
            lambda _: function(), tf.range(count), fn_output_signature=dtypes
        )

    return [value.numpy() for value in graph(run)()]


def log_z(bias=True):
    scores = H.astype("float64") @ KERNEL.T + np.linspace(-1, 1, WORDS)
    return np.log(np.exp(scores).sum(-1)), scores[np.arange(ROWS), TARGETS]


@pytest.mark.parametrize("proposal", PROPOSALS)
def test_all_words_sampled_is_the_full_softmax(proposal):
    head = head_of(WORDS, PROPOSALS[proposal])
    words, log_expected = head.draw()
    np.testing.assert_array_equal(np.sort(words), np.arange(WORDS))
    np.testing.assert_array_equal(log_expected, 0)
    for ours, wanted in zip(gradient(head), gradient(full_head())):
        np.testing.assert_allclose(ours, wanted, atol=1e-6)


@pytest.mark.parametrize("proposal", PROPOSALS)
def test_words_are_drawn_as_often_as_expected(proposal):
    head, draws = head_of(12, PROPOSALS[proposal]), 2000
    rows, expected = repeated(head.draw, draws)
    found = np.bincount(rows.ravel(), minlength=WORDS) / draws
    wanted = np.full(WORDS, np.nan)
    wanted[rows] = np.exp(expected)  # every word was drawn at least once
    assert wanted.sum() == pytest.approx(12, abs=1e-4)
    assert wanted.max() <= 1 + 1e-6
    error = np.sqrt(np.maximum(wanted * (1 - wanted), 0) / draws)
    assert (np.abs(found - wanted) <= 4.5 * error + 1e-9).all()
    # In proportion to the proposal, but for those that are always there.
    mass = COUNTS if proposal == "unigram" else np.log1p(1 / np.arange(1, WORDS + 1))
    ratio = (wanted / mass)[wanted < 1 - 1e-6]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-4)
    assert len(ratio) < WORDS or proposal == "log-uniform"


@pytest.mark.parametrize("proposal", PROPOSALS)
def test_z_is_that_of_the_full_softmax_in_the_mean(proposal):
    losses, _ = many(head_of(10, PROPOSALS[proposal]), 600)
    wanted, own = log_z()
    z = np.exp(losses + own - wanted)  # 1 in the mean
    error = z.std(0) / np.sqrt(len(z))
    assert (np.abs(z.mean(0) - 1) < 4 * error).all()
    assert error.max() < 0.1
    assert (losses.mean(0) < wanted - own).all()  # a logarithm is concave


def test_the_gradient_goes_to_the_full_one_as_samples_grow():
    _, wanted = gradient(full_head())
    size = np.linalg.norm(wanted)
    off = {}
    for samples in (5, 15, 40):
        _, found = many(head_of(samples, COUNTS), 400)
        off[samples] = np.linalg.norm(found.mean(0) - wanted) / size
    assert 0.4 > off[5] > off[15] > off[40]
    assert off[40] < 0.07


def test_a_target_that_is_drawn_counts_once():
    head = head_of(WORDS)
    nats = head.loss(H, TARGETS)
    wanted, own = log_z()
    np.testing.assert_allclose(nats, wanted - own, atol=1e-5)


def test_a_seed_repeats_and_draws_differ():
    first, second = head_of(10), head_of(10)
    a, b, c = first.draw()[0], first.draw()[0], second.draw()[0]
    np.testing.assert_array_equal(a, c)
    assert (np.array(a) != np.array(b)).any()


def test_very_many_words():
    words = 200_000
    head = SampledSoftmax(words, 2000, seed=0)
    drawn, log_expected = map(np.array, head.draw())
    assert drawn.min() >= 0
    assert drawn.max() < words
    mass = np.log1p(1 / np.arange(1.0, words + 1))
    rare = drawn > 5000
    ratio = np.exp(log_expected[rare]) / mass[drawn[rare]]
    np.testing.assert_allclose(ratio, ratio.mean(), rtol=2e-3)

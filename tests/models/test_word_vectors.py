"""Word vectors: nats and gradients by hand, files, resuming, and that it learns."""

import heapq
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

import rnnkit
from rnnkit.data import CountedWords, WordWindows
from rnnkit.models import LossError, WordVectors
from rnnkit.models.huffman import huffman_paths
from rnnkit.models.word_vectors import KINDS

RNG = np.random.default_rng(0)
TEXTS = [" ".join(RNG.choice(list("abcdefghij"), 9)) for _ in range(30)]
WORDS = CountedWords.train(TEXTS, minimum_count=1)
MODES = list(itertools.product(KINDS, (5, 0)))


def windows_of(negatives=5, **options):
    options = {"window": 3, "sample": 0.05, "words": 12, "batch_size": 2, **options}
    return WordWindows(TEXTS, WORDS, negatives=4 if negatives else 0, **options)


def model_of(kind, negatives, random=True):
    model = WordVectors(WORDS, dim=6, kind=kind, negatives=negatives)
    if random:
        for weight in model.weights:
            weight.assign(np.random.default_rng(1).normal(size=weight.shape))
    return model


def by_hand(model, batch):
    """Nats `(rows,)`, pairs and gradients, pair by pair in float64."""
    x, y = (w.numpy().astype("float64") for w in model.weights)
    dx, dy = np.zeros_like(x), np.zeros_like(y)
    words, left, right, noise = (np.asarray(a) for a in batch)
    window = (words.shape[1] - left.shape[1]) // 2
    nats, pairs = np.zeros(len(words)), np.zeros(len(words))

    def told(row, given, word, k):
        """One pair: words `given`, whose mean tells `word`."""
        h = x[given].mean(0)
        if model.negatives:
            terms = [(word, 1.0, 1.0)]
            share = model.negatives / noise.shape[1]
            terms += [(n, -1.0, share) for n in noise[row]]
        else:
            ways = zip(model._nodes[word], model._sides[word])
            terms = [(node, float(side), 1.0) for node, side in ways if side]
        for place, side, weight in terms:
            score = side * (h @ y[place])
            nats[row] += weight * np.log1p(np.exp(-score))
            slope = -weight * side / (1 + np.exp(score))
            dy[place] += slope * h
            for g in given:
                dx[g] += slope * y[place] / len(given)
        pairs[row] += 1

    for row, k in np.ndindex(left.shape):
        t = k + window
        near = [*range(t - left[row, k], t), *range(t + 1, t + 1 + right[row, k])]
        around = [words[row, s] for s in near]
        if model.kind == "skip_gram":
            for word in around:
                told(row, [words[row, t]], word, k)
        elif around:
            told(row, around, words[row, t], k)
    return nats, pairs, dx, dy


@pytest.mark.parametrize(("kind", "negatives"), MODES)
@pytest.mark.parametrize("size", [{"words": 12}, {"words": 32}, {"words": 5}])
def test_nats_and_gradients_are_those_of_each_pair(kind, negatives, size):
    model, windows = model_of(kind, negatives), windows_of(negatives, **size)
    (batch,) = windows[1]
    with tf.GradientTape() as tape:
        told = model(tuple(map(tf.constant, batch)))
        loss = model.compute_loss(y_pred=told)
    gradients = tape.gradient(loss, [w.value for w in model.weights])
    assert all(isinstance(g, tf.IndexedSlices) for g in gradients)
    nats, pairs, *wanted = by_hand(model, batch)
    np.testing.assert_allclose(told[:, 0], nats, rtol=1e-5)
    np.testing.assert_array_equal(told[:, 1], pairs)
    assert pairs.min() > 0
    assert float(model.nats.result()) == pytest.approx(nats.sum() / pairs.sum(), 1e-5)
    for ours, theirs in zip(gradients, wanted):
        np.testing.assert_allclose(tf.convert_to_tensor(ours), theirs, atol=2e-5)


def test_fit_steps_along_that_gradient_with_a_new_pass_each_epoch():
    model, windows = model_of("skip_gram", 5), windows_of(words=300, batch_size=1)
    assert len(windows) == 1
    model.compile(keras.optimizers.SGD(0.01))
    twin = model_of("skip_gram", 5)
    for windows.epoch in range(2):
        _, _, *gradients = by_hand(twin, windows[0][0])
        for weight, gradient in zip(twin.weights, gradients):
            weight.assign_sub(0.01 * gradient)
    model.fit(windows, epochs=2, verbose=0)
    for ours, theirs in zip(model.weights, twin.weights):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_of_the_tree_sum_to_one(kind):
    model = model_of(kind, 0)
    x = np.random.default_rng(2).normal(size=(3, 6))
    log_p = model.log_probabilities(x)
    assert log_p.shape == (3, WORDS.size)
    np.testing.assert_allclose(np.exp(log_p).sum(-1), 1, rtol=1e-6)
    with pytest.raises(ValueError, match="gives no probabilities: take negatives=0"):
        model_of(kind, 5).log_probabilities(x)


def test_the_tree_is_as_short_as_can_be():
    many = sorted(RNG.integers(1, 999, 200), reverse=True)
    for counts in ([5, 3], [9, 4, 3, 3, 2, 1, 1], many):
        nodes, sides = huffman_paths(counts)
        ways = {tuple(zip(n[s != 0], s[s != 0])) for n, s in zip(nodes, sides)}
        assert len(ways) == len(counts)
        heap, cost = list(map(int, counts)), 0
        heapq.heapify(heap)
        while len(heap) > 1:
            both = heapq.heappop(heap) + heapq.heappop(heap)
            cost += both
            heapq.heappush(heap, both)
        assert (np.abs(sides).sum(1) * counts).sum() == cost
        assert set(nodes[sides != 0]) == set(range(len(counts) - 1))
    with pytest.raises(ValueError, match="the most frequent first"):
        huffman_paths([1, 2])


def test_ids_become_vectors():
    model = model_of("skip_gram", 5)
    np.testing.assert_array_equal(
        model(np.array([[2, 0]])), model.weights[0].numpy()[[[2, 0]]]
    )
    np.testing.assert_array_equal(
        model.vectors[WORDS.tokens[2]], model.weights[0].numpy()[2]
    )


@pytest.mark.parametrize(
    ("kind", "negatives"),
    [MODES[0], *(pytest.param(*mode, marks=pytest.mark.slow) for mode in MODES[1:])],
)
def test_words_of_like_use_come_near(kind, negatives):
    """Of eight pairs of words, each pair used alike, a word's own is the nearest."""
    rng = np.random.default_rng(3)
    texts = []
    for _ in range(400):
        k = rng.integers(8)
        own = [f"{'ab'[rng.integers(2)]}{k}", f"c{k}", f"d{k}", f"e{k}"]
        texts.append(" ".join(own))
    words = CountedWords.train(texts)
    model = WordVectors(words, dim=12, kind=kind, negatives=negatives)
    model.compile(rnnkit.training.RowAdagrad(0.1))
    windows = WordWindows(texts, words, 3, 0, words=64, negatives=8 if negatives else 0)
    nats = model.fit(windows, epochs=12, verbose=0).history["nats"]
    assert nats[-1] < 0.7 * nats[0]
    near = [model.vectors.similarity(f"a{k}", f"b{k}") for k in range(8)]
    far = [model.vectors.similarity(f"a{k}", f"b{(k + 1) % 8}") for k in range(8)]
    assert min(near) > max(far)


def test_an_interrupted_training_goes_on(tmp_path):
    def trained(path, *callbacks):
        model = model_of("skip_gram", 5, random=False)
        model.compile(rnnkit.training.RowAdagrad(0.1), steps_per_execution=2)
        resume = rnnkit.training.Resume(path, every=0)
        rnnkit.training.fit(model, [windows_of()], 3, resume, callbacks, verbose=0)
        return model

    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_end(self, batch, logs=None):
            if self.epoch == 1 and batch >= 3:
                raise KeyboardInterrupt

    whole = trained(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "cut", Stop())
    cut = trained(tmp_path / "cut")
    for ours, theirs in zip(cut.weights, whole.weights):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_bad_arguments_get_plain_errors():
    with pytest.raises(ValueError, match="No kind 'cbow'; there are skip_gram, bag_of"):
        WordVectors(WORDS, kind="cbow")
    with pytest.raises(ValueError, match="dim must be 1 or more"):
        WordVectors(WORDS, dim=0)
    model = WordVectors(WORDS, dim=4)
    model.compile(keras.optimizers.SGD(1e30))
    others = CountedWords(WORDS.tokens[:-1], WORDS.counts[:-1])
    with pytest.raises(ValueError, match="of another vocabulary"):
        WordVectors(others, dim=4).fit(windows_of())
    with pytest.raises(ValueError, match="negatives=5, and the windows draw no noise"):
        model.fit(windows_of(0))
    with pytest.raises(LossError, match=r"smaller learning rate"):
        model.fit(windows_of(), epochs=20, verbose=0)


def test_what_is_exported_needs_tensorflow_alone(tmp_path):
    model = model_of("skip_gram", 5)
    model.export(tmp_path / "model")
    serve = tf.saved_model.load(tmp_path / "model").signatures["serving_default"]
    given = tf.constant([WORDS.tokens[3], "unheard-of", WORDS.tokens[0]])
    wanted = model.weights[0].numpy()[[3, 0, 0]] * [[1], [0], [1]]
    np.testing.assert_allclose(serve(words=given)["vectors"], wanted)

"""Every head is the distribution that its formula says, with its gradients."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit import layers
from tests.discovered import heads

WORDS, UNITS, ROWS = 23, 12, 40
RNG = np.random.default_rng(0)
H = RNG.normal(size=(5, 8, UNITS)).astype("float32")
TARGETS = RNG.permutation(np.arange(ROWS) % WORDS).reshape(5, 8)

MADE = {
    "AdaptiveSoftmax": lambda **more: layers.AdaptiveSoftmax(
        WORDS, (4, 11), factor=2, use_bias=True, **more
    ),
    "ClassSoftmax": lambda **more: layers.ClassSoftmax(WORDS, (1, 2, 5, 9, 16), **more),
    "FullSoftmax": lambda **more: layers.FullSoftmax(WORDS, **more),
    "SampledSoftmax": lambda **more: layers.SampledSoftmax(WORDS, 7, seed=3, **more),
}
EXACT = [name for name in MADE if name != "SampledSoftmax"]


def built(name, **more):
    """A head whose weights are all different."""
    head = MADE[name](**more)
    head.build(H.shape)
    rng = np.random.default_rng(1)
    for weight in head.trainable_weights:
        weight.assign(rng.normal(size=weight.shape))
    return head


def weights_of(head):
    """Trainable weights by name, float64."""
    return {w.name: np.array(w, "float64") for w in head.trainable_weights}


def log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def full(w, h):
    return log_softmax(h @ w["kernel"].T + w["bias"])


def classes(w, h):
    """p(c | h) p(w | c, h), class by class."""
    of_class = log_softmax(h @ w["class_kernel"].T + w["class_bias"])
    edges, found = [0, 1, 2, 5, 9, 16, WORDS], []
    for c, (first, last) in enumerate(itertools.pairwise(edges)):
        own = h @ w["kernel"][first:last].T + w["bias"][first:last]
        found.append(of_class[..., c : c + 1] + log_softmax(own))
    return np.concatenate(found, -1)


def adaptive(w, h):
    """The shortlist, then each tail by way of its entry."""
    head = log_softmax(h @ w["kernel"].T + w["bias"])
    found = [head[..., :4]]
    for t in (1, 2):
        own = h @ w[f"projection_{t}"].T @ w[f"kernel_{t}"].T
        found.append(head[..., 3 + t : 4 + t] + log_softmax(own))
    return np.concatenate(found, -1)


FORMULAS = {
    "AdaptiveSoftmax": adaptive,
    "ClassSoftmax": classes,
    "FullSoftmax": full,
    "SampledSoftmax": full,
}


def mean_nats(name, w, h=H):
    """The mean of -ln p(target), float64."""
    found = FORMULAS[name](w, h.astype("float64"))
    return -np.take_along_axis(found, TARGETS[..., None], -1).mean()


def slope(function, x, place, step=1e-5):
    """The derivative by one number of an array, by central differences."""
    kept = x[place]
    values = []
    for sign in (1, -1):
        x[place] = kept + sign * step
        values.append(function())
    x[place] = kept
    return (values[0] - values[1]) / (2 * step)


def gradients(head, call):
    """Of the mean of what `call` gives, by the weights and by h, dense."""
    h = tf.constant(H)
    weights = [w.value for w in head.trainable_weights]
    with tf.GradientTape() as tape:
        tape.watch(h)
        loss = tf.reduce_mean(call(h, TARGETS))
    found = tape.gradient(loss, [*weights, h])
    return loss, [tf.convert_to_tensor(g).numpy() for g in found]


def test_every_head_is_seen():
    assert {one.__name__ for one in heads()} == set(MADE)


@pytest.mark.parametrize("name", MADE)
def test_probabilities_are_the_formula_and_sum_to_one(name):
    head = built(name)
    found = head(H)
    assert found.shape == (5, 8, WORDS)
    np.testing.assert_allclose(np.exp(found).sum(-1), 1, atol=1e-5)
    wanted = FORMULAS[name](weights_of(head), H.astype("float64"))
    np.testing.assert_allclose(found, wanted, atol=2e-5)
    nats = -np.take_along_axis(wanted, TARGETS[..., None], -1)[..., 0]
    np.testing.assert_allclose(head.nats(H, TARGETS), nats, atol=2e-5)
    np.testing.assert_allclose(head(H[0, 0][None]), wanted[:1, 0], atol=2e-5)
    # One row, whose target is in no tail or class but one.
    for target in (0, WORDS - 1):
        one = head.nats(H[0, :1], np.array([target]))
        np.testing.assert_allclose(one, -wanted[0, :1, target], atol=2e-5)


@pytest.mark.parametrize("name", EXACT)
def test_gradients_are_those_of_the_formula(name):
    head = built(name)
    loss, found = gradients(head, head.loss)
    w, h = weights_of(head), H.astype("float64")
    assert float(loss) == pytest.approx(mean_nats(name, w, h), abs=1e-5)
    rng = np.random.default_rng(2)
    for got, x in zip(found, [*w.values(), h], strict=True):
        assert np.abs(got).max() > 1e-4
        for _ in range(20):
            place = tuple(rng.integers(0, size) for size in x.shape)
            wanted = slope(lambda: mean_nats(name, w, h), x, place)
            assert got[place] == pytest.approx(wanted, abs=2e-6)


@pytest.mark.parametrize("name", MADE)
def test_a_graph_of_unknown_sizes_gives_the_same(name):
    head = built(name)
    signature = [
        tf.TensorSpec((None, None, UNITS), "float32"),
        tf.TensorSpec((None, None), "int32"),
    ]

    @tf.function(input_signature=signature, autograph=False)
    def run(h, targets):
        with tf.GradientTape() as tape:
            tape.watch(h)
            loss = tf.reduce_sum(head.loss(h, targets))
        return head(h), head.nats(h, targets), tape.gradient(loss, h)

    found, nats, gradient = run(H, TARGETS.astype("int32"))
    np.testing.assert_allclose(found, head(H), atol=1e-5)
    np.testing.assert_allclose(nats, head.nats(H, TARGETS), atol=1e-5)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("name", MADE)
def test_half_precision_computes_in_half_and_gives_whole(name):
    head = built(name, dtype="mixed_bfloat16")
    exact = built(name)
    for found, wanted in (
        (head(H), exact(H)),
        (head.nats(H, TARGETS), exact.nats(H, TARGETS)),
    ):
        assert found.dtype == "float32"
        np.testing.assert_allclose(found, wanted, rtol=0.02, atol=0.3)
        assert np.abs(found - wanted).max() > 1e-4
    assert head.loss(H, TARGETS).dtype == "float32"
    assert all(weight.dtype == "float32" for weight in head.trainable_weights)


@pytest.mark.parametrize("name", MADE)
def test_saved_and_read_it_is_the_same(name, tmp_path):
    head = built(name)
    again = type(head).from_config(head.get_config())
    assert again.get_config() == head.get_config()
    model = keras.Sequential([keras.Input((8, UNITS)), head])
    assert model.output_shape == (None, 8, WORDS)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(H), model(H))


def test_adaptive_is_that_of_torch():
    torch = pytest.importorskip("torch")
    words, cutoffs, units = 60, [10, 25], 16
    theirs = torch.nn.AdaptiveLogSoftmaxWithLoss(
        units, words, cutoffs, div_value=2.0, head_bias=True
    )
    ours = layers.AdaptiveSoftmax(words, cutoffs, factor=2, use_bias=True)
    h = RNG.normal(size=(30, units)).astype("float32")
    targets = RNG.integers(0, words, 30)
    ours.build(h.shape)
    given = [p.detach().numpy() for p in theirs.parameters()]
    assert [w.shape for w in ours.weights] == [p.shape for p in given]
    ours.set_weights(given)
    found = theirs(torch.tensor(h), torch.tensor(targets))
    found.loss.backward()
    with tf.GradientTape() as tape:
        nats = ours.loss(h, targets)
        loss = tf.reduce_mean(nats)
    gradients = tape.gradient(loss, [w.value for w in ours.weights])
    np.testing.assert_allclose(-nats, found.output.detach().numpy(), atol=1e-5)
    np.testing.assert_allclose(
        ours(h), theirs.log_prob(torch.tensor(h)).detach().numpy(), atol=1e-5
    )
    for found, weight in zip(gradients, theirs.parameters(), strict=True):
        np.testing.assert_allclose(found, weight.grad.numpy(), atol=1e-6)


@pytest.mark.parametrize("power", [0, 0.5, 1])
def test_bins_are_of_like_weight(power):
    counts = 10_000 // np.arange(1, 1001)
    weights = counts.astype("float64") ** power
    cutoffs = layers.frequency_bins(counts, 20, power)
    assert len(cutoffs) == 19
    shares = [part.sum() for part in np.split(weights / weights.sum(), cutoffs)]
    # One word more or less makes the difference; a word heavier than a class is one.
    heaviest = weights.max() / weights.sum()
    assert max(shares) <= max(1 / 20, heaviest) + heaviest
    tail = np.split(weights, cutoffs)[-5:]
    assert np.ptp([part.sum() for part in tail]) < 2 * tail[0].max() + 1e-9


def test_bins_are_never_empty():
    assert layers.frequency_bins([1000, 1, 1, 1], 4) == [1, 2, 3]
    assert layers.frequency_bins([1, 1, 1, 1000], 4) == [1, 2, 3]
    assert layers.frequency_bins([5, 0, 0], 1) == []
    with pytest.raises(ValueError, match="3 words cannot be cut into 4 classes"):
        layers.frequency_bins([1, 1, 1], 4)


def test_what_cannot_be_is_said():
    for cutoffs in ((5, 5), (0, 3), (3, 10), (7, 4)):
        with pytest.raises(ValueError, match="cutoffs must ascend between 0 and the 1"):
            layers.AdaptiveSoftmax(10, cutoffs)
        with pytest.raises(ValueError, match="cutoffs must ascend between 0 and the 1"):
            layers.ClassSoftmax(10, cutoffs)
    with pytest.raises(ValueError, match="no tail: use FullSoftmax"):
        layers.AdaptiveSoftmax(10, ())
    with pytest.raises(ValueError, match="11 samples cannot be drawn of 10 words"):
        layers.SampledSoftmax(10, 11)
    with pytest.raises(ValueError, match="not 'zipf'"):
        layers.SampledSoftmax(10, 5, "zipf")
    with pytest.raises(ValueError, match="for 10 words has a number of 0 or more"):
        layers.SampledSoftmax(10, 5, [1, 2])
    with pytest.raises(ValueError, match="the least -1"):
        layers.SampledSoftmax(2, 1, [1, -1])
    with pytest.raises(ValueError, match="vocabulary_size must be a whole number"):
        layers.FullSoftmax(0)

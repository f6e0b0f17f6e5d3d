"""What language models of words add, each against plain NumPy on a tiny model."""

import re

import keras
import numpy as np
import pytest

import rnnkit
from rnnkit.data import Characters, SentencePieceTokenizer, Words, text_streams
from rnnkit.models import ContinuousCache, DynamicEvaluation, LanguageModel
from rnnkit.models.continuous_cache import cached_probabilities
from rnnkit.models.text_generation import TextGenerator

RNG = np.random.default_rng(0)
LINES = [" ".join(RNG.choice([*"abcdefg"], n)) for n in RNG.integers(1, 9, 60)]
TEXT = "\n".join(LINES) + "\n"
WORDS = Words.of(TEXT)
SHORT = "\n".join(LINES[:8]) + "\n"


def model_of(vocabulary=WORDS, units=(6, 4), **options):
    keras.utils.set_random_seed(1)
    layers = [rnnkit.layers.LSTM(n, path="loop") for n in units]
    model = LanguageModel(vocabulary, layers, embedding_dim=4, **options)
    for weight in model.trainable_variables:  # far from uniform
        weight.assign(2 * keras.ops.convert_to_tensor(weight))
    return model


@pytest.fixture(scope="module")
def model():
    return model_of()


def distributions(model, text):
    """p of every word at every place, read in one go: `(n, words)`; and the truth."""
    ids = np.concatenate([[model.vocabulary.start], model.vocabulary.encode(text)])
    logits = np.array(model(ids[None, :-1]), "float64")[0]
    p = np.exp(logits - logits.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True), ids[1:]


def at(p, truth):
    return p[np.arange(len(truth)), truth]


def test_every_token_is_scored_line_ends_too(model, monkeypatch):
    monkeypatch.setattr("rnnkit.models.text_scoring.STEPS", 7)  # many windows
    p, truth = distributions(model, TEXT)
    scores = model.score(TEXT)
    assert len(scores) == len(TEXT.split()) + len(LINES)
    assert scores.tokens[: len(LINES[0].split()) + 1] == (*LINES[0].split(), "\n")
    np.testing.assert_allclose(scores.log_probs, np.log(at(p, truth)), rtol=1e-5)
    wanted = np.exp(-np.log(at(p, truth)).mean())
    assert model.perplexity(TEXT) == pytest.approx(wanted, rel=1e-5)
    assert scores.perplexity == pytest.approx(wanted, rel=1e-5)


def test_a_notebook_colours_them(model):
    shown = model.score("a <unk>\n")._repr_html_()
    assert shown.count("<span") == 3
    assert "&lt;unk&gt;" in shown
    assert shown.endswith("↵</span><br>")


def test_of_pieces_a_notebook_shows_where_words_begin():
    pieces = SentencePieceTokenizer.train(["the cats sat on the mats"] * 20, 40)
    scores = model_of(pieces).score("the cats sat")
    assert "".join(scores.tokens).replace("▁", " ").strip() == "the cats sat"
    shown = re.sub("<[^>]*>", "", scores._repr_html_())
    assert " ".join(shown.split()) == "the cats sat"


def test_without_a_line_end_the_first_is_not_predicted():
    model = model_of(Characters("abc"))
    assert model.score("abca").tokens == ("b", "c", "a")
    with pytest.raises(ValueError, match="nothing to predict in a text of 1 tokens"):
        model.score("a")


@pytest.mark.parametrize("text", [["a", "b"], [1.0, 2.5], np.ones(3, bool)])
def test_a_text_is_one_str_or_integer_ids(model, text):
    for read in (model.perplexity, model.score, ContinuousCache(model).perplexity):
        with pytest.raises(ValueError, match="one str, or integer ids, got"):
            read(text)


def test_it_writes_words(monkeypatch):
    monkeypatch.setattr(TextGenerator, "_compiles", lambda self: False)
    text = model_of().generate("a b", 12, seed=1)
    assert text.startswith("a b")
    assert len(WORDS.encode(text)) == 14
    pieces = SentencePieceTokenizer.train(["the cats sat on the mats"] * 20, 40)
    text = model_of(pieces).generate("the cat", 6, seed=1)
    assert text.startswith("the cat")
    assert "▁" not in text


def test_the_cache_is_its_formula(model):
    theta, weight, window = 1.5, 0.3, 5
    cache = ContinuousCache(model, window, theta, weight)
    p, truth = distributions(model, SHORT)
    ids = np.concatenate([[WORDS.start], truth[:-1]])
    h = np.array(model.read(ids[None])[0], "float64")[0]
    wanted = p.copy()
    for t in range(1, len(truth)):
        places = range(max(0, t - window), t)
        s = np.exp([theta * h[t] @ h[i] for i in places])
        cached = np.zeros(WORDS.size)
        for share, i in zip(s / s.sum(), places):
            cached[truth[i]] += share
        wanted[t] = (1 - weight) * p[t] + weight * cached
    found = cache.distribution(SHORT)
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    np.testing.assert_allclose(found.sum(-1), 1, atol=1e-6)
    scores = cache.score(SHORT).log_probs
    np.testing.assert_allclose(scores, np.log(at(wanted, truth)), rtol=1e-4)


def test_the_cache_is_as_exact_over_outputs_of_half_precision():
    rng = np.random.default_rng(0)
    h = rng.normal(size=(300, 64)).astype("float16")
    targets = rng.integers(0, 9, 300)
    wanted = cached_probabilities(h.astype("float64"), targets, 50, 0.8)
    found = cached_probabilities(h, targets, 50, 0.8)
    np.testing.assert_allclose(found, wanted, rtol=1e-3)


@pytest.mark.parametrize("bad", [{"window": 2.5}, {"theta": np.nan}, {"weight": 2}])
def test_a_cache_that_cannot_be_is_named(model, bad):
    with pytest.raises(ValueError, match="window must be an integer of 1 or more"):
        ContinuousCache(model, **bad)


def test_the_cache_is_chosen_on_a_text_and_looks_back_over_blocks(model, monkeypatch):
    text = "a b c d e\nf g f g\n" * 8
    whole = ContinuousCache(model, 20, 0.5, 0.2).score(text).log_probs
    monkeypatch.setattr("rnnkit.models.continuous_cache._BLOCK", 7)
    cut = ContinuousCache(model, 20, 0.5, 0.2).score(text).log_probs
    np.testing.assert_allclose(whole, cut, rtol=1e-6)
    tried = {"thetas": (0.1, 1.0), "weights": (0.05, 0.5)}
    best = ContinuousCache.fit(model, text, 20, **tried)
    assert best.perplexity(text) == pytest.approx(
        min(
            ContinuousCache(model, 20, theta, weight).perplexity(text)
            for theta in tried["thetas"]
            for weight in tried["weights"]
        )
    )
    with pytest.raises(ValueError, match=r"weight in \[0, 1\]: 5, 0.3, 2"):
        ContinuousCache(model, 5, weight=2)


def bigram():
    """A linear model, whose gradient is written down at once; its head is fixed."""
    model = LanguageModel(
        WORDS, [rnnkit.layers.SimpleRNN(WORDS.size, "linear", path="loop")]
    )
    eye = np.eye(WORDS.size)
    kernel = RNG.normal(size=eye.shape)
    model.set_weights([kernel, 0 * eye, 0 * eye[0], eye, 0 * eye[0]])
    model.head.trainable = False
    return model, kernel


@pytest.mark.parametrize("statistics", [False, True])
def test_dynamic_evaluation_is_its_formula(statistics):
    pytest.importorskip("tensorflow")
    model, kernel = bigram()
    before = model.get_weights()
    weights = {"kernel": kernel.astype("float64")}
    weights["recurrent"] = np.zeros_like(kernel)
    weights["bias"] = np.zeros(WORDS.size)
    start = {k: v.copy() for k, v in weights.items()}
    rate = 0.01 if statistics else 0.2
    decay, steps, epsilon = 0.05, 3, 1e-2

    def learnt(ids, targets, h):
        """Nats, gradients of the mean, and the last state, of windows (1, steps)."""
        nats, d_logits, states = [], [], []
        for x, y in zip(ids, targets):
            states.append(h)
            h = weights["kernel"][x] + weights["bias"] + h @ weights["recurrent"]
            p = np.exp(h - h.max())
            p /= p.sum()
            nats.append(-np.log(p[y]))
            d_logits.append((p - np.eye(len(p))[y]) / len(ids))
        d = {k: np.zeros_like(v) for k, v in weights.items()}
        carried = np.zeros(WORDS.size)
        for x, h0, d_h in [*zip(ids, states, d_logits)][::-1]:
            carried = d_h + carried @ weights["recurrent"].T
            d["kernel"][x] += carried
            d["bias"] += carried
            d["recurrent"] += np.outer(h0, carried)
        return nats, d, h

    dynamic = DynamicEvaluation(model, rate, decay, steps, epsilon)
    roots = dict.fromkeys(weights, 1.0)
    if statistics:
        padded = text_streams(TEXT[:20], WORDS, 1, 100, drop_remainder=False)
        ids, targets, real = (array[0, : padded.predicted] for array in padded[0])
        assert real.all()
        _, of_all, _ = learnt(ids, targets, np.zeros(WORDS.size))
        for found, g in zip(dynamic.gather(padded).roots, of_all.values()):
            np.testing.assert_allclose(found, np.abs(g), atol=1e-6)
        streams = text_streams(TEXT, WORDS, 1, 10)
        dynamic.gather(streams, 4)
        squares = [
            learnt(streams[k][0][0], streams[k][1][0], np.zeros(WORDS.size))[1]
            for k in range(4)
        ]
        roots = {
            k: np.sqrt(np.mean([s[k] ** 2 for s in squares], axis=0)) for k in weights
        }
        for found, root in zip(dynamic.roots, roots.values()):
            np.testing.assert_allclose(found, root, atol=1e-6)
    flat = [np.broadcast_to(roots[k], v.shape).ravel() for k, v in weights.items()]
    mean = np.concatenate(flat).mean()
    truth = np.concatenate([[WORDS.start], WORDS.encode(SHORT)])
    wanted, h = [], np.zeros(WORDS.size)
    for t in range(0, len(truth) - 1, steps):
        ids, targets = truth[:-1][t : t + steps], truth[1:][t : t + steps]
        nats, gradients, h = learnt(ids, targets, h)
        wanted += nats
        for k, g in gradients.items():
            root = roots[k] + (epsilon if statistics else 0)
            pull = np.minimum(decay * roots[k] / mean, 1) * (start[k] - weights[k])
            weights[k] = weights[k] - rate * g / root + pull
    found = dynamic.score(SHORT)
    np.testing.assert_allclose(found.log_probs, -np.array(wanted), rtol=2e-3)
    for value, old in zip(model.get_weights(), before):
        np.testing.assert_array_equal(value, old)
    assert dynamic.perplexity(SHORT) == pytest.approx(found.perplexity)
    with pytest.raises(ValueError, match="batches must be 1 or more"):
        dynamic.gather(text_streams(TEXT, WORDS, 1, 10), batches=0)
    with pytest.raises(ValueError, match="steps must be 1 or more"):
        DynamicEvaluation(model, rate, steps=0)
    foreign = text_streams(np.arange(WORDS.size + 1), None, 1, 3)
    with pytest.raises(ValueError, match="is no id of the model's vocabulary"):
        dynamic.gather(foreign)


def test_dynamic_evaluation_shows_a_bar_that_changes_nothing(capsys):
    dynamic = DynamicEvaluation(model_of(), 0.1, steps=5)
    silent = dynamic.score(SHORT)
    assert not capsys.readouterr().out
    shown = dynamic.score(SHORT, verbose=1)
    count = -(-len(shown) // 5)
    assert f"{count}/{count}" in capsys.readouterr().out
    np.testing.assert_array_equal(shown.log_probs, silent.log_probs)


def test_tied_embeddings_are_the_logits_weights(tmp_path):
    model = model_of(tie_embeddings=True)
    names = [v.path for v in model.trainable_variables]
    assert sum("embeddings" in name for name in names) == 1
    ids = WORDS.encode(SHORT)[None]
    vectors, bias = model.embedding.embeddings, model.head.bias
    wanted = np.array(model.read(ids)[0]) @ np.array(vectors).T + np.array(bias)
    np.testing.assert_allclose(model(ids), wanted, atol=1e-5)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(ids), model(ids))
    with pytest.raises(ValueError, match="last layer is 3 wide and embedding_dim is 4"):
        model_of(units=(3,), tie_embeddings=True)
    layers = [rnnkit.layers.LSTM(4)]
    with pytest.raises(ValueError, match="Without embedding_dim"):
        LanguageModel(WORDS, layers, tie_embeddings=True)
    head = rnnkit.layers.SampledSoftmax(WORDS.size, 3)
    with pytest.raises(ValueError, match="tie_embeddings or head"):
        LanguageModel(WORDS, layers, 4, head=head, tie_embeddings=True)


def test_locked_dropout_hides_the_same_at_all_steps():
    ids = np.arange(16).reshape(2, 8) % WORDS.size
    for locked in (True, False):
        model = model_of(units=(4,), output_dropout=0.5, locked_dropout=locked)
        hidden = np.array(model.read(ids, training=True)[0]) == 0
        same = (hidden == hidden[:, :1]).all()
        assert same == locked
        assert 0 < hidden.mean() < 1
        model = model_of(input_dropout=0.5, locked_dropout=locked)
        hidden = np.array(model.embed(ids, training=True)) == 0
        assert (hidden == hidden[:, :1]).all() == locked
        assert not (np.array(model.embed(ids)) == 0).any()


def test_embedding_dropout_hides_whole_words():
    model = model_of(embedding_dropout=0.4)
    ids = np.tile(np.arange(WORDS.size), (3, 2))
    x, plain = np.array(model.embed(ids, training=True)), np.array(model.embed(ids))
    kept = (x != 0).all(-1)
    assert (kept == kept[0, : WORDS.size].tolist() * 2).all()
    assert 0 < kept.mean() < 1
    np.testing.assert_allclose(x[kept], plain[kept] / 0.6, rtol=1e-5)


def test_activations_are_regularised():
    options = {"activation_regularization": 2.0, "temporal_regularization": 3.0}
    model = model_of(units=(4,), dropout=0.5, locked_dropout=True, **options)
    model.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
    seen, drop = [], model.dropouts[0].call

    def call(x, training):
        seen[:] = x, drop(x, training)
        return seen[1]

    model.dropouts[0].call = call
    x, y = text_streams(TEXT, WORDS, 2, 8)[0]
    logs = model.train_on_batch(x, y, return_dict=True)
    h, dropped = map(np.array, seen)
    assert 0 < (dropped == 0).mean() < 1
    wanted = 2 * (dropped**2).mean() + 3 * (np.diff(h, axis=1) ** 2).mean()
    assert logs["loss"] - logs["nats"] == pytest.approx(wanted, rel=1e-4)

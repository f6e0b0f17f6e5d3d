"""The neural probabilistic model against its formula; one-hot against projection."""

import math

import keras
import numpy as np
import pytest

import rnnkit
from rnnkit.data import Characters
from rnnkit.models import NPLM, LanguageModel
from rnnkit.models.context_window import ContextWindow

VOCABULARY = Characters("abcdefgh \n")
TEXT = "bad cab\nfed a hag\nhead\n"
RNG = np.random.default_rng(0)


def nplm(context=3, **options):
    keras.utils.set_random_seed(1)
    model = NPLM(VOCABULARY, context, embedding_dim=4, hidden_units=5, **options)
    for variable in model.trainable_variables:  # far from uniform, biases too
        variable.assign(RNG.normal(size=variable.shape))
    return model


def by_formula(model, ids):
    """Log-probabilities of what follows each of some ids, float64 `(n, vocabulary)`."""
    weights = [*model.stack[1].weights, *model.head.weights]
    P, H, d, U, b = (
        np.asarray(v, "float64") for v in (model.embedding.embeddings, *weights)
    )
    rows = []
    for t in range(len(ids)):
        seen = [
            P[ids[k]] if k >= 0 else np.zeros(P.shape[1])
            for k in range(t - model.context + 1, t + 1)
        ]
        z = np.tanh(np.concatenate(seen) @ H + d) @ U + b
        rows.append(z - z.max() - np.log(np.exp(z - z.max()).sum()))
    return np.array(rows)


@pytest.mark.parametrize("context", [1, 2, 3, 50])
def test_it_is_its_formula_at_once_and_step_by_step(context):
    model, ids = nplm(context), VOCABULARY.encode(TEXT)
    expected = by_formula(model, ids)
    found = keras.ops.log_softmax(model(ids[None])[0])
    np.testing.assert_allclose(found, expected, atol=1e-4)
    state = model.initial_state(1)
    for t in range(7):
        logits, state = model.step(ids[None, t], state)
        np.testing.assert_allclose(
            keras.ops.log_softmax(logits[0]), expected[t], atol=1e-4
        )


def test_perplexity_is_of_every_symbol_after_a_line_end():
    model = nplm()
    start, ids = VOCABULARY.start, VOCABULARY.encode(TEXT)
    rows = by_formula(model, [start, *ids[:-1]])
    nats = -rows[np.arange(len(ids)), ids].mean()
    assert model.perplexity(TEXT) == pytest.approx(math.exp(nats), rel=1e-4)
    assert model.perplexity(ids) == pytest.approx(math.exp(nats), rel=1e-4)
    # Longer than a window of evaluation; and shorter than the context.
    rows = by_formula(model, [start, *np.tile(ids, 30)[:-1]])
    nats = -rows[np.arange(len(rows)), np.tile(ids, 30)].mean()
    assert model.perplexity(TEXT * 30) == pytest.approx(math.exp(nats), rel=1e-4)
    assert model.perplexity("a") == pytest.approx(
        math.exp(-by_formula(model, [start])[0, ids[1]]), rel=1e-4
    )


def test_it_sees_the_last_words_and_no_others():
    model, ids = nplm(3), VOCABULARY.encode(TEXT)
    changed = ids.copy()
    changed[4] = (changed[4] + 1) % VOCABULARY.size
    different = np.abs(model(ids[None])[0] - model(changed[None])[0]).max(-1) > 1e-6
    assert np.flatnonzero(different).tolist() == [4, 5, 6]


@pytest.mark.slow
def test_it_learns_what_its_context_holds():
    """After an a or a space one of two comes, as was before it; K = 1 cannot know."""
    text = "dab fac " * 60
    words, found = Characters(text + "\n"), {}
    for context in (1, 2):
        keras.utils.set_random_seed(0)
        model = NPLM(words, context, embedding_dim=8, hidden_units=16)
        model.compile(keras.optimizers.Adam(0.03))
        streams = rnnkit.data.text_streams(text, words, batch_size=4, steps=20)
        model.fit(streams, epochs=25, verbose=0)
        found[context] = model.perplexity("dab fac " * 20)
    assert found[2] < 1.1
    assert found[1] > 1.38  # a bit for every second symbol: the square root of 2


def test_a_file_gives_it_back(tmp_path):
    model = nplm(2, dropout=0.2, activation="relu")
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    ids = VOCABULARY.encode(TEXT)[None]
    np.testing.assert_array_equal(again(ids), model(ids))
    assert again.get_config() == model.get_config()
    assert again.perplexity(TEXT) == pytest.approx(model.perplexity(TEXT))


def test_it_writes():
    model = nplm()
    text = model.generate("abba", 20, temperature=0)
    ids = VOCABULARY.encode(text)
    assert len(text) == 24
    best = by_formula(model, ids)[3:-1].argmax(-1)
    np.testing.assert_array_equal(ids[4:], best)


def test_what_cannot_be_is_named():
    with pytest.raises(ValueError, match="context must be an integer of 1 or m"):
        NPLM(VOCABULARY, context=0)
    model = nplm()
    with pytest.raises(ValueError, match="encoded by another"):
        model.perplexity([1, VOCABULARY.size])
    with pytest.raises(ValueError, match="'z'"):
        model.perplexity("abz")
    for nothing in ("", []):
        with pytest.raises(ValueError, match="nothing to predict"):
            model.perplexity(nothing)
    other = LanguageModel(Characters("ab"), [rnnkit.layers.SimpleRNN(2)])
    with pytest.raises(ValueError, match="nothing to predict"):
        other.perplexity("a")  # no line end to begin after


# One-hot vectors and projections: the exercise.


def test_one_hot_times_projection_is_the_lookup():
    model = nplm()
    P = model.embedding.embeddings
    ids = VOCABULARY.encode(TEXT)
    one_hot = keras.ops.one_hot(ids, VOCABULARY.size)
    np.testing.assert_allclose(one_hot @ P, model.embed(ids), atol=1e-6)
    np.testing.assert_allclose(one_hot @ P, keras.ops.take(P, ids, axis=0), atol=1e-6)


def test_the_shared_projection_of_several_words_is_one_matrix():
    """K one-hot vectors in a row, times P at K places of one matrix, else zeros."""
    context, ids = 3, VOCABULARY.encode(TEXT)
    model = nplm(context)
    P = np.asarray(model.embedding.embeddings)
    one_hot = np.eye(VOCABULARY.size)[ids]
    rows = np.concatenate([one_hot[k : len(ids) - 2 + k] for k in range(3)], axis=1)
    whole = np.kron(np.eye(context), P)
    assert whole.shape == (context * VOCABULARY.size, context * P.shape[1])
    window, _ = ContextWindow(context)(model.embed(ids)[None])
    np.testing.assert_allclose(rows @ whole, window[0, context - 1 :], atol=1e-6)

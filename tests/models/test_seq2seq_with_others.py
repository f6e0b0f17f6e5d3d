"""Models of pairs beside others: several as one, and a language model's say."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from rnnkit.decoding import ShallowFusion, beam_search, ensemble
from rnnkit.layers import GRU, LSTM
from rnnkit.models import LanguageModel, Seq2Seq
from tests.models.turned_words import VOCABULARY, batch, make, pairs

SOURCES = ["a b", "c", "d a d a", "f e d", "b"]


def sure(model, seed):
    """So much of itself that no rounding matters."""
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def language_model():
    keras.utils.set_random_seed(2)
    return sure(LanguageModel(VOCABULARY, [LSTM(4), GRU(3)], embedding_dim=5), 3)


@pytest.mark.parametrize("second", ["after", "plain"])
def test_two_models_are_averaged(second):
    """As the steps of each, one after another along what was found, say."""
    models = [sure(make(), 4), sure(make(second), 5)]
    (ids, lengths, _), _ = batch(pairs(4, seed=6), batch_size=4, buckets=1)
    states, constants = zip(*(model.begin(ids, lengths) for model in models))
    found = beam_search(
        ensemble([model.next_step for model in models]),
        list(states),
        constants=list(constants),
        start=VOCABULARY.start,
        end=VOCABULARY.end,
        max_length=4,
        beam_width=2,
    )
    tokens = ops.convert_to_numpy(found.tokens[:, 0])
    target = np.where(tokens < 0, 0, tokens)
    each = [ops.softmax(model((ids, lengths, target)), axis=-1) for model in models]
    own = np.take_along_axis(np.log(np.mean(each, axis=0)), target[..., None], -1)
    wanted = np.where(tokens < 0, 0, own[..., 0])
    np.testing.assert_allclose(found.log_probs[:, 0], wanted, atol=1e-4)
    assert len(np.unique(tokens)) > 3
    looked = ops.shape(found.attention) if second == "after" else found.attention
    assert looked == ((4, 1, 4, ids.shape[1]) if second == "after" else ())


def test_a_language_model_has_its_say_in_every_batch(monkeypatch):
    """What a search of width 1 takes is the best of both, token by token."""
    monkeypatch.setattr(Seq2Seq, "_compiled", lambda self, key, function: function)
    model, other = sure(make("plain"), 7), language_model()
    fusion = ShallowFusion(other.step, other.initial_state, 0.7)
    options = {"beam_width": 1, "max_length": 3, "details": True}
    written = model.translate(SOURCES, batch_size=3, processors=[fusion], **options)
    for source, one in zip(SOURCES, written):
        tokens = [*one.tokens, *[VOCABULARY.end] * one.ended]
        ids = VOCABULARY.encode(source)[None]
        target = np.array([tokens], "int32")
        own = model((ids, np.array([ids.shape[1]], "int32"), target))
        said = other(np.array([[VOCABULARY.start, *tokens[:-1]]]))
        both = ops.log_softmax(own) + 0.7 * ops.log_softmax(said)
        assert ops.argmax(both, axis=-1)[0].numpy().tolist() == tokens
        score = np.take_along_axis(np.array(both), target[..., None], -1).sum()
        assert one.score == pytest.approx(score, abs=1e-3)


def test_a_state_for_one_batch_says_so(monkeypatch):
    monkeypatch.setattr(Seq2Seq, "_compiled", lambda self, key, function: function)
    other = language_model()
    fusion = ShallowFusion(other.step, other.initial_state(3), 0.7)
    with pytest.raises(ValueError, match=r"a batch of 3, .* such as model.init"):
        make("plain").translate(SOURCES, batch_size=2, processors=[fusion])


@pytest.mark.slow
def test_exported_with_a_language_model_and_lengths_of_their_own(tmp_path):
    model, other = sure(make("plain"), 7), language_model()
    options = {
        "processors": [ShallowFusion(other.step, other.initial_state, 0.7)],
        "max_length": lambda lengths: 1.5 * lengths + 2,
        "min_length": lambda lengths: lengths,
        "prefix": np.array([-1, 6]),
        "n_best": 2,
    }
    model.export(tmp_path, **options)
    serve = tf.saved_model.load(tmp_path).signatures["serving_default"]
    found = serve(source=tf.constant(SOURCES))
    wanted = model.translate(SOURCES, batch_size=3, details=True, **options)
    text = [[one.decode() for one in ones] for ones in found["text"].numpy()]
    assert text == [[one.text for one in ones] for ones in wanted]
    score = [[one.score for one in ones] for ones in wanted]
    np.testing.assert_allclose(found["score"], score, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("decoder", ["plain", "input feeding"])
def test_an_export_takes_no_source_at_all(tmp_path, decoder):
    model = make(decoder, encoder=[keras.layers.GRU(6), GRU(8, path="loop")])
    model.export(tmp_path, beam_width=2, n_best=2)
    serve = tf.saved_model.load(tmp_path).signatures["serving_default"]
    none = serve(source=tf.constant([], "string"))
    assert none["text"].shape == none["score"].shape == (0, 2)


def test_an_export_names_what_it_does_not_take(tmp_path):
    model = make("plain")
    for name in ("copy_unknown", "details", "batch_size"):
        with pytest.raises(TypeError, match=f"has no {name}: .* are beam_width"):
            model.export(tmp_path, **{name: True})
    with pytest.raises(ValueError, match="prefix of a SavedModel is one row"):
        model.export(tmp_path, prefix=[[4], [5]])
    for prefix in ("a b", 5):
        with pytest.raises(ValueError, match="prefix is ids"):
            model.export(tmp_path, prefix=prefix)

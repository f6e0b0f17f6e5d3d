"""A language model with a head: it trains on its loss, and evaluates exactly."""

import keras
import numpy as np
import pytest

import rnnkit
from rnnkit.data import Tokens, text_streams
from rnnkit.models import LanguageModel

WORDS = Tokens([f"w{k}" for k in range(30)])
TEXT = " ".join(np.random.default_rng(0).choice(WORDS.tokens, 200))
HEADS = {
    "adaptive": lambda: rnnkit.layers.AdaptiveSoftmax(30, (5, 12), factor=2),
    "classes": lambda: rnnkit.layers.ClassSoftmax(30, (5, 12)),
    "full": lambda: rnnkit.layers.FullSoftmax(30),
    "sampled": lambda: rnnkit.layers.SampledSoftmax(30, 4, seed=1),
    "all sampled": lambda: rnnkit.layers.SampledSoftmax(30, 30, seed=1),
}


def model_of(name):
    keras.utils.set_random_seed(1)
    layers = [rnnkit.layers.GRU(8, path="loop")]
    model = LanguageModel(WORDS, layers, 6, head=HEADS[name]())
    model.compile(keras.optimizers.SGD(0.5))
    return model


def nats_by_hand(model, ids):
    found = np.array(model(ids[None, :-1]), "float64")[0]
    np.testing.assert_allclose(np.exp(found).sum(-1), 1, atol=1e-5)
    return -found[np.arange(len(ids) - 1), ids[1:]].mean()


@pytest.mark.parametrize("name", HEADS)
def test_it_evaluates_exactly_and_writes(name):
    model = model_of(name)
    wanted = nats_by_hand(model, WORDS.encode(TEXT))
    logs = model.evaluate(TEXT, return_dict=True, verbose=0)
    assert logs["nats"] == pytest.approx(wanted, rel=1e-5)
    assert logs["loss"] == pytest.approx(wanted, rel=1e-5)


def test_it_trains_on_the_loss_of_its_head():
    ids = WORDS.encode(TEXT)
    twin = model_of("sampled")  # which draws the same four words
    h, _ = twin.read(ids[None, :-1], twin.initial_state(1))
    wanted = float(np.mean(twin.head.loss(h, ids[None, 1:])))
    assert wanted != pytest.approx(nats_by_hand(twin, ids), abs=1e-2)
    model = model_of("sampled")
    (found,) = model.fit(text_streams(ids, None, 1, 199), verbose=0).history["nats"]
    assert found == pytest.approx(wanted, rel=1e-5)
    streams = text_streams(TEXT, WORDS, 2, 20)
    # With every word in the sample, steps are those of the full softmax.
    full = model_of("all sampled")
    full.head.training_nats = full.head.target_nats
    ours = model_of("all sampled")
    for model in (ours, full):
        model.fit(streams, epochs=2, verbose=0)
    for a, b in zip(ours.trainable_weights, full.trainable_weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_it_is_saved_with_its_head(tmp_path):
    model = model_of("adaptive")
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.head.cutoffs == [5, 12]
    assert again.generate("w1", 9, seed=2) == model.generate("w1", 9, seed=2)


def test_a_head_of_another_vocabulary_is_refused():
    with pytest.raises(ValueError, match="head is for 31 words and the vocabulary has"):
        LanguageModel(WORDS, [rnnkit.layers.GRU(8)], head=rnnkit.layers.FullSoftmax(31))

"""What a model of pairs is trained and asked with: lists, tensors and datasets."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.data import PairBatches
from rnnkit.data.pair_datasets import encoded_pairs
from tests.models.turned_words import VOCABULARY, lists, make, pairs

DATA = pairs(4, seed=2)


@pytest.fixture
def model():
    model = make("plain")
    model.run_eagerly = True
    return model


def of_texts(data=DATA, size=3):
    """Batches of strings, of as many sources as targets."""
    return tf.data.Dataset.from_tensor_slices(lists(data)).batch(size)


def test_tensors_of_strings_are_texts(model):
    sources, targets = map(tf.constant, lists(DATA))
    other = make("plain")
    other.run_eagerly = True
    losses = [
        one.fit(x, y, shuffle=False, verbose=0).history["loss"]
        for one, x, y in ((model, sources, targets), (other, *lists(DATA)))
    ]
    assert losses[0] == losses[1]
    for one, two in zip(model.score(sources, targets), model.score(*lists(DATA))):
        np.testing.assert_array_equal(one, two)
    batches = PairBatches(sources, targets, VOCABULARY, VOCABULARY)
    assert batches.texts == lists(DATA)[1]
    with pytest.raises(ValueError, match="no targets"):
        model.fit(sources)
    with pytest.raises(ValueError, match="a list of texts, got one text"):
        model.translate(tf.constant("a b"))
    with pytest.raises(ValueError, match="source 1 is not UTF-8"):
        model.translate(tf.constant([b"a", b"\xff"]))


def test_a_dataset_of_texts_is_one_of_ids():
    options = {"batch_size": 3, "buckets": 1}
    expected = PairBatches(*lists(DATA), VOCABULARY, VOCABULARY, **options)
    rows = []
    for (source, lengths, target), same in encoded_pairs(
        of_texts(), VOCABULARY, VOCABULARY
    ):
        np.testing.assert_array_equal(target, same)
        rows += [
            (s[:n].tolist(), t[t >= 0].tolist(), s[n:].any())
            for s, n, t in zip(source.numpy(), lengths.numpy(), target.numpy())
        ]
    assert rows == [
        (expected.inputs[k].tolist(), expected.labels[k].tolist(), False)
        for k in range(len(DATA))
    ]


def test_a_dataset_of_texts_trains(model):
    data = of_texts(size=4)
    history = model.fit(data, epochs=2, validation_data=data, verbose=0).history
    assert history["loss"][1] < history["loss"][0]
    nats = model.evaluate(data, return_dict=True, verbose=0)["nats"]
    assert nats == pytest.approx(history["val_nats"][1], rel=1e-5)
    with pytest.raises(tf.errors.InvalidArgumentError, match="A source is empty"):
        model.fit(tf.data.Dataset.from_tensors((["a", " "], ["a", "b"])), verbose=0)


@pytest.mark.parametrize(
    "dataset",
    [
        of_texts().unbatch(),
        of_texts().map(lambda x, y: x),
        of_texts().map(lambda x, y: ((x, y), y)),
        tf.data.Dataset.from_tensors(([[4, 5]], [[5, 4, 3]])),
    ],
)
def test_other_datasets_are_told_what_they_should_hold(model, dataset):
    with pytest.raises(ValueError, match="holds batches of pairs: of texts"):
        model.fit(dataset, verbose=0)


def test_the_longest_source_is_known_however_it_was_read(model, monkeypatch):
    """Through `fit`, whatever it is given, and through nothing else."""
    ids = PairBatches(*lists(DATA), VOCABULARY, VOCABULARY, batch_size=3).dataset()
    longest = max(len(source.split()) for source in DATA.sources)
    for data in (DATA, ids, of_texts()):
        model.longest.assign(0)
        model.fit(data, verbose=0)
        assert model.longest_source() == longest
    model.evaluate(["a b c d e f a"], ["b"], verbose=0)
    assert model.longest_source() == longest
    monkeypatch.setattr(model, "_compiled", lambda key, function: function)
    with pytest.warns(UserWarning, match=f"6 tokens; the longest .* had {longest}"):
        model.translate(["a b c d e f"], max_length=1)


def test_what_was_written_is_scored_whatever_it_is(model):
    """Drawn tokens may be padding or a start, which is not for training."""
    (score,) = model.score(["a b"], [[0, 2, 5]])
    assert len(score) == 4
    with pytest.raises(ValueError, match="target 0 holds 3, which is the end"):
        model.score(["a b"], [[5, 3]])
    with pytest.raises(ValueError, match="target 0 holds 2, which is the start"):
        model.fit(["a b"], [[2, 5]])

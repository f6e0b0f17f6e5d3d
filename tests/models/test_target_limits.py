"""How long targets may be, and how they begin, each by its own source."""

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from rnnkit.models import Seq2Seq
from rnnkit.models.target_limits import greatest, limit
from tests.models.turned_words import VOCABULARY, make

SOURCES = ["a b", "c", "d a d a", "f e d"]  # in no order of length
LENGTHS = np.array([2, 1, 4, 3], "int32")


@pytest.fixture
def model(monkeypatch):
    """One that hardly ever ends, step by step: what is compiled is tested elsewhere."""
    monkeypatch.setattr(Seq2Seq, "_compiled", lambda self, key, function: function)
    model = make("plain")
    _ends(model, -30)
    return model


def _ends(model, bias):
    kernel, biases = model.head.get_weights()
    biases[VOCABULARY.end] = bias
    model.head.set_weights([kernel, biases])


def counts(written):
    return [len(one.log_probs) for one in written]


def drawn(model, **options):
    return [one for (one,) in model.sample(SOURCES, details=True, **options)]


def test_the_greatest_length_follows_each_source(model):
    options = {"batch_size": 3, "beam_width": 1, "details": True}
    written = model.translate(SOURCES, max_length=lambda n: 5 - n, **options)
    assert counts(written) == [3, 4, 1, 2]
    assert counts(drawn(model, max_length=lambda n: 5 - n)) == [3, 4, 1, 2]


def test_the_least_length_follows_each_source(model):
    _ends(model, 30)
    options = {"batch_size": 3, "beam_width": 1, "min_length": lambda n: n + 1}
    assert counts(model.translate(SOURCES, details=True, **options)) == [3, 2, 5, 4]
    assert counts(drawn(model, min_length=lambda n: n + 1)) == [3, 2, 5, 4]


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (lambda n: 1.5 * n + 1, [4, 2, 7, 5]),
        (lambda n: 5 - n, [3, 4, 1, 2]),
        (lambda n: ops.maximum(n, 3), [3, 3, 4, 3]),
        (lambda n: 2, [2, 2, 2, 2]),
        (2, [2, 2, 2, 2]),
    ],
)
def test_the_room_is_that_of_the_longest(asked, wanted):
    """Known beforehand, or in a graph for sources of any length."""
    found = np.broadcast_to(limit(asked, LENGTHS, "max_length"), (4,))
    assert found.tolist() == wanted
    assert greatest(asked, 4) == max(wanted)
    in_graph = tf.function(lambda time: greatest(asked, time))
    assert int(in_graph(tf.constant(4))) == max(wanted)


def test_each_target_begins_as_it_is_told(model):
    prefix = [[4], [5, 6], [7], [8, -1, 9]]
    options = {"prefix": prefix, "max_length": 3}
    more = {"beam_width": 1, "batch_size": 3, "details": True}
    for written in (
        model.translate(SOURCES, **more, **options),
        drawn(model, **options),
    ):
        tokens = np.stack([one.tokens for one in written])
        assert tokens[:, 0].tolist() == [4, 5, 7, 8]
        assert tokens[1, 1] == 6
        assert tokens[3, 2] == 9
    same = drawn(model, prefix=[4, 5], max_length=3)
    assert [one.tokens[:2].tolist() for one in same] == [[4, 5]] * 4


def test_what_would_go_to_other_sources_is_refused(model):
    for write in (model.translate, model.sample):
        for name in ("min_length", "max_length"):
            with pytest.raises(ValueError, match=f"{name} is a number, or a function"):
                write(SOURCES, **{name: [9, 4, 5, 6]})
        with pytest.raises(ValueError, match="4 sources, but 2 prefixes: prefix is"):
            write(SOURCES, prefix=[[4], [5]])
        with pytest.raises(ValueError, match="prefix has 3 tokens, but max_length"):
            write(SOURCES, prefix=[4, 5, 6], max_length=2)
        room = {"prefix": [4] * 4, "max_length": lambda lengths: lengths + 2}
        with pytest.raises(ValueError, match="4 tokens, but of a source of 1 tokens"):
            write(SOURCES, batch_size=1, **room)
        with pytest.raises(ValueError, match="prefix has 15 tokens, but of a source"):
            write(SOURCES[:1], prefix=[4] * 15)

"""Streams hold every symbol once, in order, and say what they leave out."""

import keras
import numpy as np
import pytest

from rnnkit.data import Characters, text_streams


def streams_of(n, batch_size, steps, **kwargs):
    return text_streams(np.arange(n), None, batch_size, steps, **kwargs)


def test_rows_go_on_from_batch_to_batch():
    streams = streams_of(26, batch_size=2, steps=4)
    assert len(streams) == streams.batches == 3
    x = np.concatenate([x for x, _ in streams], axis=1)
    y = np.concatenate([y for _, y in streams], axis=1)
    np.testing.assert_array_equal(x, np.arange(24).reshape(2, 12))
    np.testing.assert_array_equal(y, x + 1)
    assert (streams.predicted, streams.unused) == (24, 1)


@pytest.mark.parametrize("n", [13, 14, 24, 25, 26, 97])
def test_what_is_left_out_is_stated(n):
    streams = streams_of(n, batch_size=3, steps=4)
    seen = np.concatenate([y.ravel() for _, y in streams])
    assert sorted(seen) == list(range(1, 1 + streams.predicted))
    assert streams.predicted + streams.unused == n - 1
    assert streams.unused < 3 * 4


@pytest.mark.parametrize("n", [2, 5, 13, 26, 97])
@pytest.mark.parametrize("batch_size", [1, 3])
def test_evaluation_predicts_every_symbol_once(n, batch_size):
    streams = streams_of(n, batch_size, steps=4, drop_remainder=False)
    rows = [[] for _ in range(batch_size)]
    for x, y, weights in streams:
        assert x.shape == y.shape == weights.shape == (batch_size, 4)
        np.testing.assert_array_equal(y[weights > 0], x[weights > 0] + 1)
        for row, targets, keep in zip(rows, y, weights > 0):
            row.extend(targets[keep])
    assert [target for row in rows for target in row] == list(range(1, n))
    assert (streams.predicted, streams.unused) == (n - 1, 0)


def test_the_data_set_is_the_same_batches_from_any_one_on():
    streams = streams_of(97, batch_size=3, steps=4, drop_remainder=False)
    batches = list(streams.dataset(first=2))
    assert len(batches) == len(streams) - 2
    for k, batch in enumerate(batches):
        for ours, theirs in zip(streams[k + 2], batch):
            np.testing.assert_array_equal(ours, theirs)


def test_text_is_encoded():
    vocabulary = Characters("abc")
    x, y = text_streams("abcab", vocabulary, batch_size=2, steps=2)[0]
    assert [vocabulary.decode(row) for row in x] == ["ab", "ca"]
    assert [vocabulary.decode(row) for row in y] == ["bc", "ab"]


def test_fit_takes_them():
    model = keras.Sequential([keras.layers.Embedding(30, 4), keras.layers.Dense(30)])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(streams_of(26, 2, 4), shuffle=False, verbose=0)


def test_bad_input_gets_plain_errors():
    with pytest.raises(
        ValueError, match=r"text of 24 symbols is too short for 2 .* 25"
    ):
        streams_of(24, batch_size=2, steps=12)
    with pytest.raises(ValueError, match="too short for 1 streams"):
        streams_of(1, batch_size=1, steps=4, drop_remainder=False)
    with pytest.raises(
        ValueError, match="batch_size must be a positive integer, got 0"
    ):
        streams_of(9, batch_size=0, steps=4)
    with pytest.raises(ValueError, match="one row of integer ids"):
        text_streams(np.zeros((3, 3)), None, 1, 1)
    with pytest.raises(ValueError, match=r"'z' .* at position 1"):
        text_streams("az", Characters("ab"), 1, 1)
    with pytest.raises(IndexError, match="no batch 9 among 3"):
        streams_of(26, 2, 4)[9]

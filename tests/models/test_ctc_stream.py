"""A CTC model that reads piece by piece: the same numbers as of the whole."""

import keras
import numpy as np
import pytest

from rnnkit.layers import (
    MFCC,
    Bidirectional,
    Deltas,
    LogMel,
    SpecAugment,
    TimeDelay,
)
from tests.models.spelt_words import INPUTS, forward, make

RNG = np.random.default_rng(2)


def logits_of_pieces(model, x, sizes):
    """The logits of a stream that is fed pieces of these sizes, again and again."""
    stream, begin, k = model.stream(len(x)), 0, 0
    while begin < x.shape[1]:
        size = sizes[k % len(sizes)]
        stream.feed(x[:, begin : begin + size])
        begin, k = begin + size, k + 1
    stream.finish()
    return stream.logits


@pytest.mark.parametrize(
    "encoder",
    [
        [forward()],
        [TimeDelay(8, (-3, 0, 2)), forward(8), keras.layers.Dense(5)],
        [TimeDelay(8, (-1, 0, 1), stride=2), TimeDelay(8, (0, 3), stride=3)],
        [TimeDelay(8, (-5, -4), stride=3), forward(6)],
        [TimeDelay(8, (0,), stride=2)],
        [TimeDelay(8, (0, 1), stride=3)],
        [Deltas(), SpecAugment(feature_width=2)],
        [Deltas(order=1, width=4), TimeDelay(8, (-1, 2), stride=2)],
        [keras.layers.Dense(3), Deltas(order=3, width=1)],
    ],
)
def test_a_stream_gives_what_the_whole_gives(encoder):
    model = make(encoder)
    x = RNG.normal(size=(2, 23, 4)).astype("float32")
    whole, _ = model.read(x)
    for sizes in ((1,), (4, 1, 7), (100,)):
        found = logits_of_pieces(model, x, sizes)
        np.testing.assert_allclose(found, whole, atol=1e-5)


@pytest.mark.parametrize(
    "encoder",
    [
        [LogMel(8000, bins=5)],
        [MFCC(8000, coefficients=4), Deltas()],
        [LogMel(8000, bins=5, frame_seconds=0.004, hop_seconds=0.007, low=200)],
    ],
    ids=["overlapping", "slopes", "apart"],
)
@pytest.mark.parametrize("samples", [1, 200, 279, 600])
def test_a_stream_of_samples_gives_what_the_whole_gives(encoder, samples):
    model = make(encoder)
    x = RNG.uniform(-1, 1, (2, samples)).astype("float32")
    whole, _ = model.read(x)
    for sizes in ((37,), (250, 3)):
        found = logits_of_pieces(model, x, sizes)
        np.testing.assert_allclose(found, whole, atol=1e-4)


def test_a_frame_is_read_as_soon_as_it_is_whole():
    model = make([LogMel(8000, bins=5)])
    model.build((None, None))
    stream, frames = model.stream(), []
    for _ in range(4):
        stream.feed(RNG.uniform(-1, 1, (1, 100)))
        frames.append(stream.logits.shape[1])
    assert frames == [0, 1, 2, 3]


def test_what_reads_the_whole_cannot_be_streamed():
    model = make([Bidirectional(forward(4))])
    with pytest.raises(ValueError, match="cannot be streamed: use layers that read"):
        model.stream()


def test_a_piece_of_other_axes_is_named():
    for encoder, shape, axes in (
        (None, (None, None, 4), r"\(batch, time, features\) with batch 1"),
        ([LogMel(8000, bins=5)], (None, None), r"\(batch, time\) with batch 1"),
    ):
        model = make(encoder)
        model.build(shape)
        with pytest.raises(ValueError, match=f"A chunk is {axes}, got "):
            model.stream().feed(INPUTS[0] if encoder is None else INPUTS[0][None])

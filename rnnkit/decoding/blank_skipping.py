"""Frames that a search need not look at."""

import math

import keras
from keras import ops

from rnnkit.ops import compact


def without_blanks(log_probs, frames, blank, threshold):
    """Leave out the frames that are blank beyond doubt, but the first of each run.

    Args:
        log_probs: `(batch, time, symbols)`.
        frames: Which frames count, booleans `(batch, time)`.
        blank: The symbol that separates.
        threshold: Probability of the blank above which there is no doubt.

    Returns:
        The log-probabilities of the frames that are left, shorter in time; which
        frames they were, `(batch, time)`, -1 after the last; how many they are, and
        the sum of the blank's log-probabilities in the others, `(batch,)`.
    """
    of_blank = log_probs[:, :, blank]
    sure = (of_blank > math.log(threshold)) & frames
    before = ops.pad(sure[:, :-1], [[0, 0], [1, 0]])
    out = sure & before
    places = ops.arange(ops.shape(sure)[1], dtype="int32")
    kept, count = compact(frames & ~out, ops.broadcast_to(places, ops.shape(sure)))
    most = ops.maximum(ops.max(count), 1)  # one frame at least
    kept = kept[:, : _rounded(most, ops.shape(sure)[1])]
    left = ops.take_along_axis(log_probs, ops.maximum(kept, 0)[:, :, None], axis=1)
    return left, kept, count, ops.sum(ops.where(out, of_blank, 0.0), axis=1)


def _rounded(count, time):
    """A count of frames, up to an eighth of all: eight shapes to compile, no more."""
    if keras.backend.backend() != "tensorflow":
        count = int(count)
    eighth = time // 8 + 1
    return (count + eighth - 1) // eighth * eighth

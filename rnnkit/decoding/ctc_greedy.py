"""Reading a label off one symbol a frame."""

from typing import NamedTuple

from keras import ops

from rnnkit.lattice.ctc import blank_of, frames_of
from rnnkit.ops import compact


class Merged(NamedTuple):
    """Runs of equal symbols, `(batch, time)` each, -1 after the last."""

    symbols: object
    starts: object  # first frame of the run
    ends: object  # the frame after its last
    lengths: object  # number of runs, (batch,)


class Transcript(NamedTuple):
    """What was read; `(batch, time)` each, -1 (of scores 0) after the last symbol."""

    symbols: object
    starts: object  # first frame
    ends: object  # the frame after the last
    scores: object  # log-probability of the symbol over these frames, nats
    lengths: object  # number of symbols, (batch,)
    score: object  # log-probability of the path, blanks too, (batch,)


def merge_repeats(symbols, lengths=None):
    """Runs of equal symbols become one symbol each: "aaabb" is "ab".

    This is the simplest way from one symbol a frame to a sequence; it cannot tell a
    symbol that stands twice from one that lasts, which is what CTC's blank is for.

    Args:
        symbols: Integers `(batch, time)`.
        lengths: Frames of each row, `(batch,)`; by default all.

    Returns:
        `Merged`.
    """
    symbols = ops.cast(ops.convert_to_tensor(symbols), "int32")
    time = ops.shape(symbols)[1]
    places = ops.broadcast_to(ops.arange(time, dtype="int32"), ops.shape(symbols))
    inside = places < _column(lengths, time)
    changes = symbols[:, 1:] != symbols[:, :-1]
    edge = ops.ones_like(symbols[:, :1], dtype="bool")
    first = ops.concatenate([edge, changes], 1) & inside
    beyond = ops.concatenate([ops.logical_not(inside[:, 1:]), edge], 1)
    last = (ops.concatenate([changes, edge], 1) | beyond) & inside
    merged, starts, count = compact(first, symbols, places)
    ends, _ = compact(last, places + 1)
    return Merged(merged, starts, ends, count)


def ctc_greedy(logits, lengths=None, blank=0):
    """The most probable symbol of each frame, repeats merged, blanks left out.

    Args:
        logits: Scores before any softmax, `(batch, time, symbols)`.
        lengths: Frames of each row, `(batch,)`; by default all.
        blank: Which symbol is the blank; -1 is the last.

    Returns:
        `Transcript`.

    Raises:
        ValueError: There is no such blank, or, where it is known, a length is out of
            range.
    """
    logits = ops.cast(ops.convert_to_tensor(logits), "float32")
    log_probs = ops.log_softmax(logits, axis=-1)
    blank = blank_of(blank, logits.shape[-1])
    best = ops.cast(ops.argmax(log_probs, axis=-1), "int32")
    inside = frames_of(logits, lengths)
    frames = ops.where(inside, ops.max(log_probs, axis=-1), 0.0)
    runs = merge_repeats(best, lengths)
    is_symbol = (runs.symbols != blank) & (runs.symbols >= 0)
    symbols, starts, ends, count = compact(
        is_symbol, runs.symbols, runs.starts, runs.ends
    )
    # Sums over frames, as differences of what has been summed up to them.
    summed = ops.pad(ops.cumsum(frames, axis=1), [[0, 0], [1, 0]])
    until, since = (
        ops.take_along_axis(summed, ops.maximum(places, 0), axis=1)
        for places in (ends, starts)
    )
    scores = ops.where(symbols >= 0, until - since, 0.0)
    return Transcript(symbols, starts, ends, scores, count, summed[:, -1])


def _column(lengths, time):
    if lengths is None:
        return time
    return ops.cast(ops.convert_to_tensor(lengths), "int32")[:, None]

"""Where in a sequence each symbol of a known label stands."""

from typing import NamedTuple

from keras import ops

from rnnkit.lattice import ctc as lattice
from rnnkit.ops import scan, traced

_NEVER = -1e30


class Alignment(NamedTuple):
    """The most probable alignment of a label; -1 beyond its length, and all of it
    where there is no path."""

    starts: object  # first frame of each symbol, (batch, labels)
    ends: object  # the frame after its last, (batch, labels)
    scores: object  # mean log-probability of the symbol over these frames, nats
    score: object  # log-probability of the whole path, (batch,); below -1e29: no path
    path: object  # for each frame which symbol of the label, -1 blank, (batch, time)


def forced_align(labels, logits, label_lengths=None, logit_lengths=None, blank=0):
    """Align labels with their frames: the best path through the lattice of CTC.

    Args:
        labels: Integers `(batch, labels)`.
        logits: Scores before any softmax, `(batch, time, symbols)`.
        label_lengths: Integers `(batch,)`; by default a label ends at its first blank
            or negative number.
        logit_lengths: Frames of each item, integers `(batch,)`; by default all.
        blank: Which symbol is the blank; -1 is the last.

    Returns:
        `Alignment`. Where the frames are too few, or hold what is no number, there is
        no path.

    Raises:
        ValueError: Shapes do not fit, or `blank` is no symbol. Run eagerly also: a
            label that holds what is no symbol or the blank (in a graph it has no path),
            or a length that is out of range.

    Reference: [Viterbi, 1967](https://doi.org/10.1109/TIT.1967.1054010)
    """
    labels = ops.cast(ops.convert_to_tensor(labels), "int32")
    if labels.shape[1] == 0:
        labels = ops.pad(labels, [[0, 0], [0, 1]], constant_values=-1)
    logits = ops.cast(ops.convert_to_tensor(logits), "float32")
    lattice.check_batch(labels, logits)
    symbols = logits.shape[-1]
    blank = lattice.blank_of(blank, symbols)
    counts = lattice.lengths_of(labels, label_lengths, blank)
    frames = lattice.frames_of(logits, logit_lengths)
    wrong = lattice.wrong_labels(labels, counts, symbols, blank)
    return Alignment(*traced(_aligned)(labels, logits, counts, frames, wrong, blank))


def _aligned(labels, logits, counts, frames, wrong, blank):
    counts = counts[:, None]
    places = ops.arange(ops.shape(labels)[1], dtype="int32")[None]
    labels = ops.where(places < counts, labels, blank)

    # States: blank, first symbol, blank, second symbol ... blank.
    batch, count = ops.shape(labels)
    blanks = ops.full((batch, count, 1), blank, dtype="int32")
    states = ops.reshape(ops.stack([blanks[:, :, 0], labels], 2), (batch, 2 * count))
    states = ops.concatenate([states, blanks[:, :1, 0]], 1)
    number = ops.arange(2 * count + 1, dtype="int32")[None]
    log_probs = lattice.log_probs_of(logits)
    emitted = ops.transpose(lattice.pick(log_probs, states), (1, 0, 2))
    skips = (number[:, 2:] % 2 == 1) & (states[:, 2:] != states[:, :-2])
    skips = ops.pad(skips, [[0, 0], [2, 0]])

    def moved(x, by):
        return ops.pad(x, [[0, 0], [by, 0]], constant_values=_NEVER)[
            :, : ops.shape(x)[1]
        ]

    def forward(scores, inputs):
        emission, frame = inputs
        ways = ops.stack(
            [scores, moved(scores, 1), ops.where(skips, moved(scores, 2), _NEVER)], -1
        )
        taken = ops.where(frame, ops.cast(ops.argmax(ways, axis=-1), "int32"), 0)
        new = ops.where(frame, ops.max(ways, axis=-1) + emission, scores)
        return new, taken

    # As if in a blank before the first frame: it leads to the first blank and symbol.
    start = ops.where(ops.zeros_like(states) == number, 0.0, _NEVER)
    frames_first = ops.transpose(frames)[:, :, None]
    scores, taken = scan(forward, start, (emitted, frames_first))
    ends = ops.concatenate([2 * counts, ops.maximum(2 * counts - 1, 0)], 1)
    last = ops.take_along_axis(scores, ends, axis=1)
    best = ops.argmax(last, axis=1)[:, None]
    state = ops.take_along_axis(ends, ops.cast(best, "int32"), axis=1)

    def backward(state, taken):
        return state - ops.take_along_axis(taken, state, axis=1), state[:, 0]

    _, path = scan(backward, state, taken, reverse=True)
    score = ops.max(last, axis=1)
    score = ops.where(wrong | ops.isnan(score), _NEVER, score)
    found = (score > _NEVER / 10)[:, None]
    path = ops.transpose(path)
    path = ops.where((path % 2 == 1) & frames & found, (path - 1) // 2, -1)
    real = (places < counts) & found
    return _alignment(path, places, real, log_probs, labels, score)


def _alignment(path, places, real, log_probs, labels, score):
    """Starts, ends and scores of the symbols of a path, of those that are real."""
    time = ops.arange(ops.shape(path)[1], dtype="int32")[None, :, None]
    here = path[:, :, None] == places[:, None]
    starts = ops.min(ops.where(here, time, ops.shape(path)[1]), axis=1)
    ends = ops.max(ops.where(here, time + 1, 0), axis=1)
    sums = ops.sum(ops.where(here, lattice.pick(log_probs, labels), 0.0), axis=1)
    found = ops.maximum(ops.sum(ops.cast(here, "float32"), axis=1), 1.0)
    return Alignment(
        ops.where(real, starts, -1),
        ops.where(real, ends, -1),
        ops.where(real, sums / found, 0.0),
        score,
        path,
    )

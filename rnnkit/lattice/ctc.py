"""The lattice of connectionist temporal classification, forwards and backwards.

A label `l_1 … l_n` is read off a path of one symbol a frame by merging repeats and then
removing blanks. The paths of a label go through the states

    blank, l_1, blank, l_2, …, l_n, blank

one state a frame: they stay, go on by one, or leave out a blank between two labels
that differ. `alpha_t(s)` sums over the beginnings that are in state s at frame t,
`beta_t(s)` over the ends; their product, normalised in each frame, is the posterior of
s at t.

Both passes run in one loop: the backward pass is the forward pass of the sequence and
the label turned round. Sums are kept as wide floats (`rnnkit.ops.wide`), which cost no
exp and no log in the loop and lose no digits over long sequences.

Reference: [Graves et al., 2006](https://doi.org/10.1145/1143844.1143891)
"""

from typing import NamedTuple

import numpy as np
from keras import ops

from rnnkit.ops import scan, wide
from rnnkit.ops.devices import has_gpu
from rnnkit.ops.tracing import known

LEAST = -1e4  # log-probabilities below count as this
ONE_HOT_UP_TO = 1024  # symbols: to pick and put by products is faster up to here


class Sums(NamedTuple):
    """What the two passes found; time-major, labels in their own order."""

    log_likelihood: object  # (batch,), float32; means nothing where there is no path
    labels: object  # posterior of each label, (time, batch, labels)
    blanks: (
        object  # posterior of the blank between two of them, (time, batch, 1 + labels)
    )


def sums(log_probs, labels, label_lengths, frames, blank):
    """Sum over all alignments.

    Args:
        log_probs: Log-probabilities of `LEAST` or more, float32 `(batch, time,
            symbols)`.
        labels: Symbols, int32 `(batch, labels)`, one column at least; what is beyond
            a length is not read.
        label_lengths: int32 `(batch,)`.
        frames: Which frames count, booleans `(batch, time)`.
        blank: The symbol that separates.

    Returns:
        `Sums`.
    """
    count = labels.shape[1] or ops.shape(labels)[1]
    places = ops.arange(count + 1, dtype="int32")[None]
    ends = label_lengths[:, None]
    labels = ops.where(places[:, :-1] < ends, labels, blank)
    emitted = ops.transpose(pick(log_probs, labels), (1, 0, 2))
    between = ops.transpose(log_probs[:, :, blank])[:, :, None]
    frames = ops.transpose(frames)[:, :, None]

    both_labels = ops.concatenate([labels, ops.flip(labels, 1)], 0)
    differ = both_labels[:, 1:] != both_labels[:, :-1]
    first = ops.zeros_like(both_labels[:, :1], dtype="bool")
    skips = ops.concatenate([first, differ], 1)
    begin = ops.concatenate([places == 0 * ends, places == count - ends], 0)

    def both(x, turn=None):
        """For the two passes, side by side in the batch."""
        turned = ops.flip(x, 0)
        return ops.concatenate([x, turned if turn is None else turn(turned)], 1)

    steps = (
        wide.from_log(both(emitted, lambda x: ops.flip(x, 2))),
        wide.from_log(both(between)),
        both(frames),
    )
    nothing = wide.constant(ops.zeros_like(both_labels, dtype="bool"))

    def step(states, inputs):
        (blanks, symbols), (p, q, frame) = states, inputs
        # The label in front of each blank; there is none in front of the first.
        before = [ops.concatenate([c[:, :1], x], 1) for c, x in zip(nothing, symbols)]
        before = wide.Wide(*before)
        at_blanks = wide.add(blanks, before)
        skipped = wide.only(skips, before.map(lambda x: x[:, :-1]))
        at_labels = wide.add(symbols, blanks.map(lambda x: x[:, :-1]), skipped)
        new = wide.multiply(at_blanks, q), wide.multiply(at_labels, p)
        states = [wide.where(frame, n, s) for n, s in zip(new, states)]
        return tuple(states), (at_blanks, at_labels)

    start = (wide.constant(begin), nothing)
    (blanks, symbols), (at_blanks, at_labels) = scan(step, start, steps)
    batch = ops.shape(labels)[0]
    end_b = wide.only(places == ends, blanks.map(lambda x: x[:batch]))
    end_l = wide.only(places[:, 1:] == ends, symbols.map(lambda x: x[:batch]))
    likelihood = wide.add(wide.total(end_b, 1), wide.total(end_l, 1))

    def meet(entering, emission):
        """alpha before the frame's symbol · the symbol · beta before it."""
        ahead = entering.map(lambda x: x[:, :batch])
        back = entering.map(lambda x: ops.flip(x[:, batch:], (0, 2)))
        here = emission.map(lambda x: x[:, :batch])
        return wide.Wide(
            ahead.mantissa * back.mantissa * here.mantissa,
            ahead.exponent + back.exponent + here.exponent,
        )

    at_labels, at_blanks = meet(at_labels, steps[0]), meet(at_blanks, steps[1])
    largest = ops.maximum(
        *(ops.max(x.exponent, axis=2, keepdims=True) for x in (at_labels, at_blanks))
    )
    at_labels, at_blanks = wide.at(at_labels, largest), wide.at(at_blanks, largest)
    norm = ops.sum(at_labels, 2, keepdims=True) + ops.sum(at_blanks, 2, keepdims=True)
    return Sums(
        log_likelihood=wide.log(likelihood),
        labels=at_labels / norm,
        blanks=at_blanks / norm,
    )


def log_probs_of(logits):
    """Log-probabilities of scores, all finite but where a score is no number."""
    return ops.maximum(ops.log_softmax(logits, axis=-1), LEAST)


def has_path(labels, label_lengths, frames):
    """Whether a label fits into its frames: a blank goes between two that are alike."""
    places = ops.arange(1, ops.shape(labels)[1], dtype="int32")[None]
    alike = (labels[:, 1:] == labels[:, :-1]) & (places < label_lengths[:, None])
    needed = label_lengths + ops.sum(ops.cast(alike, "int32"), axis=1)
    return needed <= ops.sum(ops.cast(frames, "int32"), axis=1)


def blank_of(blank, symbols):
    """The id of the blank, of which -1 is the last.

    Raises:
        ValueError: There is no such symbol.
    """
    if not -symbols <= blank < symbols:
        raise ValueError(f"blank is {blank}, but there are {symbols} symbols.")
    return blank % symbols


def check_batch(labels, logits):
    """Raise ValueError where it is known that there is not a label an item."""
    one, other = labels.shape[0], logits.shape[0]
    if None not in (one, other) and one != other:
        raise ValueError(f"There are {one} labels, but logits of {other} items.")


def wrong_labels(labels, lengths, symbols, blank):
    """Which labels are none: symbols that there are not, or too few of them.

    Raises:
        ValueError: There is one, where values are known; names the first.
    """
    places = ops.arange(ops.shape(labels)[1], dtype="int32")[None]
    inside = places < lengths[:, None]
    wrong = inside & ((labels < 0) | (labels >= symbols) | (labels == blank))
    beyond = (lengths < 0) | (lengths > ops.shape(labels)[1])
    found = ops.any(wrong, axis=1) | beyond
    at_hand = known(found)
    if at_hand is not None and at_hand.any():
        item = int(np.flatnonzero(at_hand)[0])
        raise ValueError(
            f"Label {item} is {known(labels)[item].tolist()}, of which "
            f"{int(known(lengths)[item])} count; there are the symbols 0 to "
            f"{symbols - 1}, and {blank} is the blank."
        )
    return found


def lengths_of(labels, lengths, blank):
    """Lengths of labels; where none are given they end at a blank or below zero."""
    if lengths is None:
        is_label = ops.cast((labels >= 0) & (labels != blank), "int32")
        return ops.sum(ops.cumprod(is_label, axis=1), axis=1)
    return ops.cast(ops.convert_to_tensor(lengths), "int32")


def frames_of(logits, lengths, mask=None):
    """Which frames count, `(batch, time)`, of lengths, or of a mask, or all.

    Raises:
        ValueError: Both are given; or there is not a length an item, or one is out of
            range, where that is known.
    """
    if mask is not None:
        if lengths is not None:
            raise ValueError("Give logit_lengths or mask, not both.")
        return ops.cast(mask, "bool")
    if lengths is None:
        return ops.ones(ops.shape(logits)[:2], dtype="bool")
    lengths = ops.cast(ops.convert_to_tensor(lengths), "int32")
    batch, time = ops.shape(logits)[:2]
    at_hand = known(lengths)
    if at_hand is not None:
        wrong = at_hand[(at_hand < 0) | (at_hand > time)]
        if at_hand.shape != (batch,) or len(wrong):
            raise ValueError(
                f"Lengths must be {batch} numbers from 0 to {time}, the frames there "
                f"are, got {at_hand.tolist()}."
            )
    return ops.arange(time, dtype="int32")[None] < lengths[:, None]


def pick(values, labels):
    """Values of the labels: `(batch, time, symbols)` → `(batch, time, labels)`."""
    if _by_products(values.shape[-1]):
        chosen = ops.one_hot(labels, values.shape[-1], dtype=values.dtype)
        return ops.matmul(values, ops.transpose(chosen, (0, 2, 1)))
    shape = (*ops.shape(values)[:2], ops.shape(labels)[1])
    index = ops.broadcast_to(labels[:, None], shape)
    return ops.take_along_axis(values, index, axis=2)


def put(values, labels, symbols):
    """Sums by symbol: `(batch, time, labels)` → `(batch, time, symbols)`."""
    if _by_products(symbols):
        return ops.matmul(values, ops.one_hot(labels, symbols, dtype=values.dtype))
    batch, time = ops.shape(values)[:2]
    rows = ops.arange(batch * time, dtype="int32")[:, None]
    index = ops.broadcast_to(labels[:, None], ops.shape(values))
    index = ops.reshape(index, (batch * time, -1))
    index = ops.stack([ops.broadcast_to(rows, ops.shape(index)), index], axis=-1)
    flat = ops.reshape(values, (batch * time, -1))
    return ops.reshape(
        ops.scatter(index, flat, (batch * time, symbols)), (batch, time, symbols)
    )


def _by_products(symbols):
    """Whether to use products, exact on a CPU; a GPU may round what it multiplies."""
    return symbols <= ONE_HOT_UP_TO and not has_gpu()

"""The prefixes of a beam search over one frame, and read at its end."""

from typing import NamedTuple

from keras import ops, tree

from rnnkit.decoding.scorers.base import NEVER
from rnnkit.lattice.ctc import put
from rnnkit.ops import compact, scan

_FACTORS = (1_000_003, 69_069)  # of the two hashes that tell prefixes apart


class Prefixes(NamedTuple):
    """The prefixes that are alive."""

    ends_in_blank: object  # log-probabilities, (batch, beam)
    ends_in_symbol: object
    last: object  # last symbol, -1 of the empty prefix
    hashes: object  # (batch, beam, 2)
    weights: object  # log-weights that the scorers gave, (batch, beam)
    states: object  # of the scorers, a tree of (batch, beam, ...)


def start(batch_size, beam_width, scorers):
    """The empty prefix alone; the others are dead."""
    shape = (batch_size, beam_width)
    place = ops.broadcast_to(ops.arange(beam_width, dtype="int32"), shape)
    return Prefixes(
        ends_in_blank=ops.where(place == 0, 0.0, NEVER),
        ends_in_symbol=ops.full(shape, NEVER),
        last=ops.full(shape, -1, dtype="int32"),
        hashes=ops.stack([-place, -place], -1),  # of the dead ones: unlike the others
        weights=ops.zeros(shape),
        states=tuple(scorer.start(*shape) for scorer in scorers),
    )


def extend(prefixes, log_probs, blank, scorers):
    """One frame, `(batch, symbols)`.

    Returns:
        The new `Prefixes`, where in the beam each was before, and the symbol it took,
        -1 none.
    """
    in_blank, in_symbol, last, hashes, weights, states = prefixes
    width, symbols = last.shape[1], log_probs.shape[-1]
    total = ops.logaddexp(in_blank, in_symbol)
    known = ops.maximum(last, 0)
    again = ops.take_along_axis(log_probs, known, axis=1)
    stays_blank = total + log_probs[:, blank][:, None]
    stays_symbol = in_symbol + ops.where(last >= 0, again, NEVER)

    # Where prefix j is prefix k and one symbol more, k going on becomes j.
    grown = _hash(hashes[:, :, None], last[:, None, :])
    child = ops.all(grown == hashes[:, None], axis=-1) & (last >= 0)[:, None]
    repeats = last[:, :, None] == last[:, None, :]
    comes = ops.where(repeats, in_blank[:, :, None], total[:, :, None])
    comes = ops.max(ops.where(child, comes + again[:, None], NEVER), axis=1)
    stays_symbol = ops.logaddexp(stays_symbol, comes)
    taken = put(ops.cast(child, "float32"), known, symbols) > 0

    symbol = ops.arange(symbols, dtype="int32")
    double = last[:, :, None] == symbol
    goes = ops.where(double, in_blank[:, :, None], total[:, :, None])
    goes = goes + log_probs[:, None]
    goes = ops.where(taken | (symbol == blank), NEVER, goes)

    flat = (ops.shape(last)[0], width * symbols)
    every = [ops.logaddexp(stays_blank, stays_symbol), ops.reshape(goes, flat)]
    weighed = every
    if scorers:
        adds = sum(scorer.scores(s) for scorer, s in zip(scorers, states))
        adds = ops.maximum(weights[:, :, None] + adds, NEVER)
        every_weight = ops.concatenate([weights, ops.reshape(adds, flat)], axis=1)
        weighed = [ops.concatenate(every, axis=1) + every_weight]
    scores, chosen = ops.top_k(ops.concatenate(weighed, axis=1), width)
    chosen = ops.cast(chosen, "int32")
    went = chosen >= width
    parents = ops.where(went, (chosen - width) // symbols, chosen)
    appended = ops.where(went, (chosen - width) % symbols, -1)

    def of_parent(x):
        index = ops.reshape(parents, (*ops.shape(parents), *[1] * (len(x.shape) - 2)))
        return ops.take_along_axis(x, index, axis=1)

    if scorers:
        weights = ops.take_along_axis(every_weight, chosen, axis=1)
        scores = ops.take_along_axis(ops.concatenate(every, axis=1), chosen, axis=1)
        states = tree.map_structure(of_parent, states)
        states = tuple(f.advance(s, appended) for f, s in zip(scorers, states))
    before = of_parent(hashes)
    new = Prefixes(
        ends_in_blank=ops.where(went, NEVER, of_parent(stays_blank)),
        ends_in_symbol=ops.where(went, scores, of_parent(stays_symbol)),
        last=ops.where(went, appended, of_parent(last)),
        hashes=ops.where(went[:, :, None], _hash(before, appended), before),
        weights=weights,
        states=states,
    )
    return new, parents, appended


def read(prefixes, ends, parents, appended, top_paths):
    """The best prefixes of a beam, followed back through the frames.

    Args:
        prefixes: `Prefixes`.
        ends: Log-weights of ending here, `(batch, beam)`.
        parents, appended: What `extend` gave, `(time, batch, beam)`.
        top_paths: How many.

    Returns:
        Symbols and frames `(batch, paths, time)`, -1 after the last; their numbers,
        scores and log-probabilities `(batch, paths)`.
    """
    log_probs = ops.logaddexp(prefixes.ends_in_blank, prefixes.ends_in_symbol)
    scores, best = ops.top_k(log_probs + prefixes.weights + ends, top_paths)
    best = ops.cast(best, "int32")

    def back(place, step):
        parents, appended = step
        before = ops.take_along_axis(parents, place, axis=1)
        return before, ops.take_along_axis(appended, place, axis=1)

    _, symbols = scan(back, best, (parents, appended), reverse=True)
    symbols = ops.transpose(symbols, (1, 2, 0))
    symbols = ops.where(scores[:, :, None] > NEVER / 10, symbols, -1)
    shape = ops.shape(symbols)
    symbols = ops.reshape(symbols, (shape[0] * shape[1], shape[2]))
    frames = ops.arange(shape[2], dtype="int32")
    frames = ops.broadcast_to(frames, ops.shape(symbols))
    symbols, frames, lengths = compact(symbols >= 0, symbols, frames)
    return (
        ops.reshape(symbols, shape),
        ops.reshape(frames, shape),
        ops.reshape(lengths, shape[:2]),
        scores,
        ops.take_along_axis(log_probs, best, axis=1),
    )


def _hash(hashes, symbols):
    """The hashes, `(..., 2)`, of prefixes that are one symbol longer."""
    factors = ops.convert_to_tensor(_FACTORS, dtype="int32")
    return hashes * factors + ops.expand_dims(symbols + 2, -1)

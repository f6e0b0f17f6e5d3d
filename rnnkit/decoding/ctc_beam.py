"""Prefix beam search for connectionist temporal classification.

A beam holds prefixes, and for each the probability of all paths that read as it so
far, those that end in a blank apart from the others. A frame lets every prefix stay, or
go on by one symbol; what reads the same is one prefix, whichever way it came about.

Reference: [Hannun et al., 2014](https://arxiv.org/abs/1408.2873)
"""

import functools
from typing import NamedTuple

import keras
from keras import ops

from rnnkit.lattice.ctc import frames_of, put
from rnnkit.ops import compact, scan, traced

NEVER = -1e30
_FACTORS = (1_000_003, 69_069)  # of the two hashes that tell prefixes apart


class Beam(NamedTuple):
    """The prefixes that are alive, and how they came to be."""

    ends_in_blank: object  # log-probabilities, (batch, beam)
    ends_in_symbol: object
    last: object  # last symbol, -1 of the empty prefix
    hashes: object  # (batch, beam, 2)
    parents: object  # for each frame where a prefix was before, (time, batch, beam)
    appended: object  # and which symbol it took then, -1 none


class Paths(NamedTuple):
    """The best labels, the best first; -1 after the last symbol."""

    symbols: object  # (batch, paths, time)
    frames: object  # the frame at which each symbol was first read
    lengths: object  # (batch, paths)
    scores: object  # log-probability of the label, (batch, paths); below -1e29: none


def ctc_beam_search(logits, lengths=None, beam_width=100, top_paths=1, blank=0):
    """The most probable labels, each summed over its alignments.

    With a beam as wide as there are prefixes it is exact. On TensorFlow it is compiled,
    each shape once.

    Args:
        logits: Scores before any softmax, `(batch, time, symbols)`.
        lengths: Frames of each row, `(batch,)`; by default all.
        beam_width: Prefixes kept after each frame.
        top_paths: Labels to return.
        blank: Which symbol is the blank; -1 is the last.

    Returns:
        `Paths`.
    """
    logits = ops.convert_to_tensor(logits)
    search = _search(logits.shape[-1], beam_width, blank)
    beam = search.feed(search.start(ops.shape(logits)[0]), logits, lengths)
    return search.read(beam, top_paths)


class CTCBeamSearch:
    """`ctc_beam_search` in pieces, for what arrives piece by piece.

        search = CTCBeamSearch(symbols=29)
        beam = search.start(batch_size=1)
        for chunk in chunks:
            beam = search.feed(beam, chunk)
            print(search.read(beam))

    The pieces give what the whole gives.

    Args:
        symbols: How many, the blank among them.
        beam_width: Prefixes kept after each frame.
        blank: Which symbol is the blank; -1 is the last.

    Raises:
        ValueError: `beam_width`, `blank` or `top_paths` is out of range.
    """

    def __init__(self, symbols, beam_width=100, blank=0):
        if beam_width < 1:
            raise ValueError(f"beam_width must be 1 or more, got {beam_width!r}.")
        if not -symbols <= blank < symbols:
            raise ValueError(f"blank is {blank}, but there are {symbols} symbols.")
        self.symbols = symbols
        self.beam_width = beam_width
        self.blank = blank % symbols
        self._run = _compiled(self._frames)

    def start(self, batch_size):
        """A beam that holds the empty prefix alone."""
        shape = (batch_size, self.beam_width)
        place = ops.broadcast_to(ops.arange(self.beam_width, dtype="int32"), shape)
        nothing = ops.zeros((0, *shape), dtype="int32")
        return Beam(
            ends_in_blank=ops.where(place == 0, 0.0, NEVER),
            ends_in_symbol=ops.full(shape, NEVER),
            last=ops.full(shape, -1, dtype="int32"),
            hashes=ops.stack(
                [-place, -place], -1
            ),  # of the dead ones: unlike the others
            parents=nothing,
            appended=nothing,
        )

    def feed(self, beam, logits, lengths=None):
        """The beam after further frames, `(batch, time, symbols)`."""
        logits = ops.cast(ops.convert_to_tensor(logits), "float32")
        frames = frames_of(logits, lengths)
        *state, parents, appended = self._run(tuple(beam[:4]), logits, frames)
        return Beam(
            *state,
            parents=ops.concatenate([beam.parents, parents], 0),
            appended=ops.concatenate([beam.appended, appended], 0),
        )

    def read(self, beam, top_paths=1):
        """The best labels so far."""
        if not 1 <= top_paths <= self.beam_width:
            raise ValueError(
                f"top_paths must be 1 to beam_width, {self.beam_width}: {top_paths!r}."
            )
        empty = beam.parents.shape[0] == 0
        if empty:  # a loop over nothing has no shapes: one frame that does nothing
            place = ops.arange(self.beam_width, dtype="int32")
            still = ops.broadcast_to(place, ops.shape(beam.last))[None]
            beam = beam._replace(parents=still, appended=-ops.ones_like(still))
        symbols, frames, lengths, scores = traced(_read)(tuple(beam), top_paths)
        if empty:
            symbols, frames = symbols[:, :, :0], frames[:, :, :0]
        return Paths(symbols, frames, lengths, scores)

    def _frames(self, state, logits, frames):
        log_probs = ops.transpose(ops.log_softmax(logits, axis=-1), (1, 0, 2))
        seen = ops.transpose(frames)

        def step(state, inputs):
            log_probs, seen = inputs
            new, parents, appended = self._frame(state, log_probs)
            same = ops.broadcast_to(
                ops.arange(self.beam_width, dtype="int32"), ops.shape(parents)
            )
            row = seen[:, None]
            new = tuple(
                ops.where(row if len(n.shape) == 2 else row[..., None], n, s)
                for n, s in zip(new, state)
            )
            parents = ops.where(row, parents, same)
            return new, (parents, ops.where(row, appended, -1))

        state, (parents, appended) = scan(step, tuple(state), (log_probs, seen))
        return *state, parents, appended

    def _frame(self, state, log_probs):
        """One frame: `(batch, symbols)`."""
        in_blank, in_symbol, last, hashes = state
        width, symbols = self.beam_width, self.symbols
        total = ops.logaddexp(in_blank, in_symbol)
        known = ops.maximum(last, 0)
        again = ops.take_along_axis(log_probs, known, axis=1)
        stays_blank = total + log_probs[:, self.blank][:, None]
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
        goes = ops.where(taken | (symbol == self.blank), NEVER, goes)

        batch = ops.shape(last)[0]
        stays = ops.logaddexp(stays_blank, stays_symbol)
        every = ops.concatenate(
            [stays, ops.reshape(goes, (batch, width * symbols))], axis=1
        )
        scores, chosen = ops.top_k(every, width)
        chosen = ops.cast(chosen, "int32")
        went = chosen >= width
        parents = ops.where(went, (chosen - width) // symbols, chosen)
        appended = ops.where(went, (chosen - width) % symbols, -1)

        def of_parent(x):
            return ops.take_along_axis(x, parents, axis=1)

        before = ops.take_along_axis(hashes, parents[:, :, None], axis=1)
        new = (
            ops.where(went, NEVER, of_parent(stays_blank)),
            ops.where(went, scores, of_parent(stays_symbol)),
            ops.where(went, appended, of_parent(last)),
            ops.where(went[:, :, None], _hash(before, appended), before),
        )
        return new, parents, appended


def _read(beam, top_paths):
    """The best prefixes of a beam, followed back through the frames."""
    in_blank, in_symbol, _, _, parents, appended = beam
    scores, best = ops.top_k(ops.logaddexp(in_blank, in_symbol), top_paths)

    def back(place, step):
        parents, appended = step
        before = ops.take_along_axis(parents, place, axis=1)
        return before, ops.take_along_axis(appended, place, axis=1)

    _, symbols = scan(back, ops.cast(best, "int32"), (parents, appended), reverse=True)
    symbols = ops.transpose(symbols, (1, 2, 0))
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
    )


def _hash(hashes, symbols):
    """The hashes, `(..., 2)`, of prefixes that are one symbol longer."""
    factors = ops.convert_to_tensor(_FACTORS, dtype="int32")
    return hashes * factors + ops.expand_dims(symbols + 2, -1)


@functools.cache
def _search(symbols, beam_width, blank):
    """A search, made and compiled once."""
    return CTCBeamSearch(symbols, beam_width, blank)


def _compiled(function):
    if keras.backend.backend() != "tensorflow":
        return function
    from rnnkit.ops import parts

    return parts.program(function)

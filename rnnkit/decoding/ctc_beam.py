"""Prefix beam search for connectionist temporal classification.

A beam holds prefixes, and for each the probability of all paths that read as it so
far, those that end in a blank apart from the others. A frame lets every prefix stay, or
go on by one symbol; what reads the same is one prefix, whichever way it came about.
Scorers weigh the prefixes besides: a language model, a lexicon, hot words.

Reference: [Hannun et al., 2014](https://arxiv.org/abs/1408.2873)
"""

import functools
from typing import NamedTuple

import keras
from keras import ops, tree

from rnnkit.decoding import ctc_prefixes
from rnnkit.decoding.blank_skipping import without_blanks
from rnnkit.lattice.ctc import blank_of, frames_of
from rnnkit.ops import scan, traced


class Beam(NamedTuple):
    """The prefixes that are alive, and how they came to be."""

    prefixes: ctc_prefixes.Prefixes
    parents: object  # for each frame where a prefix was before, (time, batch, beam)
    appended: object  # and which symbol it took then, -1 none


class Paths(NamedTuple):
    """The best labels, the best first; -1 after the last symbol."""

    symbols: object  # (batch, paths, time)
    frames: object  # the frame at which each symbol was first read
    lengths: object  # (batch, paths)
    scores: object  # log_probs and the scorers' weights; below -1e29: there is none
    log_probs: object  # log-probability of the label, (batch, paths)


def ctc_beam_search(
    logits,
    lengths=None,
    beam_width=100,
    top_paths=1,
    blank=0,
    scorers=(),
    skip_blanks=None,
):
    """The best labels, each summed over its alignments.

        score(label) = ln p(label) + the scorers' weights

    With a beam as wide as there are prefixes it is exact. On TensorFlow it is compiled,
    each shape once.

    Args:
        logits: Scores before any softmax, `(batch, time, symbols)`.
        lengths: Frames of each row, `(batch,)`; by default all.
        beam_width: Prefixes kept after each frame.
        top_paths: Labels to return.
        blank: Which symbol is the blank; -1 is the last.
        scorers: What weighs the labels besides, such as `Lexicon`, `SymbolNGram`,
            `HotWords`.
        skip_blanks: A probability, such as 0.999: a frame whose blank is above it, and
            the blank of the frame before too, counts as the blank alone and costs no
            time. An approximation; not inside `jax.jit`.

    Returns:
        `Paths`.

    Raises:
        ValueError: As `CTCBeamSearch`; or `skip_blanks` is no probability.
    """
    logits = ops.cast(ops.convert_to_tensor(logits), "float32")
    search = _search(logits.shape[-1], beam_width, blank, tuple(scorers))
    beam = search.start(ops.shape(logits)[0])
    if skip_blanks is None:
        return search.read(search.feed(beam, logits, lengths), top_paths)
    if not 0 < skip_blanks < 1:
        raise ValueError(f"skip_blanks is a probability, got {skip_blanks!r}.")
    left, kept, lengths, skipped = traced(without_blanks)(
        ops.log_softmax(logits, axis=-1),
        frames_of(logits, lengths),
        search.blank,
        skip_blanks,
    )
    found = search.read(search.feed(beam, left, lengths), top_paths)
    kept = ops.broadcast_to(kept[:, None], ops.shape(found.frames))
    frames = ops.take_along_axis(kept, ops.maximum(found.frames, 0), axis=2)
    frames = ops.where(found.frames < 0, -1, frames)
    missing = ops.shape(logits)[1] - ops.shape(frames)[2]
    padding = [[0, 0], [0, 0], [0, missing]]
    return Paths(
        ops.pad(found.symbols, padding, constant_values=-1),
        ops.pad(frames, padding, constant_values=-1),
        found.lengths,
        found.scores + skipped[:, None],
        found.log_probs + skipped[:, None],
    )


class CTCBeamSearch:
    """`ctc_beam_search` in pieces, for what arrives piece by piece.

        search = CTCBeamSearch(symbols=29)
        beam = search.start(batch_size=1)
        for chunk in chunks:
            beam = search.feed(beam, chunk)
            print(search.read(beam, final=False))

    The pieces give what the whole gives.

    Args:
        symbols: How many, the blank among them.
        beam_width: Prefixes kept after each frame.
        blank: Which symbol is the blank; -1 is the last.
        scorers: What weighs the labels besides, such as `Lexicon`, `SymbolNGram`,
            `HotWords`.

    Raises:
        ValueError: `beam_width`, `blank` or `top_paths` is out of range; a scorer has
            other symbols.
    """

    def __init__(self, symbols, beam_width=100, blank=0, scorers=()):
        if beam_width < 1:
            raise ValueError(f"beam_width must be 1 or more, got {beam_width!r}.")
        self.symbols = symbols
        self.beam_width = beam_width
        self.blank = blank_of(blank, symbols)
        self.scorers = tuple(scorers)
        for scorer in self.scorers:
            self._check(scorer)
        self._run = _compiled(self._frames)
        self._finish = _compiled(self._ends)

    def start(self, batch_size):
        """A beam that holds the empty prefix alone."""
        nothing = ops.zeros((0, batch_size, self.beam_width), dtype="int32")
        prefixes = ctc_prefixes.start(batch_size, self.beam_width, self.scorers)
        return Beam(prefixes, parents=nothing, appended=nothing)

    def feed(self, beam, logits, lengths=None):
        """The beam after further frames, `(batch, time, symbols)`."""
        logits = ops.cast(ops.convert_to_tensor(logits), "float32")
        frames = frames_of(logits, lengths)
        prefixes, parents, appended = self._run(beam.prefixes, logits, frames)
        return Beam(
            prefixes,
            parents=ops.concatenate([beam.parents, parents], 0),
            appended=ops.concatenate([beam.appended, appended], 0),
        )

    def read(self, beam, top_paths=1, final=True):
        """The best labels so far.

        Args:
            beam: What `start` or `feed` gave.
            top_paths: How many.
            final: Whether they end here, as the scorers see it; else more is to come.
        """
        if not 1 <= top_paths <= self.beam_width:
            raise ValueError(
                f"top_paths must be 1 to beam_width, {self.beam_width}: {top_paths!r}."
            )
        prefixes, parents, appended = beam
        ends = ops.zeros_like(prefixes.weights)
        if self.scorers and final:
            ends = self._finish(prefixes.states)
        empty = parents.shape[0] == 0
        if empty:  # a loop over nothing has no shapes: one frame that does nothing
            place = ops.arange(self.beam_width, dtype="int32")
            parents = ops.broadcast_to(place, ops.shape(prefixes.last))[None]
            appended = -ops.ones_like(parents)
        found = traced(ctc_prefixes.read)(prefixes, ends, parents, appended, top_paths)
        symbols, frames, *others = found
        if empty:
            symbols, frames = symbols[:, :, :0], frames[:, :, :0]
        return Paths(symbols, frames, *others)

    def _frames(self, prefixes, logits, frames):
        log_probs = ops.transpose(ops.log_softmax(logits, axis=-1), (1, 0, 2))
        same = ops.arange(self.beam_width, dtype="int32")

        def step(prefixes, inputs):
            log_probs, seen = inputs
            new, parents, appended = ctc_prefixes.extend(
                prefixes, log_probs, self.blank, self.scorers
            )

            def kept(new, old):
                shape = (-1, *[1] * (len(new.shape) - 1))
                return ops.where(ops.reshape(seen, shape), new, old)

            new = tree.map_structure(kept, new, prefixes)
            return new, (kept(parents, same), kept(appended, -1))

        steps = (log_probs, ops.transpose(frames))
        prefixes, (parents, appended) = scan(step, prefixes, steps)
        return prefixes, parents, appended

    def _ends(self, states):
        return sum(f.finish(state) for f, state in zip(self.scorers, states))

    def _check(self, scorer):
        name = type(scorer).__name__
        if len(scorer.symbols) != self.symbols:
            raise ValueError(
                f"{name} has {len(scorer.symbols)} symbols, the search {self.symbols}."
            )
        if scorer.symbols[self.blank] is not None:
            raise ValueError(
                f"{name} has {scorer.symbols[self.blank]!r} as symbol {self.blank}, "
                "which is the blank: put None there."
            )


@functools.lru_cache(maxsize=4)
def _search(symbols, beam_width, blank, scorers):
    """A search, made and compiled once."""
    return CTCBeamSearch(symbols, beam_width, blank, scorers)


def _compiled(function):
    if keras.backend.backend() != "tensorflow":
        return function
    from rnnkit.ops import parts

    return parts.program(function)

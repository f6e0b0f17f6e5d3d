"""The steps of a beam search: expand, put the ended aside, keep the best."""

import dataclasses
from typing import NamedTuple

from keras import ops, tree

from rnnkit.decoding import hypotheses as rows
from rnnkit.decoding.hypotheses import Grown, Hypotheses
from rnnkit.decoding.rules import History, Rules, finite, log_probabilities
from rnnkit.decoding.scorers.base import NEVER
from rnnkit.ops.largest import largest


class Beam(NamedTuple):
    """All that goes from step to step."""

    step: object
    done: object  # of each item whether it is, (batch,)
    last: object  # the tokens to go on from, (rows,)
    alive: Grown  # the best first; for attention, which hypothesis of the step paid it
    pool: Grown  # those that have ended, likewise
    looked: object  # the attention of all steps, (batch, width, length, ...)
    covered: object  # that of the alive ones, summed, (batch, width, ...); () if unused
    leaves: list  # of the model's state, (rows, ...)
    rules: dict  # state of the rules, (rows, ...)


class _Candidates(NamedTuple):
    """The best ways to go on, `(batch, candidates)` each, the best first."""

    scores: object
    parents: object  # which hypothesis goes on
    tokens: object  # and by which token
    log_probs: object  # as the model has it


@dataclasses.dataclass
class BeamSteps:
    """What `beam_search` was asked, and the steps it takes."""

    rules: Rules
    next_step: object  # over leaves of a state in place of a tree
    constants: object  # by rows
    width: int
    n_best: int
    length_penalty: object  # functions
    coverage_penalty: object
    early_stopping: object
    limits: object  # the greatest length of each item, (batch,)

    def start(self, batch, start, state):
        """The empty hypothesis alone; the others are dead."""
        last = rows.repeated(start, self.width)
        leaves = rows.repeated(tree.flatten(state), self.width)
        # Traced, or at worst run, for the shape of its attention alone.
        logits, _, attention = self.next_step(last, leaves, self.constants)
        symbols, end = logits.shape[-1], self.rules.end
        if end is not None and symbols is not None and not 0 <= end < symbols:
            raise ValueError(f"end is {end}, but there are {symbols} symbols.")
        if self.coverage_penalty is not None and not tree.flatten(attention):
            raise ValueError(
                "A coverage penalty needs attention: next_step must return it as its "
                "third value."
            )
        empty = rows.nothing(batch, self.width, self.rules.size, attention)
        place = ops.arange(self.width, dtype="int32")
        scores = ops.where(place == 0, 0.0, empty.scores)
        looked, covered = empty.attention, ()
        if self.coverage_penalty is not None:
            covered = tree.map_structure(lambda a: a[:, :, 0], looked)
        empty = empty._replace(
            attention=tree.map_structure(lambda _: empty.tokens, looked)
        )
        return Beam(
            step=ops.zeros((), dtype="int32"),
            done=self.limits < 1,
            last=last,
            alive=empty._replace(scores=scores),
            pool=empty,
            looked=looked,
            covered=covered,
            leaves=leaves,
            rules=rows.repeated(self.rules.start(batch), self.width),
        )

    def step(self, beam):
        """Every hypothesis goes on by every token, and the best of these stay."""
        logits, leaves, attention = self.next_step(
            beam.last, beam.leaves, self.constants
        )
        candidates, rules = self.candidates(beam, logits)
        attention = tree.map_structure(lambda a: rows.folded(a, self.width), attention)
        looked = tree.map_structure(
            lambda a, new: rows.put(a, beam.step, new), beam.looked, attention
        )
        covered = beam.covered
        if self.coverage_penalty is not None:
            covered = tree.map_structure(ops.add, covered, attention)
        pool, going_on = beam.pool, candidates.scores
        if self.rules.end is not None:
            ends = candidates.tokens == self.rules.end
            going_on = ops.where(ends, NEVER, going_on)
            scores = ops.where(ends, candidates.scores, NEVER)[:, : self.width]
            first = tree.map_structure(lambda x: x[:, : self.width], candidates)
            ended = self.grown(beam, first._replace(scores=scores))
            covered_then = rows.chosen(covered, first.parents)
            scores = self.final(scores, beam.step + 1, covered_then)
            pool = rows.joined(pool, ended._replace(scores=scores))
            pool = rows.chosen(pool, _largest(pool.scores, self.width))
        best = _largest(going_on, self.width)
        kept = rows.chosen(candidates._replace(scores=going_on), best)
        new = (
            self.grown(beam, kept),
            pool,
            rows.chosen(covered, kept.parents),
        )
        alive, pool, covered = rows.where(
            beam.done, (beam.alive, beam.pool, beam.covered), new
        )
        # What is dead goes on by a token that every model knows.
        last = ops.where(kept.scores > NEVER / 10, kept.tokens, 0)
        leaves, rules = tree.map_structure(
            lambda x: rows.flat(rows.chosen(rows.folded(x, self.width), kept.parents)),
            (leaves, rules),
        )
        length = beam.step + 1
        stops = (length >= self.limits) | self.stops(alive, pool, length)
        return Beam(
            step=length,
            done=beam.done | stops,
            last=rows.flat(last),
            alive=alive,
            pool=pool,
            looked=looked,
            covered=covered,
            leaves=leaves,
            rules=rules,
        )

    def candidates(self, beam, logits):
        """The best ways to go on, and the new state of the rules."""
        own = log_probabilities(logits)
        history = History(rows.flat(beam.alive.tokens), beam.last, beam.step)
        log_probs, rules = self.rules(own, beam.rules, history)
        # So many that enough are left when those that end are taken out; of no one
        # hypothesis more.
        log_probs, tokens = largest(log_probs, 2 * self.width)
        own = ops.take_along_axis(own, tokens, axis=1)
        scores = finite(ops.reshape(beam.alive.scores, (-1, 1)) + log_probs)
        each = ops.shape(tokens)[1]
        scores, tokens, own = (
            ops.reshape(x, (-1, self.width * each)) for x in (scores, tokens, own)
        )
        best = _largest(scores, 2 * self.width)
        scores, tokens, own = (
            ops.take_along_axis(x, best, axis=1) for x in (scores, tokens, own)
        )
        return _Candidates(scores, best // each, tokens, own), rules

    def grown(self, beam, candidates):
        """Hypotheses with a token more."""
        scores, parents, tokens, log_probs = candidates
        exists = scores > NEVER / 10
        tokens = ops.where(exists, tokens, -1)
        log_probs = ops.where(exists, log_probs, 0.0)
        before = rows.chosen(beam.alive, parents)
        return Grown(
            tokens=rows.put(before.tokens, beam.step, tokens),
            log_probs=rows.put(before.log_probs, beam.step, log_probs),
            scores=scores,
            lengths=ops.zeros_like(before.lengths) + beam.step + 1,
            attention=tree.map_structure(
                lambda x: rows.put(x, beam.step, parents), before.attention
            ),
        )

    def final(self, scores, length, covered):
        """What hypotheses of a length are worth, were they to end so."""
        length = ops.cast(ops.maximum(length, 1), "float32")
        worth = self.length_penalty(scores, length)
        if self.coverage_penalty is not None:
            worth = worth + self.coverage_penalty(covered)
        return ops.where(scores > NEVER / 10, worth, NEVER)

    def stops(self, alive, pool, length):
        """Of each item whether to go on is of no use, `(batch,)`."""
        best = alive.scores[:, 0]
        none_left = best <= NEVER / 10
        worst = pool.scores[:, -1]
        if self.early_stopping is True:
            return none_left | (worst > NEVER / 10)
        if self.early_stopping is False:
            reached = self.length_penalty(best, ops.cast(length, "float32"))
            return none_left | ((worst > NEVER / 10) & (worst >= reached))
        left = ops.maximum(self.limits - length, 0)
        gain = sum(max(p.highest, 0.0) for p in self.rules.processors)
        best = best + gain * ops.cast(left, "float32")
        shortest = ops.cast(length + 1, "float32")
        longest = ops.cast(length + ops.maximum(left, 1), "float32")
        reached = ops.maximum(
            self.length_penalty(best, shortest), self.length_penalty(best, longest)
        )
        worst = pool.scores[:, self.n_best - 1]
        return none_left | ((worst > NEVER / 10) & (worst >= reached))

    def read(self, beam):
        """Those that ended, then those that were cut."""
        alive, pool = beam.alive, beam.pool
        scores = self.final(alive.scores, alive.lengths, beam.covered)
        cut = alive._replace(scores=scores)
        cut = rows.chosen(cut, _largest(scores, self.width))
        place = ops.arange(self.n_best, dtype="int32")
        count = ops.sum(ops.cast(pool.scores > NEVER / 10, "int32"), axis=1)
        ended = place < count[:, None]
        index = ops.where(ended, place, self.width + place - count[:, None])
        found = rows.chosen(rows.joined(pool, cut), index)
        exists = found.scores > NEVER / 10
        return Hypotheses(
            tokens=ops.where(exists[:, :, None], found.tokens, -1),
            scores=found.scores,
            lengths=ops.where(exists, found.lengths, 0),
            log_probs=ops.where(exists[:, :, None], found.log_probs, 0.0),
            ended=ended,
            attention=tree.map_structure(
                rows.step_by_step, beam.looked, found.attention
            ),
        )


def _largest(scores, count):
    """Where the largest of each row are, the largest first."""
    return ops.cast(ops.top_k(scores, count)[1], "int32")

"""Beam search over anything that goes on step by step."""

import functools
from typing import NamedTuple

from keras import ops, tree

from rnnkit.decoding import hypotheses as rows
from rnnkit.decoding.hypotheses import Grown, Hypotheses
from rnnkit.decoding.penalties import average_length
from rnnkit.decoding.rules import History, Rules, log_probabilities, step_of
from rnnkit.decoding.scorers.base import NEVER


def beam_search(
    next_step,
    state,
    *,
    start,
    end,
    max_length,
    beam_width=5,
    n_best=1,
    min_length=0,
    prefix=None,
    length_penalty=None,
    coverage_penalty=None,
    early_stopping=False,
    processors=(),
    constants=None,
    size=None,
):
    """The most probable sequences of a model that goes on step by step.

        score(y) = length_penalty(Σ_t ln p(y_t | y_<t), |y|) + coverage_penalty

    Each step keeps the `beam_width` best beginnings; an ending counts if it is among
    the `beam_width` best of all that the step could go on with, so that a width of 1
    is the greedy search. What has ended is put aside and charged nothing more. With a
    beam wide enough and `early_stopping="never"` it is exact. An item's result does not
    depend on the others in its batch.

    A function of tensors, to be called within whatever is compiled: `tf.function`
    (with XLA or without), `jax.jit`, a SavedModel.

    Lengths count the end. How to stop otherwise: at a predicted length, `end=None,
    max_length=lengths`; by an output of the model, `stop_output`.

    Args:
        next_step: `next_step(tokens, state)` → `(logits, state)`, or `(logits, state,
            attention)`: tokens `(rows,)`, logits `(rows, symbols)`, the rows being
            `beam_width` to each item.
        state: Any tree of tensors `(batch, ...)`, before the first step.
        start: The token to begin with, of all items or of each, `(batch,)`.
        end: The token that ends a sequence; None if nothing does.
        max_length: Tokens after which a sequence is cut, of all items or of each.
        beam_width: Hypotheses kept in each step.
        n_best: Sequences to return, at most `beam_width`.
        min_length: Tokens that a sequence has at least, of all items or of each.
        prefix: Tokens forced upon the sequences, `(length,)` or `(batch, length)`, -1
            where the search is free. They count and are charged like others, but pass
            by the processors.
        length_penalty: None, "average", or a function of scores and lengths, such as
            `WuLength(alpha)`, that rises or falls with the length throughout.
        coverage_penalty: A function of the summed attention, at most 0: `WuCoverage`.
        early_stopping: When an item is done. True: as soon as `beam_width` hypotheses
            have ended. False: when the best that is under way, were it to end now,
            would be no better than the worst of these. "never": when it can no longer
            become better than the `n_best` that have ended.
        processors: A list of `Processor`, applied in turn.
        constants: A tree of tensors `(batch, ...)` that stay as they are, such as what
            attention looks at; `next_step` gets them as its third argument, by rows.
        size: The most that `max_length` can be, where that is known only as this runs.

    Returns:
        `Hypotheses`; those that ended come before those that were cut.

    Raises:
        ValueError: An argument is out of range; or, outside of what is compiled, an
            item has no sequence, as with logits that are NaN. (Within, its score is
            below -1e29: see `Hypotheses.check`.)
    """
    if beam_width < 1:
        raise ValueError(f"beam_width must be 1 or more, got {beam_width!r}.")
    if not 1 <= n_best <= beam_width:
        raise ValueError(
            f"n_best must be 1 to beam_width, {beam_width}, got {n_best!r}."
        )
    if early_stopping not in (True, False, "never"):
        raise ValueError(
            f'early_stopping is True, False or "never", got {early_stopping!r}.'
        )
    penalties = {None: lambda scores, lengths: scores, "average": average_length}
    length_penalty = penalties.get(length_penalty, length_penalty)
    if not callable(length_penalty):
        raise ValueError(
            'length_penalty is None, "average" or a function of scores and lengths, '
            f"got {length_penalty!r}."
        )
    size = rows.size_of(max_length, size)
    batch = rows.batch_of(start, state, constants)
    search = _Search(
        rules=Rules(end, min_length, prefix, processors, size),
        next_step=functools.partial(_next, next_step, state),
        constants=None if constants is None else rows.repeated(constants, beam_width),
        width=beam_width,
        n_best=n_best,
        length_penalty=length_penalty,
        coverage_penalty=coverage_penalty,
        early_stopping=early_stopping,
        limits=ops.minimum(rows.per_item(max_length, batch), size),
    )
    beam = search.start(batch, rows.per_item(start, batch), state)
    (beam,) = ops.while_loop(
        lambda beam: ops.logical_not(ops.all(beam.done)),
        lambda beam: [rows.kept(search.step(beam), beam)],
        [beam],
        maximum_iterations=size,
    )
    return search.read(beam).checked()


def _next(next_step, like, tokens, leaves, constants):
    """`step_of` with the leaves of a state in place of the tree."""
    state = tree.pack_sequence_as(like, leaves)
    logits, state, attention = step_of(next_step, tokens, state, constants)
    return logits, tree.flatten(state), attention


class _Beam(NamedTuple):
    """All that goes from step to step."""

    step: object
    done: object  # of each item whether it is, (batch,)
    last: object  # the tokens to go on from, (rows,)
    alive: Grown  # the best first
    pool: Grown  # those that have ended, the best first
    covered: object  # attention of the alive ones, summed, (batch, width, ...)
    leaves: list  # of the model's state, (rows, ...)
    rules: dict  # state of the rules, (rows, ...)


class _Search:
    """The steps of one search."""

    def __init__(self, **given):
        vars(self).update(given)

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
        return _Beam(
            step=ops.zeros((), dtype="int32"),
            done=self.limits < 1,
            last=last,
            alive=empty._replace(scores=scores),
            pool=empty,
            covered=tree.map_structure(lambda a: a[:, :, 0], empty.attention),
            leaves=leaves,
            rules=rows.repeated(self.rules.start(batch), self.width),
        )

    def step(self, beam):
        """Every hypothesis goes on by every token, and the best of these stay."""
        width, end, step = self.width, self.rules.end, beam.step
        logits, leaves, attention = self.next_step(
            beam.last, beam.leaves, self.constants
        )
        own = log_probabilities(logits)
        history = History(rows.flat(beam.alive.tokens), beam.last, step)
        log_probs, rules = self.rules(own, beam.rules, history)

        batch = ops.shape(beam.done)[0]
        symbols = ops.shape(own)[1]
        every = (batch, width * symbols)
        totals = ops.reshape(beam.alive.scores, (-1, 1)) + log_probs
        totals = ops.reshape(ops.maximum(totals, NEVER), every)
        # So many that enough are left when those that end are taken out.
        totals, best = ops.top_k(totals, 2 * width)
        best = ops.cast(best, "int32")
        log_probs = ops.take_along_axis(ops.reshape(own, every), best, axis=1)
        parents, tokens = best // symbols, best % symbols
        attention = tree.map_structure(lambda a: rows.folded(a, width), attention)
        covered = tree.map_structure(ops.add, beam.covered, attention)

        def grown(places, scores):
            """Of the best those at some places, with these scores."""
            parent = ops.take_along_axis(parents, places, axis=1)
            new = rows.chosen(beam.alive, parent)
            token = ops.take_along_axis(tokens, places, axis=1)
            log_prob = ops.take_along_axis(log_probs, places, axis=1)
            looked = rows.chosen(attention, parent)
            exists = scores > NEVER / 10
            return parent, Grown(
                tokens=rows.put(new.tokens, step, ops.where(exists, token, -1)),
                log_probs=rows.put(
                    new.log_probs, step, ops.where(exists, log_prob, 0.0)
                ),
                scores=scores,
                lengths=ops.full_like(new.lengths, 0) + step + 1,
                attention=tree.map_structure(
                    lambda a, x: rows.put(a, step, x), new.attention, looked
                ),
            )

        pool, going_on = beam.pool, totals
        if end is not None:
            ends = tokens == end
            going_on = ops.where(ends, NEVER, totals)
            places = ops.broadcast_to(ops.arange(width, dtype="int32"), (batch, width))
            scores = ops.where(ends, totals, NEVER)[:, :width]
            parent, ended = grown(places, scores)
            scores = self.final(scores, step + 1, rows.chosen(covered, parent))
            pool = rows.joined(pool, ended._replace(scores=scores))
            _, places = ops.top_k(pool.scores, width)
            pool = rows.chosen(pool, ops.cast(places, "int32"))
        scores, places = ops.top_k(going_on, width)
        places = ops.cast(places, "int32")
        parent, alive = grown(places, scores)
        last = ops.take_along_axis(tokens, places, axis=1)
        last = ops.where(scores > NEVER / 10, last, 0)

        done = beam.done
        new = (alive, pool, rows.chosen(covered, parent))
        alive, pool, covered = rows.where(
            done, (beam.alive, beam.pool, beam.covered), new
        )
        folded = tree.map_structure(lambda x: rows.folded(x, width), (leaves, rules))
        leaves, rules = tree.map_structure(rows.flat, rows.chosen(folded, parent))
        done = done | (step + 1 >= self.limits) | self.stops(alive, pool, step + 1)
        return _Beam(
            step + 1, done, rows.flat(last), alive, pool, covered, leaves, rules
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
        scores = self.final(alive.scores, beam.alive.lengths, beam.covered)
        scores, places = ops.top_k(scores, self.width)
        cut = rows.chosen(alive, ops.cast(places, "int32"))._replace(scores=scores)
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
            attention=found.attention,
        )

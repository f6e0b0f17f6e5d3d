"""Whole sequences drawn from a model that goes on step by step."""

import functools
from typing import NamedTuple

from keras import ops, tree

from rnnkit.decoding import hypotheses as rows
from rnnkit.decoding.hypotheses import Grown, Hypotheses
from rnnkit.decoding.rules import (
    History,
    Rules,
    finite,
    log_probabilities,
    step_of_leaves,
)
from rnnkit.decoding.sampling import narrowed, sample
from rnnkit.decoding.scorers.base import NEVER


class _Drawn(NamedTuple):
    """All that goes from step to step."""

    step: object
    done: object  # (batch, samples)
    last: object  # (rows,)
    grown: Grown
    state: tuple  # leaves of the model's, state of the rules; (rows, ...)


def sample_sequences(
    next_step,
    state,
    noise,
    *,
    start,
    end,
    max_length=None,
    min_length=0,
    prefix=None,
    temperature=1.0,
    top_k=None,
    top_p=None,
    min_p=None,
    processors=(),
    constants=None,
):
    """Draw sequences token by token, until each has ended.

    A function of tensors, to be called within whatever is compiled, like
    `beam_search`, with which it shares the arguments that are not explained here.

    Args:
        noise: Numbers in [0, 1), such as `keras.random.uniform`'s, `(length, batch,
            samples)`: its shape says how long sequences may become, and how many are
            drawn for each item. The same numbers draw the same sequences.
        max_length: Tokens after which a sequence is cut, of all items or of each; by
            default as many as there is noise for.
        temperature: Divides the logits; 0 takes the most probable token.
        top_k: Draw among the k most probable tokens only.
        top_p: Draw among the most probable tokens that make up this share.
        min_p: Draw among the tokens that are at least so many times as probable as
            the most probable one.

    Returns:
        `Hypotheses`, as they were drawn; `scores` are ln p of the whole sequence, and
        `log_probs` of its tokens, as the model has them.

    Raises:
        ValueError: As `beam_search`.
    """
    noise = ops.convert_to_tensor(noise)
    size, batch, samples = ops.shape(noise)
    max_length = size if max_length is None else max_length
    known = isinstance(size, int) and isinstance(max_length, int)
    if known and max_length > size:
        raise ValueError(f"max_length is {max_length}, but there is noise for {size}.")
    limits = ops.minimum(rows.per_item(max_length, batch), size)[:, None]
    rules = Rules(end, min_length, prefix, processors, size)
    if constants is not None:
        constants = rows.repeated(constants, samples)
    last = rows.repeated(rows.per_item(start, batch), samples)
    leaves = rows.repeated(tree.flatten(state), samples)

    def model(tokens, leaves):
        found = step_of_leaves(next_step, state, tokens, leaves, constants)
        logits, leaves, attention = found
        fold = functools.partial(rows.folded, width=samples)
        return logits, leaves, tree.map_structure(fold, attention)

    # Traced, or at worst run, for the shape of its attention alone.
    _, _, attention = model(last, leaves)
    flat = tree.map_structure(rows.flat, attention)
    empty = rows.nothing(batch, samples, size, flat)
    drawn = _Drawn(
        step=ops.zeros((), dtype="int32"),
        done=ops.broadcast_to(limits < 1, (batch, samples)),
        last=last,
        grown=empty._replace(scores=ops.zeros_like(empty.scores)),
        state=(leaves, rows.repeated(rules.start(batch), samples)),
    )

    def body(drawn):
        step, done, last, grown, (leaves, state) = drawn
        logits, leaves, attention = model(last, leaves)
        own = finite(log_probabilities(logits))
        history = History(rows.flat(grown.tokens), last, step)
        log_probs, state = rules(own, state, history)
        uniform = ops.reshape(ops.take(noise, step, axis=0), (-1,))
        token = sample(narrowed(log_probs, temperature, top_k, top_p, min_p), uniform)
        allowed = _of(log_probs, token) > NEVER / 10
        log_prob = ops.where(allowed, _of(own, token), NEVER)
        token, log_prob = (rows.folded(x, samples) for x in (token, log_prob))
        new = Grown(
            tokens=rows.put(grown.tokens, step, token),
            log_probs=rows.put(grown.log_probs, step, log_prob),
            scores=ops.maximum(grown.scores + log_prob, NEVER),
            lengths=ops.zeros_like(grown.lengths) + step + 1,
            attention=tree.map_structure(
                lambda a, x: rows.put(a, step, x), grown.attention, attention
            ),
        )
        grown = rows.where(done, grown, new)
        done = done | (step + 1 >= limits)
        if end is not None:
            done = done | (token == end)
        last = rows.flat(ops.where(done, 0, token))
        new = _Drawn(step + 1, done, last, grown, (leaves, state))
        return [rows.kept(new, drawn)]

    (drawn,) = ops.while_loop(
        lambda drawn: ops.logical_not(ops.all(drawn.done)),
        body,
        [drawn],
        maximum_iterations=size,
    )
    tokens, log_probs, scores, lengths, attention = drawn.grown
    ended = ops.any(tokens == (-2 if end is None else end), axis=-1)
    return Hypotheses(tokens, scores, lengths, log_probs, ended, attention).checked(
        every=True
    )


def _of(values, tokens):
    """Of each row the value of its token, `(rows,)`."""
    return ops.take_along_axis(values, tokens[:, None], axis=1)[:, 0]

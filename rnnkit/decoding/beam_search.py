"""Beam search over anything that goes on step by step."""

import functools

from keras import ops

from rnnkit.decoding import hypotheses as rows
from rnnkit.decoding.beam_steps import BeamSteps
from rnnkit.decoding.penalties import average_length
from rnnkit.decoding.rules import Rules, step_of_leaves


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
            attention)`: tokens `(rows,)`, logits `(rows, symbols)`; row r is one of
            item r // beam_width.
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
            would be no better than the worst of these, its coverage not counted.
            "never": when it can no longer become better than the `n_best` that have
            ended.
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
    if early_stopping != "never" and not isinstance(early_stopping, bool):
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
    search = BeamSteps(
        rules=Rules(end, min_length, prefix, processors, size),
        next_step=functools.partial(step_of_leaves, next_step, state),
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

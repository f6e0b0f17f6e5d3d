"""Several models as one."""

import math

from keras import ops, tree

from rnnkit.decoding.rules import finite, log_probabilities, step_of
from rnnkit.decoding.scorers.base import NEVER


def ensemble(next_steps, weights=None, mean="arithmetic"):
    """A `next_step` that averages those of several models over the same symbols.

        arithmetic: p = Σ_k w_k p_k
        geometric:  p ∝ Π_k p_k ** w_k

    Its state is the list of their states, its constants the list of their constants,
    `()` for one that has none. Its attention is their mean if all have it. Two or more
    `Seq2Seq`s of one target vocabulary, which read sources of ids `(batch, source)`:

        states, constants = zip(*(model.begin(ids, lengths) for model in models))
        beam_search(
            ensemble([model.next_step for model in models]),
            list(states),
            constants=list(constants),
            start=models[0].target_vocabulary.start,
            end=models[0].target_vocabulary.end,
            max_length=50,
        )

    Args:
        next_steps: A list of functions as a search takes them.
        weights: One for each, which add up to 1; by default equal.
        mean: "arithmetic", of probabilities, or "geometric", of their logarithms.

    Raises:
        ValueError: An argument is out of range; the models differ in their symbols.
    """
    next_steps = list(next_steps)
    if not next_steps:
        raise ValueError("An ensemble needs at least one model.")
    weights = [1 / len(next_steps)] * len(next_steps) if weights is None else weights
    shares = len(weights) == len(next_steps) and math.isclose(sum(weights), 1)
    if not shares or min(weights) < 0:
        raise ValueError(
            f"weights must be {len(next_steps)} numbers of 0 or more that add up to "
            f"1, got {weights!r}."
        )
    if mean not in ("arithmetic", "geometric"):
        raise ValueError(f'mean is "arithmetic" or "geometric", got {mean!r}.')

    def next_step(tokens, states, constants=None):
        constants = [()] * len(next_steps) if constants is None else constants
        found = [
            step_of(f, tokens, state, c if tree.flatten(c) else None)
            for f, state, c in zip(next_steps, states, constants)
        ]
        sizes = {logits.shape[-1] for logits, _, _ in found}
        if len(sizes) > 1:
            raise ValueError(f"The models have different symbols: {sorted(sizes)}.")
        each = ops.stack([finite(log_probabilities(logits)) for logits, _, _ in found])
        shares = ops.convert_to_tensor(weights, dtype="float32")[:, None, None]
        if mean == "geometric":
            logits = ops.sum(shares * each, axis=0)
            never = ops.any((each <= NEVER / 10) & (shares > 0), axis=0)
            logits = ops.where(never, NEVER, logits)
        else:
            logits = ops.logsumexp(ops.log(shares) + each, axis=0)
        states = [state for _, state, _ in found]
        looked = [attention for _, _, attention in found]
        if not all(map(tree.flatten, looked)):
            return logits, states
        return (
            logits,
            states,
            tree.map_structure(
                lambda *a: sum(w * x for w, x in zip(weights, a)), *looked
            ),
        )

    return next_step

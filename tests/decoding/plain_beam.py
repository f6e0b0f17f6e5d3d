"""A beam search of one item in lists and float64, to compare narrow beams with."""

import numpy as np


def plain_beam(
    logits, end, max_length, width, early_stopping, penalty=lambda score, length: score
):
    """The best sequences over a table of `every_sequence`: (score, tokens, ended).

    Its rules are those of `transformers`: what ends counts if it is among the best
    `width` of the step, and an item is done as `early_stopping` says.
    """
    logits = logits.astype("float64")
    symbols = logits.shape[-1]
    log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    alive, pool = [(0.0, (), 0)], []
    for step in range(max_length):
        every = sorted(
            (
                (score + log_probs[node, token], (*tokens, token), node)
                for score, tokens, node in alive
                for token in range(symbols)
            ),
            key=lambda found: -found[0],
        )
        for score, tokens, _ in every[:width]:
            if tokens[-1] == end:
                pool.append((penalty(score, step + 1), tokens, True))
        pool = sorted(pool, key=lambda found: -found[0])[:width]
        alive = [
            (score, tokens, node * symbols + 1 + tokens[-1])
            for score, tokens, node in every[: 2 * width]
            if tokens[-1] != end
        ][:width]
        best, last = alive[0][0], step + 1
        reached = penalty(best, last)
        if early_stopping == "never":
            reached = max(penalty(best, n) for n in range(last + 1, max_length + 2))
        if len(pool) == width and (early_stopping is True or pool[-1][0] >= reached):
            break
    cut = sorted(
        ((penalty(s, max_length), t, False) for s, t, _ in alive), reverse=True
    )
    return [*pool, *cut][:width]

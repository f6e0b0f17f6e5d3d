"""Draw symbols from logits: temperature, top-k, top-p, min-p."""

import math

from keras import ops

OUT = float("-inf")  # the logit of a symbol that must not be drawn


def temper(logits, temperature):
    """Divide logits `(..., symbols)` by a temperature, after moving their largest to 0.

    `temperature` is a number or a scalar tensor, at least 0. At 0 all but the largest
    become so small that only it can be drawn.
    """
    logits = ops.cast(logits, "float32")
    logits = logits - ops.max(logits, axis=-1, keepdims=True)
    return logits / ops.maximum(ops.cast(temperature, "float32"), 1e-30)


def top_k(logits, k):
    """Keep the k largest of logits `(..., symbols)`, and what equals the last of them.

    The others become minus infinity. Source:
    [Fan et al., 2018](https://arxiv.org/abs/1805.04833).

    Raises:
        ValueError: k is no positive integer.
    """
    if not isinstance(k, int) or k < 1:
        raise ValueError(f"top_k must be a positive integer, got {k!r}.")
    if k >= logits.shape[-1]:
        return logits
    smallest = ops.top_k(logits, k)[0][..., -1:]
    return ops.where(logits < smallest, OUT, logits)


def top_p(logits, p):
    """Keep the fewest most probable symbols whose probabilities add up to p or more.

    Logits `(..., symbols)`; the others become minus infinity. Symbols as probable as
    the last one kept are kept too. Source:
    [Holtzman et al., 2020](https://arxiv.org/abs/1904.09751).

    Raises:
        ValueError: p is not in (0, 1].
    """
    if not 0 < p <= 1:
        raise ValueError(f"top_p must be in (0, 1], got {p!r}.")
    if p == 1:
        return logits
    falling = -ops.sort(-logits, axis=-1)
    probabilities = ops.softmax(falling, axis=-1)
    before = ops.cumsum(probabilities, axis=-1) - probabilities
    smallest = ops.min(
        ops.where(before < p, falling, float("inf")), axis=-1, keepdims=True
    )
    return ops.where(logits < smallest, OUT, logits)


def min_p(logits, p):
    """Keep the symbols that are at least p times as probable as the most probable one.

    Logits `(..., symbols)`; the others become minus infinity. Source:
    [Nguyen et al., 2024](https://arxiv.org/abs/2407.01082).

    Raises:
        ValueError: p is not in (0, 1].
    """
    if not 0 < p <= 1:
        raise ValueError(f"min_p must be in (0, 1], got {p!r}.")
    largest = ops.max(logits, axis=-1, keepdims=True)
    return ops.where(logits < largest + math.log(p), OUT, logits)


def narrowed(logits, temperature=1.0, k=None, p=None, least=None):
    """Logits `(..., symbols)` to draw from: `temper`, then `top_k`, `top_p`, `min_p`.

    Each of the last three is left out where its number is None.
    """
    logits = temper(logits, temperature)
    for keep, number in ((top_k, k), (top_p, p), (min_p, least)):
        if number is not None:
            logits = keep(logits, number)
    return logits


def sample(logits, uniform):
    """Draw one symbol a row by inverting the distribution function.

    Args:
        logits: `(..., symbols)`.
        uniform: Numbers in [0, 1), one a row, `(...)`. The same numbers draw the same
            symbols.

    Returns:
        int32 ids `(...)`.
    """
    logits = ops.cast(logits, "float32")
    weights = ops.exp(logits - ops.max(logits, axis=-1, keepdims=True))
    cumulated = ops.cumsum(weights, axis=-1)
    # Kept below the total by more than rounding, so that a symbol is always reached.
    share = ops.minimum(ops.cast(uniform, "float32"), 1 - 2**-20)
    target = ops.expand_dims(share, -1) * cumulated[..., -1:]
    return ops.sum(ops.cast(cumulated <= target, "int32"), axis=-1)

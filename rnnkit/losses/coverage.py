"""A loss for attention that reads the same place twice."""

from keras import ops


def coverage_loss(weights, mask=None):
    """How much each step reads again of what the steps before it have read.

        k_tu = sum_r a_ru, r < t
        loss_t = sum_u min(a_tu, k_tu)

    It is at most 1 where the weights sum to 1, and is added to the loss of the step's
    symbol, times a factor; See et al. take 1.

    Args:
        weights: Attention a, `(batch, targets, source)`.
        mask: `(batch, targets)` of booleans or None; masked steps read nothing.

    Returns:
        `(batch, targets)`, float32; zero at masked steps.

    Reference: [See et al., 2017](https://arxiv.org/abs/1704.04368), equation (12)
    """
    a = ops.cast(weights, "float32")
    if mask is not None:
        a = ops.where(ops.expand_dims(ops.cast(mask, "bool"), -1), a, 0)
    before = ops.cumsum(a, axis=1) - a
    return ops.sum(ops.minimum(a, before), axis=-1)

"""A linear recurrence along a row, in a few steps that each see the whole row."""

from keras import ops

from rnnkit.ops.scanning import scan


def linear_recurrence(a, b):
    """q_j = a_j q_{j-1} + b_j with q_{-1} = 0, along the last axis.

    In log2(length) rounds of products and sums, so that nothing is divided: with a
    and b not negative no digit is lost, however small the products of a grow.

    Args:
        a, b: `(batch, length)`.

    Returns:
        q, `(batch, length)`.

    Reference: [Hillis and Steele, 1986](https://doi.org/10.1145/7902.7903)
    """
    length = ops.shape(a)[1]
    places = ops.arange(length, dtype="int32")
    shifts = 2 ** ops.arange(_rounds(length), dtype="int32")

    def round_of(carry, shift):
        a, b = carry
        inside = places >= shift
        before = ops.maximum(places - shift, 0)
        a_before = ops.where(inside, ops.take(a, before, axis=1), 1)
        b_before = ops.where(inside, ops.take(b, before, axis=1), 0)
        return (a * a_before, a * b_before + b), ()

    (_, q), _ = scan(round_of, (a, b), shifts)
    return q


def _rounds(length):
    """How often 1 must be doubled to reach the length; once at least."""
    if isinstance(length, int):
        return max(length - 1, 1).bit_length()
    doublings = ops.ceil(ops.log2(ops.cast(ops.maximum(length, 2), "float32")))
    return ops.cast(doublings, "int32")

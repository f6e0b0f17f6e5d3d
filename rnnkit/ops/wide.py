"""Positive floats of any size: a float32 in [1, 2) and an exponent of its own, int32.

Products and sums of probabilities over a thousand steps leave the range of float32;
their logarithms stay in it, but lose digits as they grow. A wide float loses none, and
needs no exp and no log: exponents are read and written as bits.
"""

from typing import NamedTuple

import keras
from keras import ops

ZERO = -(2**28)  # the exponent of what counts as nothing
_LN2_HIGH, _LN2_LOW = 0.693359375, -2.12194440e-4  # ln 2; the first has few digits


class Wide(NamedTuple):
    """`mantissa * 2 ** exponent`, two tensors of one shape."""

    mantissa: object
    exponent: object

    def map(self, function):
        """The same function of both tensors: a slice, a flip, another shape."""
        return Wide(function(self.mantissa), function(self.exponent))


def constant(present):
    """One where a tensor of booleans is True, nothing elsewhere."""
    exponent = ops.where(present, 0, ZERO)
    return Wide(ops.ones_like(exponent, dtype="float32"), ops.cast(exponent, "int32"))


def from_log(x):
    """exp(x), x float32 and finite."""
    exponent = ops.floor(x * 1.4426950408889634)
    rest = (x - exponent * _LN2_HIGH) - exponent * _LN2_LOW
    return Wide(ops.exp(rest), ops.cast(exponent, "int32"))


def log(a):
    """The natural logarithm, float32."""
    exponent = ops.cast(a.exponent, "float32")
    return (ops.log(a.mantissa) + exponent * _LN2_LOW) + exponent * _LN2_HIGH


def where(condition, a, b):
    """`a` where the condition is True, else `b`."""
    return Wide(*(ops.where(condition, x, y) for x, y in zip(a, b)))


def only(condition, a):
    """`a` where the condition is True, nothing elsewhere."""
    return Wide(a.mantissa, ops.where(condition, a.exponent, ZERO))


def add(*terms):
    """Sum; its mantissa may be as large as the number of terms, twice."""
    exponent = terms[0].exponent
    for term in terms[1:]:
        exponent = ops.maximum(exponent, term.exponent)
    return Wide(sum(at(term, exponent) for term in terms), exponent)


def total(a, axis):
    """Sum over an axis."""
    exponent = ops.max(a.exponent, axis=axis, keepdims=True)
    mantissa = ops.sum(at(a, exponent), axis=axis)
    return Wide(mantissa, ops.squeeze(exponent, axis=axis))


def multiply(a, b):
    """Product, with a mantissa in [1, 2)."""
    return normalised(Wide(a.mantissa * b.mantissa, a.exponent + b.exponent))


def normalised(a):
    """The same number with a mantissa in [1, 2), and an exponent of `ZERO` at least."""
    bits = _bits(a.mantissa, "int32")
    mantissa = ops.bitwise_or(ops.bitwise_and(bits, 0x7FFFFF), 127 << 23)
    exponent = a.exponent + ops.right_shift(bits, 23) - 127
    return Wide(_bits(mantissa, "float32"), ops.maximum(exponent, ZERO))


def at(a, exponent):
    """The mantissa that `a` has with a larger exponent; tiny numbers stay tiny."""
    shift = ops.maximum(a.exponent - exponent, -126)
    return a.mantissa * _bits(ops.left_shift(shift + 127, 23), "float32")


def _bits(x, dtype):
    """The same 32 bits as a tensor of another type."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.bitcast(x, dtype)
    if keras.backend.backend() == "jax":
        import jax

        return jax.lax.bitcast_convert_type(x, dtype)
    import torch

    return x.view(getattr(torch, dtype))

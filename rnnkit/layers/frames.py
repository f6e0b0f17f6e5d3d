"""Sequences of frames and their masks, `(batch, time)`, true where a frame is real."""

from keras import ops


def zero_masked(x, mask):
    """`x`, `(batch, time, …)`, with zeros in the place of masked frames."""
    if mask is None:
        return x
    mask = ops.cast(mask, "bool")
    for _ in x.shape[2:]:
        mask = ops.expand_dims(mask, -1)
    return ops.where(mask, x, 0)


def real_frames(x, mask):
    """1.0 at the real frames of `x` and 0.0 at the others, `(batch, time)`, float32."""
    if mask is None:
        return ops.ones(ops.shape(x)[:2], "float32")
    return ops.cast(ops.cast(mask, "bool"), "float32")


def mean_of_real(x, real):
    """The mean over the real frames, `(batch, 1, features)`; zeros where none is.

    Args:
        x: `(batch, time, features)`, float32, finite at masked frames too.
        real: what `real_frames` gives.
    """
    count = ops.maximum(ops.sum(real, axis=1, keepdims=True), 1)
    total = ops.sum(x * ops.expand_dims(real, -1), axis=1, keepdims=True)
    return total / ops.expand_dims(count, -1)


def whole(name, value, least=1):
    """`value`, when it is a whole number of at least `least`.

    Raises: `ValueError` otherwise, with the name.
    """
    if isinstance(value, bool) or int(value) != value or value < least:
        raise ValueError(f"{name} must be a whole number from {least}, got {value!r}.")
    return int(value)

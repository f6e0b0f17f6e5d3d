"""Rows without what is not wanted of them."""

from keras import ops


def compact(keep, *values, fill=-1):
    """Move what is kept to the front of each row.

    Args:
        keep: Booleans `(batch, time)`.
        values: Tensors `(batch, time)`.
        fill: What stands after the kept ones.

    Returns:
        The tensors, `(batch, time)` each, and how many are kept, int32 `(batch,)`.
    """
    time = ops.shape(keep)[1]
    places = ops.arange(time, dtype="int32")[None]
    order = ops.argsort(ops.where(keep, places, places + time), axis=1)
    lengths = ops.sum(ops.cast(keep, "int32"), axis=1)
    front = places < lengths[:, None]
    moved = [
        ops.where(front, ops.take_along_axis(v, order, axis=1), ops.cast(fill, v.dtype))
        for v in values
    ]
    return *moved, lengths

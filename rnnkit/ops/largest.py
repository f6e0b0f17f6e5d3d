"""The largest of very many values."""

from keras import ops

GROUP = 16  # values of which at first only the largest is looked at


def largest(x, k):
    """`keras.ops.top_k` of `(rows, values)`, faster where there are many values.

    The k largest values are in the k groups whose own largest values are largest, or
    in no group. Of equal values any may be taken; fewer than k are returned where
    there are fewer.

    Returns:
        The values and their places, int32, `(rows, k)` each, the largest first.
    """
    values = ops.shape(x)[1]
    if not isinstance(values, int):  # known only as this runs
        k = ops.minimum(k, values)
    elif values < 4 * GROUP * k:
        k = min(k, values)
    else:
        return _in_groups(x, k)
    found, places = ops.top_k(x, k)
    return found, ops.cast(places, "int32")


def _in_groups(x, k):
    rows, values = ops.shape(x)
    groups = values // GROUP
    # Group g are the places g, g + groups, g + 2 * groups and so on.
    grouped = ops.reshape(x[:, : GROUP * groups], (rows, GROUP, groups))
    best = ops.cast(ops.top_k(ops.max(grouped, axis=1), k)[1], "int32")
    members = best[:, None] + groups * ops.arange(GROUP, dtype="int32")[:, None]
    in_none = ops.arange(GROUP * groups, values, dtype="int32")
    in_none = ops.broadcast_to(in_none, (rows, values % GROUP))
    members = ops.reshape(members, (rows, GROUP * k))
    places = ops.concatenate([members, in_none], axis=1)
    found, chosen = ops.top_k(ops.take_along_axis(x, places, axis=1), k)
    return found, ops.take_along_axis(places, ops.cast(chosen, "int32"), axis=1)

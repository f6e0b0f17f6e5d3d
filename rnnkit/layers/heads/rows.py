"""Only those rows that something is to be computed for."""

import keras
from keras import ops


def over_parts(function, parts, count, h, *values):
    """For every row the function of its part.

    Where sizes may be known only as a program runs, a part computes its own rows alone.
    JAX compiles for known sizes: there each part computes all rows.

    Args:
        function: `(part, h, *values) → float32 (rows,)`, of rows of that part.
        parts: The part of every row, int `(rows,)`; rows of others give 0.
        count: Number of parts.
        h, values: Tensors `(rows, ...)`.

    Returns:
        float32 `(rows,)`.
    """
    total = ops.zeros(ops.shape(parts), "float32")
    for part in range(count):
        belongs = parts == part
        if keras.backend.backend() == "jax":
            found = function(part, h, *values)
            total = ops.where(belongs, found, total)
            continue
        (rows,) = ops.nonzero(belongs)
        rows = ops.cast(rows, "int32")
        found = function(part, *(ops.take(x, rows, axis=0) for x in (h, *values)))
        total = total + ops.scatter(rows[:, None], found, ops.shape(total))
    return total

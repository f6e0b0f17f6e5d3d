"""How long targets may be, by the lengths of their sources, and how they begin."""

import numbers

import numpy as np
from keras import ops

from rnnkit.decoding.hypotheses import has_values


def twice_and_ten(lengths):
    """The most tokens of a target where nothing else is asked for."""
    return 2 * lengths + 10


def limit(asked, lengths, name):
    """Tokens of a target at most, or at least, of all sources or of each.

    Args:
        asked: A number; or a function of the sources' lengths, float32 `(batch,)`,
            whose values are rounded down.
        lengths: Tokens of the sources, `(batch,)`.
        name: Of the argument that asks it.

    Raises:
        ValueError: It is neither; an array would not follow the sources' order.
    """
    if callable(asked):
        return ops.cast(asked(ops.cast(lengths, "float32")), "int32")
    if np.ndim(asked):
        raise ValueError(
            f"{name} is a number, or a function of the sources' lengths, such as "
            f"lambda lengths: 2 * lengths + 10; got {asked!r}."
        )
    return asked


def greatest(asked, time):
    """The most that `limit` allows a source of at most `time` tokens.

    An integer where it can be known before anything runs, else a tensor.

    Raises:
        ValueError: As `limit`.
    """
    if not callable(asked):
        return limit(asked, time, "max_length")
    if isinstance(time, int):
        most = asked(np.arange(1, time + 1, dtype="float32"))
    else:
        most = asked(ops.cast(ops.arange(1, time + 1), "float32"))
    if isinstance(most, (int, float, np.generic, np.ndarray)) or has_values(most):
        return int(np.max(ops.convert_to_numpy(most)))
    return ops.cast(ops.max(most), "int32")


def check_prefixes(rows, lengths, asked):
    """See that targets have room for what they begin with.

    Args:
        rows: As `prefixes` gives them, of a batch.
        lengths: Tokens of its sources, NumPy `(batch,)`.
        asked: As `limit` is.

    Raises:
        ValueError: One has not.
    """
    most = ops.convert_to_numpy(limit(asked, lengths, "max_length"))
    for row, length, room in zip(rows, lengths, np.broadcast_to(most, lengths.shape)):
        needed = 1 + max(np.flatnonzero(row >= 0), default=-1)
        if needed > room:
            raise ValueError(
                f"prefix has {needed} tokens, but of a source of {length} tokens "
                f"max_length is {room}."
            )


def is_one_row(prefix):
    """Whether it is ids, and not a row of ids for each source."""
    single = isinstance(prefix, numbers.Integral)
    return single or not any(np.ndim(row) for row in prefix)


def prefixes(prefix, count, max_length):
    """What each target begins with, int32 `(count, length)`, -1 where it is free.

    It is the only one of a tuple, which is empty where nothing is asked.

    Args:
        prefix: Ids, `(length,)`, for all; or a row of ids for each; None for nothing.
        count: How many sources there are.
        max_length: As `limit` is asked.

    Raises:
        ValueError: It is not ids; there is not one row for each source; or a row is
            longer than any target may be.
    """
    if prefix is None:
        return ()
    if is_one_row(prefix):
        prefix = [prefix] * count
    if len(prefix) != count:
        raise ValueError(
            f"{count} sources, but {len(prefix)} prefixes: prefix is one row of ids "
            "for all sources, or a row for each."
        )
    rows = [np.asarray(row) for row in prefix]
    for row in rows:
        if row.ndim != 1 or (row.size and not np.issubdtype(row.dtype, np.integer)):
            raise ValueError(
                "prefix is ids, such as target_vocabulary.encode(text) gives; it holds "
                f"{row.tolist()!r}."
            )
    length = max(map(len, rows), default=0)
    if isinstance(max_length, int) and length > max_length:
        raise ValueError(f"prefix has {length} tokens, but max_length is {max_length}.")
    found = np.full((count, length), -1, "int32")
    for place, row in zip(found, rows):
        place[: len(row)] = row
    return (found,)

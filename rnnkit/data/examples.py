"""Labelled sequences: recordings or images, each with its text."""

import dataclasses
import warnings
from pathlib import Path

import numpy as np

_NAMED = 3  # bad items named in a message


@dataclasses.dataclass(frozen=True, eq=False)
class Examples:
    """Sequences with their texts, `n` of each in the same order.

    Attributes:
        names: Their names.
        inputs: float32 arrays: features `(time, features)`, samples `(time,)` or
            images `(height, width)`.
        texts: What is said or written in them.
        groups: Who speaks, or which work it is from. Examples of one group resemble
            each other: hold out whole groups to measure on strangers.
        labels: int32 arrays `(time,)`, a class for each frame; None where there are
            none.
        symbols: What the classes of `labels`, or the words of `texts`, are; empty
            where the data set has no list of them.

    Raises:
        ValueError: There is not one of each.
    """

    names: tuple
    inputs: tuple
    texts: tuple
    groups: tuple
    labels: tuple | None = None
    symbols: tuple = ()

    def __post_init__(self):
        for field in ("inputs", "texts", "groups", "labels"):
            values = getattr(self, field)
            if values is not None and len(values) != len(self.names):
                raise ValueError(
                    f"{len(self.names)} names, but {len(values)} {field}: an example "
                    "has one of each."
                )

    def __len__(self):
        return len(self.names)

    def subset(self, indices):
        """The examples at these indices, in this order, or where a mask is true."""
        chosen = np.arange(len(self))[list(indices)]

        def take(values):
            return None if values is None else tuple(values[i] for i in chosen)

        fields = ("names", "inputs", "texts", "groups", "labels")
        taken = {field: take(getattr(self, field)) for field in fields}
        return dataclasses.replace(self, **taken)


def read_text(path):
    """The text of a UTF-8 file, a byte order mark left out.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not UTF-8; names the file.
    """
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8: {error}.") from error


def read_each(read, items, strict, problem=""):
    """Read items one by one; leave out those that are bad, and say so once.

    Args:
        read: A function of one item, which raises ValueError or OSError, naming it,
            where it is bad.
        items: What to read.
        strict: Raise instead.
        problem: What is already known to be wrong with all of them, in words.

    Returns:
        List of what `read` gave.

    Raises:
        ValueError: No item is left; or with `strict` an item is bad or there is a
            `problem`.
    """
    items, rows, bad = list(items), [], []
    for item in items:
        try:
            rows.append(read(item))
        except (ValueError, OSError) as error:
            bad.append(str(error))
    if bad:
        what = "are bad" if strict else "left out"
        found = f"{len(bad):,} of {len(items):,} {what}: {named(bad)}"
        problem = f"{problem} {found}".strip()
    if (problem and strict) or not rows:
        raise ValueError(problem or "There is nothing to read.")
    if problem:
        warnings.warn(problem, stacklevel=3)
    return rows


def named(sentences):
    """The first of some sentences, and how many more there are."""
    more = len(sentences) - _NAMED
    first = " ".join(sentences[:_NAMED])
    return f"{first} … and {more:,} more." if more > 0 else first


def by_part(rows, parts, symbols=()):
    """Rows `(part, name, input, text, group)` → `{part: Examples}`."""
    split = {}
    for part in parts:
        columns = zip(*(row[1:] for row in rows if row[0] == part))
        names, inputs, texts, groups = tuple(columns) or ((),) * 4
        split[part] = Examples(names, inputs, texts, groups, symbols=symbols)
    return split

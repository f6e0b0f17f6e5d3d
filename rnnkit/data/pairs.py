"""Pairs of texts: what stands in one language, form or style, and in another."""

import dataclasses
import gzip
import zlib
from pathlib import Path

import numpy as np


@dataclasses.dataclass(frozen=True)
class Pairs:
    """Texts and what is to be made of them, as many of each, in the same order.

    Attributes:
        sources: `str`, what is read.
        targets: `str`, what is written.

    Raises:
        ValueError: There is not one target for each source.
    """

    sources: tuple
    targets: tuple

    def __post_init__(self):
        if len(self.sources) != len(self.targets):
            raise ValueError(
                f"{len(self.sources):,} sources, but {len(self.targets):,} targets: "
                "each source has one."
            )

    def __len__(self):
        return len(self.sources)

    def subset(self, indices):
        """The pairs at these indices, in this order, or where a mask is true."""
        chosen = np.arange(len(self))[list(indices)]
        return Pairs(
            tuple(self.sources[i] for i in chosen),
            tuple(self.targets[i] for i in chosen),
        )

    def swapped(self):
        """Targets as sources, sources as targets."""
        return Pairs(self.targets, self.sources)


def read_pairs(source, target):
    """Read two text files in which line i of one belongs to line i of the other.

    Args:
        source, target: Files in UTF-8, or such files packed by gzip (`.gz`). White
            space at the ends of a line is dropped.

    Returns:
        `Pairs`.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: One has more lines than the other, a line is empty or is not
            UTF-8, or a packed file is cut short; names file and line.
    """
    contents = [read_content(path) for path in (source, target)]
    return pairs_of_lines(*contents, source, target)


def pairs_of_lines(source_content, target_content, source, target):
    """The pairs in two files' bytes; see `read_pairs`, which reads them."""
    sources = _full_lines(source_content, source)
    targets = _full_lines(target_content, target)
    if len(sources) != len(targets):
        raise ValueError(
            f"{source} has {len(sources):,} lines, but {target} has "
            f"{len(targets):,}: line i of one belongs to line i of the other. One of "
            "them is cut short, or they are not of the same text."
        )
    return Pairs(tuple(sources), tuple(targets))


def read_content(path):
    """The bytes of a file, unpacked if its name ends in `.gz`."""
    content = Path(path).expanduser().read_bytes()
    return unpacked(content, path) if str(path).endswith(".gz") else content


def unpacked(content, where):
    """The bytes that gzip packed; `where` is named if they are not whole."""
    try:
        return gzip.decompress(content)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{where} is no whole gzip file ({error}).") from error


def lines_of(content, where):
    """The lines of a file's bytes, without the white space at their ends.

    Raises:
        ValueError: A line is not UTF-8; names `where` and the line.
    """
    rows = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    rows = rows[:-1] if not rows[-1] else rows
    lines = []
    for number, row in enumerate(rows, 1):
        try:
            lines.append(row.decode("utf-8").strip())
        except UnicodeDecodeError as error:
            raise ValueError(f"{where}:{number} is not UTF-8: {error}.") from error
    return lines


def _full_lines(content, where):
    lines = lines_of(content, where)
    if not lines:
        raise ValueError(f"{where} is empty.")
    if "" in lines:
        raise ValueError(f"{where}:{lines.index('') + 1} is empty: a pair has both.")
    return lines

"""Source text that a user has at hand: the standard library, a file, a folder."""

import dataclasses
import os
import sysconfig
from pathlib import Path

_NOT_SOURCES = {"__pycache__", "node_modules", "site-packages", "dist-packages"}
_TESTS = {"test", "tests", "idle_test"}


@dataclasses.dataclass(frozen=True)
class SourceText:
    """Named texts in a fixed order.

    Attributes:
        names: Their names, `(n,)`.
        texts: Their texts, `(n,)`.
    """

    names: tuple
    texts: tuple

    @property
    def text(self):
        """All texts, one after another."""
        return "".join(self.texts)

    def split(self, fraction=0.1):
        """Hold out the end, by whole files where there are several.

        Args:
            fraction: Least share of the characters held out.

        Returns:
            `(text to train on, held-out text)`.
        """
        if len(self.texts) == 1:
            text = self.texts[0]
            cut = len(text) - round(len(text) * fraction)
            return text[:cut], text[cut:]
        wanted = fraction * sum(map(len, self.texts))
        held_out, cut = 0, len(self.texts)
        while cut > 1 and held_out < wanted:
            cut -= 1
            held_out += len(self.texts[cut])
        return "".join(self.texts[:cut]), "".join(self.texts[cut:])


def standard_library():
    """The source of this Python's own standard library, without its tests.

    Returns:
        `SourceText`, files sorted by name.
    """
    root = Path(sysconfig.get_paths()["stdlib"])
    return _read_folder(root, ".py", _TESTS)


def read_sources(path, suffix=""):
    """Read a text file, or every text file of a folder and the folders in it.

    Files that are hidden, or are no UTF-8 text, are passed over.

    Args:
        path: A file or a folder.
        suffix: What the names of a folder's files end with, as `".py"`.

    Returns:
        `SourceText`, files sorted by name.

    Raises:
        FileNotFoundError: There is nothing at `path`.
        ValueError: There is no text in it.
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise FileNotFoundError(f"No file or folder {str(path)!r}.")
    if path.is_dir():
        return _read_folder(path, suffix, set())
    text = _read(path)
    if not text:
        raise ValueError(f"{str(path)!r} is empty or is not UTF-8 text.")
    return SourceText((path.name,), (text,))


def _read_folder(root, suffix, without):
    without = without | _NOT_SOURCES
    paths = []
    for folder, folders, files in os.walk(root):
        folders[:] = [
            name for name in folders if name not in without and name[0] != "."
        ]
        names = [name for name in files if name[0] != "." and name.endswith(suffix)]
        paths += [Path(folder, name) for name in names]
    read = [(str(path.relative_to(root)), _read(path)) for path in sorted(paths)]
    read = [(name, text) for name, text in read if text]
    if not read:
        raise ValueError(f"No text file{suffix and f' {suffix}'} in {str(root)!r}.")
    names, texts = zip(*read)
    return SourceText(names, texts)


def _read(path):
    """The text of a file with line ends as "\\n"; None if it is no UTF-8 text."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except (UnicodeDecodeError, OSError):
        return None
    return None if "\0" in text else text

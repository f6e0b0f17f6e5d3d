"""Files that are either the old ones or the new ones, never half of each."""

import contextlib
import os
import pathlib


@contextlib.contextmanager
def atomic_write(path):
    """Open a binary file that takes the place of `path` only when all is written.

    The bytes go to a temporary name beside `path`, are forced to the disk, and
    the name is exchanged in one step. After an exception, a kill or a power cut
    `path` holds what it held before.

    Args:
        path: file to write; missing folders are made.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{path.name}.*.tmp"):  # by one who was killed
        left.unlink(missing_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder):
    """Force the folder's list of names to the disk, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""MNIST: written digits as images."""

import gzip
import zlib

import keras
import numpy as np

from rnnkit.data.downloads import check, home

# part -> (file, sha256 of its content once unpacked) of images and of labels
FILES = {
    "train": (
        (
            "train-images-idx3-ubyte",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        (
            "train-labels-idx1-ubyte",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
    ),
    "test": (
        (
            "t10k-images-idx3-ubyte",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        (
            "t10k-labels-idx1-ubyte",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
}
_HEADS = 16, 8  # bytes before the points, and before the labels
_SIDE = 28


def load_mnist(data_dir=None):
    """MNIST: 60,000 images of written digits to learn from, and 10,000 of the test.

    Args:
        data_dir: Folder whose `mnist/mnist/` holds the four files, `.gz`. By default
            the one that the environment variable RNNKIT_DATA names, else
            `~/.cache/rnnkit`. Where they are not, `keras.datasets.mnist` downloads
            its own copy.

    Returns:
        `{"train": (images, digits), "test": (images, digits)}`, uint8, `(n, 28, 28)`
        and `(n,)`; ink is 255.

    Raises:
        FileNotFoundError: The folder has not all of the files; names one.
        ConnectionError: There is no folder, and the download failed.
        ValueError: A file is not the one published; names it.

    Source: LeCun and Cortes, through https://keras.io/api/datasets/mnist/
    """
    folder = home(data_dir) / "mnist" / "mnist"
    if not folder.is_dir():
        return dict(zip(FILES, _from_keras(folder)))
    parts = {}
    for part, files in FILES.items():
        images, digits = (
            _points(_content(folder, name, sha256), n)
            for (name, sha256), n in zip(files, _HEADS)
        )
        parts[part] = images.reshape(-1, _SIDE, _SIDE), digits
    return parts


def _from_keras(folder):
    try:
        return keras.datasets.mnist.load_data()
    except Exception as error:  # of no class of its own, in the place of an OSError
        if not isinstance(error.__context__, OSError):
            raise
        names = ", ".join(f"{name}.gz" for part in FILES.values() for name, _ in part)
        raise ConnectionError(
            f"Keras could not download MNIST ({error}). Put {names} into {folder} by "
            "hand, or name the folder that has mnist/ with data_dir= or RNNKIT_DATA."
        ) from error


def _points(content, head):
    return np.frombuffer(content, "uint8", -1, head).copy()  # so that it can be written


def _content(folder, name, sha256):
    path = folder / f"{name}.gz"
    remedy = f"Move {folder} away, and Keras downloads its own copy."
    if not path.exists():
        raise FileNotFoundError(f"No {path}. Put it there. Or: {remedy}")
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} cannot be read: {error}. {remedy}") from error
    check(content, sha256, name, path, remedy)
    return content

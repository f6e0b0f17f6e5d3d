"""What general compressors make of the same held-out text."""

import bz2
import lzma

_XZ_FILTERS = [
    {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 1 << 27}
]


def bz2_bits(text):
    """Return bits per character of `text` compressed alone by `bz2 -9`."""
    return 8 * len(bz2.compress(text.encode(), 9)) / len(text)


def xz_bits(text, dictionary=""):
    """Return bits per character of `text` compressed by `xz -9e`.

    Args:
        text: the held-out text.
        dictionary: text that xz has read before, such as the training text. What
            is counted is by how much the archive grows when `text` follows it.
    """
    grown = _xz_size(dictionary + text) - (_xz_size(dictionary) if dictionary else 0)
    return 8 * grown / len(text)


def _xz_size(text):
    return len(
        lzma.compress(
            text.encode(), lzma.FORMAT_XZ, filters=_XZ_FILTERS
        )  # 128 MiB back
    )

"""What general compressors and counting make of the same held-out text."""

import bz2
import lzma
import math

from rnnkit.recipe.ngram import CharNGram

_MOST = 2**25  # characters of training text that a baseline reads, its last ones

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


def text_baselines(vocabulary, train, held_out):
    """Return bits per character of `held_out`, by name of the baseline.

    bz2 and xz see the held-out text alone; "xz after the training text" has read
    the training text before; the n-gram is trained on it, and is of order 5 unless
    the vocabulary is too large for that. They read no more than the last 33 million
    characters of the training text.

    Args:
        vocabulary: a `rnnkit.data.Vocabulary`, for the n-gram.
        train: the training text.
        held_out: the held-out text.
    """
    train = train[-_MOST:]
    order = min(5, int(62 / math.log2(max(vocabulary.size, 2))) - 1)
    ngram = CharNGram(order).fit(vocabulary.encode(train), vocabulary.size)
    return {
        f"order-{order} n-gram": ngram.bits_per_symbol(vocabulary.encode(held_out)),
        "bz2": bz2_bits(held_out),
        "xz": xz_bits(held_out),
        "xz after the training text": xz_bits(held_out, dictionary=train),
    }


def _xz_size(text):
    return len(
        lzma.compress(
            text.encode(), lzma.FORMAT_XZ, filters=_XZ_FILTERS
        )  # 128 MiB back
    )

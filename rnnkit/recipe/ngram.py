"""An interpolated character n-gram: the baseline every character model must beat."""

import numpy as np


class CharNGram:
    """Witten-Bell interpolated n-gram over symbol ids.

    `order` is the number of symbols looked back at, so order 5 counts sequences
    of six. With `C` the counts and `T(h)` the number of different symbols seen
    after `h`,

        p(c | h) = (C(h c) + T(h) p(c | h without its first symbol)) / (C(h) + T(h))

    and below the empty context stands the uniform distribution over the
    vocabulary, so nothing has probability 0.

    Small on purpose: it exists to be compared with. Counts are sorted arrays of
    packed integers, one pair per order.

    Reference: [Witten and Bell, 1991](https://doi.org/10.1109/18.87000)
    """

    def __init__(self, order=5):
        if order < 0:
            raise ValueError(f"order={order}: it counts the symbols looked back at.")
        self.order = order

    def fit(self, ids, vocabulary_size):
        """Count every sequence of up to `order + 1` symbols in `ids`, shape (n,)."""
        if vocabulary_size ** (self.order + 1) >= 2**63:
            raise ValueError(
                f"order={self.order} over {vocabulary_size} symbols does not fit "
                "into 64-bit keys. Take a lower order or fewer symbols."
            )
        self.vocabulary_size = vocabulary_size
        ids = np.asarray(ids, "int64")
        self._levels = []
        for length in range(self.order + 1):
            grams, counts = np.unique(self._pack(ids, length + 1), return_counts=True)
            contexts, first = np.unique(grams // vocabulary_size, return_index=True)
            self._levels.append(
                {
                    "grams": grams,
                    "counts": counts,
                    "contexts": contexts,
                    "totals": np.add.reduceat(counts, first) if len(first) else counts,
                    "types": np.diff(np.append(first, len(grams))),
                }
            )
        return self

    def probabilities(self, ids):
        """Return p(symbol | the symbols before it) for every place of `ids`, (n,).

        The first symbols have only what stands before them as context.
        """
        ids = np.asarray(ids, "int64")
        p = np.full(len(ids), 1 / self.vocabulary_size)
        for length, level in enumerate(self._levels):
            grams = self._pack(ids, length + 1)
            count = _look_up(level["grams"], level["counts"], grams)
            contexts = grams // self.vocabulary_size
            total = _look_up(level["contexts"], level["totals"], contexts)
            types = _look_up(level["contexts"], level["types"], contexts)
            seen = total > 0
            inside = p[length:]  # a view: places with this much context
            inside[seen] = ((count + types * inside) / np.maximum(total + types, 1))[
                seen
            ]
        return p

    def bits_per_symbol(self, ids):
        """Return the mean of -log2 p over `ids`."""
        return float(-np.log2(self.probabilities(ids)).mean())

    def _pack(self, ids, length):
        """Return one integer per run of `length` symbols, (n - length + 1,)."""
        places = max(len(ids) - length + 1, 0)
        packed = np.zeros(places, "int64")
        for i in range(length):
            packed = packed * self.vocabulary_size + ids[i : i + places]
        return packed


def _look_up(keys, values, wanted):
    """Return `values` where `keys` (sorted) holds `wanted`, else 0."""
    if len(keys) == 0:
        return np.zeros(len(wanted), "int64")
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)

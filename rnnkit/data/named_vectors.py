"""Words by their vectors: what is near, what is to one as another to a third."""

import numpy as np

from rnnkit.data.word2vec_files import read_word2vec, write_word2vec


class NamedVectors:
    """Words and their vectors, to be asked and to be kept in files.

    Args:
        words: Distinct `str`; the most frequent first, as `analogy_score` asks.
        array: Vectors `(words, dim)`.
        counts: How often each was counted, or None.

    Raises:
        ValueError: There are not as many vectors as words, a word stands twice, or a
            value is not finite.
    """

    def __init__(self, words, array, counts=None):
        self.words, self.array = list(words), np.asarray(array, "float32")
        self.counts = counts
        self._places = {word: place for place, word in enumerate(self.words)}
        if self.array.ndim != 2 or len(self.array) != len(self.words):
            raise ValueError(
                f"{len(self.words)} words need as many vectors, got an array of shape "
                f"{self.array.shape}."
            )
        if len(self._places) < len(self.words):
            raise ValueError("A word stands twice.")
        if not np.isfinite(self.array).all():
            place = int(np.argmin(np.isfinite(self.array).all(1)))
            raise ValueError(
                f"The vector of {self.words[place]!r} holds what is no number."
            )
        length = np.linalg.norm(self.array, axis=1, keepdims=True)
        self._unit = self.array / np.where(length > 0, length, 1)

    @classmethod
    def load(cls, path, binary=None):
        """Read a file of word2vec's; see `rnnkit.data.read_word2vec`."""
        return cls(*read_word2vec(path, binary))

    def save(self, path, binary=False):
        """Write a file of word2vec's; see `rnnkit.data.write_word2vec`."""
        write_word2vec(path, self.words, self.array, binary)

    @property
    def dim(self):
        """Width of the vectors."""
        return self.array.shape[1]

    def __len__(self):
        return len(self.words)

    def __contains__(self, word):
        return word in self._places

    def __getitem__(self, word):
        """The vector of a word, or those of a list of words.

        Raises:
            KeyError: There is no such word; names it.
        """
        if isinstance(word, str):
            return self.array[self._place(word)]
        return self.array[[self._place(one) for one in word]]

    def unit(self, words):
        """Vectors of length 1, of a list of words."""
        return self._unit[[self._place(word) for word in words]]

    def similarity(self, a, b):
        """Cosine of the angle between two words."""
        a, b = self.unit([a, b])
        return float(a @ b)

    def most_similar(self, positive, negative=(), top=10):
        """Words whose vectors point most nearly where the sum of some does.

        Args:
            positive: A word, a list of words, or a vector `(dim,)`.
            negative: A list of words, which count against.
            top: How many words.

        Returns:
            List of `(word, cosine)`, those asked for left out.

        Raises:
            KeyError: A word is not there.
            ValueError: The vector is of another width; or what is asked for has no
                direction, as no word has, or words whose sum is 0.
        """
        if isinstance(positive, np.ndarray) and positive.dtype.kind == "f":
            if positive.shape != (self.dim,):
                raise ValueError(
                    f"The vectors are of width {self.dim}: one that is asked for has "
                    f"shape ({self.dim},), got {positive.shape}."
                )
            target, positive = positive, []
        else:
            positive = [positive] if isinstance(positive, str) else list(positive)
            target = self.unit(positive).sum(0)
        negative = [negative] if isinstance(negative, str) else list(negative)
        if negative:
            target = target - self.unit(negative).sum(0)
        length = np.linalg.norm(target)
        if not length > 0:
            asked = [*positive, *(f"-{word}" for word in negative)]
            raise ValueError(
                f"Nothing points where the sum of {asked} does: it has no direction."
            )
        cosines = self._unit @ (target / length)
        cosines[[self._place(word) for word in [*positive, *negative]]] = -np.inf
        found = np.argsort(-cosines, kind="stable")[:top]
        return [
            (self.words[place], float(cosines[place]))
            for place in found
            if cosines[place] > -np.inf
        ]

    def analogy(self, a, b, c, top=1):
        """What is to `c` as `b` is to `a`: the words nearest to b - a + c (3CosAdd).

        Returns:
            List of `(word, cosine)`.

        Reference: [Mikolov et al., 2013](https://aclanthology.org/N13-1090/)
        """
        return self.most_similar([b, c], [a], top)

    def _place(self, word):
        if word not in self._places:
            raise KeyError(f"{word!r} is not among the {len(self):,} words.")
        return self._places[word]

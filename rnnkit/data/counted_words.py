"""Words, the most frequent first, and how often each was counted."""

import collections

import numpy as np

from rnnkit.data.tokens import Tokens, split_at_spaces
from rnnkit.registration import export


@export
class CountedWords(Tokens):
    """Words that spaces separate, with their counts: what word vectors are learnt of.

        words = CountedWords.train(sentences, minimum_count=5)
        words.encode("the cat unheard-of")  # the ids of "the" and "cat"

    Words outside the vocabulary are passed over, as word2vec does.

    Args:
        tokens: Words, a list of `str` in the order of their ids.
        counts: How often each was counted, positive integers `(size,)`.

    Raises:
        ValueError: There are not as many counts as words, a count is not positive, or
            a word stands twice, is empty, or has a space in it.
    """

    symbol = "word"

    def __init__(self, tokens, counts):
        super().__init__(tokens)
        self.counts = np.asarray(counts, "int64")
        if self.counts.shape != (self.size,) or (self.counts < 1).any():
            raise ValueError(
                f"{self.size} words need as many positive counts, got an array of "
                f"shape {self.counts.shape}"
                + (f", the least {self.counts.min()}." if self.counts.size else ".")
            )

    @classmethod
    def train(cls, sentences, minimum_count=5, size=None):
        """Count words; of equal counts the alphabet decides.

        Args:
            sentences: A list of texts, or of lists of words.
            minimum_count: Words seen fewer times are left out.
            size: Words at most; None for all.

        Raises:
            ValueError: No word is left; or the sentences are one text.
        """
        if isinstance(sentences, str):
            raise ValueError("sentences is a list of texts, got one text.")
        if size is not None and size < 1:
            raise ValueError(f"size must be 1 or more, got {size!r}.")
        seen = collections.Counter()
        for sentence in sentences:
            seen.update(words_of(sentence))
        kept = [word for word, count in seen.items() if count >= minimum_count]
        kept = sorted(kept, key=lambda word: (-seen[word], word))[:size]
        if not kept:
            raise ValueError(
                f"None of {len(seen):,} words is left: minimum_count is "
                f"{minimum_count}, size {size}."
            )
        return cls(kept, [seen[word] for word in kept])

    def __contains__(self, word):
        return word in self._ids

    def id_of(self, word):
        """The id of a word.

        Raises:
            KeyError: It is not in the vocabulary.
        """
        if word not in self._ids:
            raise KeyError(f"{word!r} is not among the {self.size} words.")
        return self._ids[word]

    def encode(self, text):
        """A text or a list of words → int32 ids `(n,)` of those that are known."""
        found = map(self._ids.get, words_of(text))
        return np.array([i for i in found if i is not None], "int32")

    def encode_tensor(self, strings):
        import tensorflow as tf

        from rnnkit.data.places import Places

        words = split_at_spaces(strings)
        ids = tf.ragged.map_flat_values(Places(self.tokens), words)
        return tf.ragged.boolean_mask(ids, ids >= 0)

    def get_config(self):
        return {"tokens": self.tokens, "counts": self.counts.tolist()}

    def __repr__(self):
        return f"CountedWords of {self.size:,}: {' '.join(self.tokens[:5])} …"


def words_of(sentence):
    """A text or a list of words → a list of words."""
    return sentence.split() if isinstance(sentence, str) else sentence

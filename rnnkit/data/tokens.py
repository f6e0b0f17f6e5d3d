"""A vocabulary of words, phones, notes: whatever a space separates."""

import collections

import numpy as np

from rnnkit.data.places import Places
from rnnkit.data.vocabulary import Vocabulary
from rnnkit.registration import export

SPACES = r"[\s\x0b\x1c-\x1f\x{85}\p{Z}]+"  # where `str.split` cuts


def split_at_spaces(strings):
    """Strings `(batch,)` → ragged words `(batch, None)`, as `str.split` cuts them."""
    import tensorflow as tf

    return tf.strings.split(tf.strings.regex_replace(strings, SPACES, " "))


@export
class Tokens(Vocabulary):
    """Symbols that spaces separate in a text: `"HH AH L OW"`.

    Args:
        tokens: The symbols, a list of `str` in the order of their ids.
        unknown: The symbol that stands for those that are none, or `"error"`.

    Raises:
        ValueError: A symbol stands twice, is empty, or has a space in it.
    """

    symbol = "token"

    def __init__(self, tokens, unknown="error"):
        self.tokens = list(tokens)
        self.unknown = unknown
        counts = collections.Counter(self.tokens)
        for token, count in counts.items():
            if count > 1 or token.split() != [token]:
                raise ValueError(
                    f"{token!r} is no symbol: each is there once, and has no space."
                )
        if unknown != "error" and unknown not in counts:
            raise ValueError(f"unknown={unknown!r} is none of the tokens.")
        self._ids = {token: id for id, token in enumerate(self.tokens)}

    @classmethod
    def of(cls, texts, **kwargs):
        """The vocabulary of all symbols in some texts, sorted."""
        return cls(sorted({t for text in texts for t in text.split()}), **kwargs)

    @property
    def size(self):
        return len(self.tokens)

    def encode(self, text):
        """`str` → int32 ids `(n,)`.

        Raises:
            ValueError: A symbol is not in the vocabulary and `unknown="error"`.
        """
        tokens = text.split()
        other = self._ids.get(self.unknown)
        ids = [self._ids.get(token, other) for token in tokens]
        if None in ids:
            raise ValueError(
                f"{tokens[ids.index(None)]!r} is not among the {self.size} tokens of "
                "the vocabulary."
            )
        return np.array(ids, "int32")

    def decode(self, ids):
        """Ids `(n,)` → `str`."""
        return " ".join(self.tokens[i] for i in ids)

    def encode_tensor(self, strings):
        import tensorflow as tf

        words = split_at_spaces(strings)
        ids = tf.ragged.map_flat_values(Places(self.tokens), words)
        if self.unknown != "error":
            other = self._ids[self.unknown]
            return tf.ragged.map_flat_values(lambda i: tf.where(i < 0, other, i), ids)
        unknown = ids.flat_values < 0
        strange = tf.boolean_mask(words.flat_values, unknown)
        message = [
            f"A token is not among the {self.size} of the vocabulary:",
            strange,
            "in these rows of the batch, counted from 0:",
            tf.unique(tf.boolean_mask(ids.value_rowids(), unknown))[0],
        ]
        check = tf.debugging.Assert(tf.equal(tf.size(strange), 0), message)
        with tf.control_dependencies([check] if check is not None else []):
            return tf.identity(ids)

    def decode_tensor(self, ids):
        import tensorflow as tf

        words = tf.gather(tf.constant(self.tokens), ids)
        return tf.strings.reduce_join(words, axis=-1, separator=" ")

    def get_config(self):
        return {"tokens": self.tokens, "unknown": self.unknown}

    def __repr__(self):
        return f"Tokens({self.tokens!r}, unknown={self.unknown!r})"

"""Tokenizers: vocabularies trained on texts, with ids to begin and to end with."""

import collections

import numpy as np

from rnnkit.data.places import Places
from rnnkit.data.vocabulary import Vocabulary

UNKNOWN = "⁇"  # what an unknown token is written as


class Tokenizer(Vocabulary):
    """A vocabulary for models that read one text and write another.

        id        0        1        2      3    4 …
        token  padding  unknown  start   end   `tokens`

    `encode` gives the ids of tokens alone, and 1 for what is none; start and end are
    the model's to put. `decode` leaves out padding, start and end, and writes an
    unknown token as "⁇". Python runs the operations that a graph holds, so that both
    give the same for every text. `str` is taken, and `bytes` in UTF-8; the character
    U+0000 is read as U+FFFD.

    A subclass is registered with `rnnkit.export` and has `_split` and `_join`, its
    tokens as strings. It takes what `get_config` gives.

    Args:
        tokens: The tokens in the order of their ids, which begin with 4.
        lowercase: Whether texts are read in lower case.

    Attributes:
        tokens, lowercase: As given.
        padding, unknown, start, end: The ids above.

    Raises:
        ValueError: A token stands twice or is empty.
    """

    symbol = "token"
    padding, unknown, start, end = range(4)

    def __init__(self, tokens, lowercase=False):
        self.tokens = list(tokens)
        self.lowercase = lowercase
        for token, count in collections.Counter(self.tokens).items():
            if count > 1 or not token:
                raise ValueError(f"{token!r} is no token: each is there once.")
        self._places = Places(self.tokens)

    @classmethod
    def train(cls, texts, vocabulary_size=None, **kwargs):
        """The tokenizer of at most `vocabulary_size` ids that suits some texts best.

        Args:
            texts: `str`, a list.
            vocabulary_size: Number of ids, the four special ones included.

        Raises:
            ValueError: A text is not UTF-8, or there is nothing to learn from.
        """
        raise NotImplementedError

    @property
    def size(self):
        return self.end + 1 + len(self.tokens)

    def tokenize(self, text):
        """`str` → its tokens, a list of `str` as long as `encode` gives ids.

        What is unknown stands in it as it is in the text, in WordPiece as [UNK].
        """
        return [token.decode() for token in rows_of(self._read, [text])[0]]

    def join(self, tokens):
        """Tokens, a list of `str` → the text they are of."""
        import tensorflow as tf

        with tf.device("CPU"):
            tokens = tf.RaggedTensor.from_tensor(tf.constant([tokens], tf.string))
            return self._join(tokens).numpy()[0].decode()

    def encode(self, text):
        """`str` → int32 ids `(n,)`.

        Raises:
            ValueError: The text is not UTF-8.
        """
        return self.encode_all([text])[0]

    def encode_all(self, texts):
        return rows_of(self.encode_tensor, texts)

    def decode(self, ids):
        """Ids `(n,)` → `str`.

        Raises:
            ValueError: There is no such id.
        """
        return self.decode_all([ids])[0]

    def decode_all(self, rows):
        import tensorflow as tf

        rows = [np.asarray(row, "int32").reshape(-1) for row in rows]
        ids = np.concatenate([*rows, np.zeros(0, "int32")])
        wrong = (ids < 0) | (ids >= self.size)
        if wrong.any():
            raise ValueError(f"{ids[wrong][0]} is no id of {self.size} tokens.")
        with tf.device("CPU"):
            ragged = tf.RaggedTensor.from_row_lengths(ids, [len(row) for row in rows])
            return [text.decode() for text in self.decode_tensor(ragged).numpy()]

    def encode_tensor(self, strings):
        import tensorflow as tf

        return tf.ragged.map_flat_values(self._ids, self._read(strings))

    def decode_tensor(self, ids):
        """Ids `(batch, n)`, dense or ragged → strings `(batch,)`."""
        import tensorflow as tf

        if not isinstance(ids, tf.RaggedTensor):
            ids = tf.RaggedTensor.from_tensor(ids)
        written = (ids == self.unknown) | (ids > self.end)
        ids = tf.ragged.boolean_mask(ids, written)
        names = tf.constant(["", UNKNOWN, "", "", *self.tokens])
        return self._join(tf.ragged.map_flat_values(lambda i: tf.gather(names, i), ids))

    def get_config(self):
        return {"tokens": self.tokens, "lowercase": self.lowercase}

    def _split(self, strings):
        """Strings `(batch,)` → ragged tokens, strings `(batch, None)`."""
        raise NotImplementedError

    def _join(self, tokens):
        """Ragged tokens `(batch, None)` → strings `(batch,)`."""
        raise NotImplementedError

    def _ids(self, tokens):
        import tensorflow as tf

        places = self._places(tokens)
        return tf.where(places < 0, self.unknown, places + self.end + 1)

    def _read(self, strings):
        """Strings `(batch,)` → ragged tokens, unknown ones as they are in the text."""
        return self._split(cleaned(strings, self.lowercase))

    def __repr__(self):
        return f"{type(self).__name__} of {self.size} tokens"


def _utf8(text, number):
    """The bytes of a text in UTF-8; `number` is named if it has none."""
    try:
        if isinstance(text, str):
            return text.encode("utf-8")
        if isinstance(text, bytes):
            text.decode("utf-8")
            return text
    except UnicodeError as error:
        raise ValueError(f"Text {number} is not UTF-8: {error}.") from error
    raise TypeError(f"Text {number} is no str, but {type(text).__name__}.")


def cleaned(strings, lowercase):
    """Strings in UTF-8 without U+0000, in the case asked for, `(batch,)`.

    Raises:
        InvalidArgumentError: Some are not UTF-8; names their places in the batch.
    """
    import tensorflow as tf

    clean = tf.strings.unicode_transcode(strings, "UTF-8", "UTF-8")
    bad = tf.where(tf.not_equal(clean, strings))[:, 0]
    message = ["A text is not UTF-8; in the batch it is number", bad]
    check = tf.debugging.Assert(tf.equal(tf.size(bad), 0), message)
    with tf.control_dependencies([check] if check is not None else []):
        # Where a string has one, tf.strings.lower takes it for the end.
        strings = tf.strings.regex_replace(strings, r"\x00", "\ufffd")
    return tf.strings.lower(strings, "utf-8") if lowercase else strings


def rows_of(function, texts):
    """What a function of a batch of strings gives for each text, NumPy arrays.

    Raises:
        ValueError: A text is not UTF-8; names its place.
    """
    import tensorflow as tf

    strings = [_utf8(text, number) for number, text in enumerate(texts)]
    if not strings:
        return []
    with tf.device("CPU"):
        ragged = function(tf.constant(strings))
    return np.split(ragged.values.numpy(), ragged.row_splits.numpy()[1:-1])

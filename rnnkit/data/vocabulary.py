"""Vocabularies: text to ids and back, in Python and inside a TensorFlow graph."""

import functools
import itertools

import numpy as np

from rnnkit.registration import export


def check_same(given, own, what):
    """See that something was made with the model's own vocabulary, or one like it.

    Args:
        given: The vocabulary it was made with, or None.
        own: The model's.
        what: What was made, in the plural.

    Raises:
        ValueError: Ids mean other things in them.
    """
    both = (given, own)
    if given is own or not all(isinstance(one, Vocabulary) for one in both):
        return
    one, other = ({**v.get_config(), "unknown": None} for v in both)
    if type(given) is not type(own) or one != other:
        raise ValueError(f"These {what} are of another vocabulary than the model.")


class Vocabulary:
    """What a text model is given to read and write with.

    A subclass is registered with `rnnkit.export`, so that a saved model carries it,
    and implements what raises here. `encode` and `decode` run in Python;
    `encode_tensor` and `decode_tensor` are the same in plain TensorFlow operations.
    """

    symbol = "symbol"  # what one id stands for, in the singular

    @property
    def size(self):
        """Number of ids."""
        raise NotImplementedError

    @property
    def start(self):
        """The id after which a text begins, or None where there is none."""
        return None

    def encode(self, text):
        """`str` → int32 ids `(n,)`."""
        raise NotImplementedError

    def decode(self, ids):
        """Ids `(n,)` → `str`."""
        raise NotImplementedError

    def continuation(self, text, before, ids):
        """What ids write behind a text: `str`, the space between them included.

        Args:
            text: The text before.
            before: Its ids, `(m,)`.
            ids: What follows them, `(n,)`.
        """
        known = self.decode(before)
        whole = self.decode([*before, *ids])
        same = (a == b for a, b in zip(known, whole))
        added = whole[sum(itertools.takewhile(bool, same)) :]
        if text.endswith(" ") and not known.endswith(" "):  # a space is no symbol
            added = added.removeprefix(" ")
        return added

    def names(self, ids):
        """Ids `(n,)` → what each stands for, a list of `str`."""
        return [self.decode([i]) for i in ids]

    def encode_all(self, texts):
        """A list of `str` → a list of ids, each as `encode` gives them."""
        return [self.encode(text) for text in texts]

    def decode_all(self, rows):
        """A list of ids → a list of `str`, each as `decode` gives them."""
        return [self.decode(row) for row in rows]

    def encode_tensor(self, strings):
        """Strings `(batch,)` → ragged int32 ids `(batch, None)`."""
        raise NotImplementedError

    def decode_tensor(self, ids):
        """Ids `(batch, n)` → strings `(batch,)`."""
        raise NotImplementedError

    def get_config(self):
        """What `__init__` takes."""
        raise NotImplementedError

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def __len__(self):
        return self.size

    def __eq__(self, other):
        return type(self) is type(other) and self.get_config() == other.get_config()

    def __hash__(self):
        return hash(repr(sorted(self.get_config().items())))


@export
class Characters(Vocabulary):
    """The characters of a text, in the order of their code points.

    Args:
        text: Its distinct characters make up the vocabulary.
        unknown: What to do with a character outside the vocabulary: `"error"`,
            `"skip"`, or one character to put in its place, which is added to the
            vocabulary if it is not there.
        minimum_count: Characters that `text` holds fewer times are left out.

    Raises:
        ValueError: `text` has no character, or `unknown` is none of the above.
    """

    symbol = "character"

    def __init__(self, text, unknown="error", minimum_count=1):
        if unknown not in ("error", "skip") and len(unknown) != 1:
            raise ValueError(
                f'unknown must be "error", "skip" or one character, got {unknown!r}.'
            )
        codes, counts = np.unique(_code_points(text), return_counts=True)
        codes = codes[counts >= minimum_count]
        if unknown not in ("error", "skip"):
            codes = np.union1d(codes, _code_points(unknown))
        if not len(codes):
            raise ValueError(
                "A vocabulary needs at least one character, and the text has none."
            )
        self.unknown = unknown
        self._codes = codes.astype("int32")
        # One entry for every code point up to the last known, one for all beyond.
        self._ids = np.full(codes[-1] + 2, -1, dtype="int32")
        self._ids[codes] = np.arange(len(codes))
        if unknown not in ("error", "skip"):
            self._ids[self._ids < 0] = self._ids[ord(unknown)]

    @property
    def size(self):
        return len(self._codes)

    @property
    def start(self):
        """The id of the line end: a text begins where a line does."""
        newline = np.flatnonzero(self._codes == ord("\n"))
        return int(newline[0]) if len(newline) else None

    @property
    def characters(self):
        """All characters as one string, in the order of their ids."""
        return _text(self._codes)

    def encode(self, text):
        """`str` → int32 ids `(n,)`.

        Raises:
            ValueError: A character is not in the vocabulary and `unknown="error"`.
        """
        codes = _code_points(text)
        ids = self._ids[np.minimum(codes, len(self._ids) - 1)]
        known = ids >= 0
        if known.all():
            return ids
        if self.unknown == "skip":
            return ids[known]
        position = int(np.argmin(known))
        raise ValueError(
            f"Character {text[position]!r} (U+{codes[position]:04X}) at position "
            f"{position} is not among the {self.size} characters of the vocabulary. "
            'Build the vocabulary from text that has it, or give unknown="skip" or '
            'a character to put in its place, such as unknown="?".'
        )

    def decode(self, ids):
        """Ids `(n,)` → `str`."""
        ids = np.asarray(ids).astype("int64")
        wrong = (ids < 0) | (ids >= self.size)
        if wrong.any():
            raise ValueError(
                f"{ids[wrong][0]} is no id of a vocabulary of {self.size} characters."
            )
        return _text(self._codes[ids])

    def encode_tensor(self, strings):
        import tensorflow as tf

        codes = tf.strings.unicode_decode(strings, "UTF-8")
        last = len(self._ids) - 1
        ids = tf.ragged.map_flat_values(
            lambda c: tf.gather(self._ids, tf.minimum(c, last)), codes
        )
        if self.unknown == "skip":
            return tf.ragged.boolean_mask(ids, ids >= 0)
        if self.unknown != "error":
            return ids
        unknown = ids.flat_values < 0
        strange = tf.boolean_mask(codes.flat_values, unknown)
        message = [
            f"A character is not among the {self.size} of the vocabulary:",
            tf.strings.unicode_encode(strange, "UTF-8"),
            "in these rows of the batch, counted from 0:",
            tf.unique(tf.boolean_mask(ids.value_rowids(), unknown))[0],
        ]
        check = tf.debugging.Assert(tf.equal(tf.size(strange), 0), message)
        with tf.control_dependencies([check] if check is not None else []):
            return tf.identity(ids)

    def decode_tensor(self, ids):
        import tensorflow as tf

        return tf.strings.unicode_encode(tf.gather(self._codes, ids), "UTF-8")

    def get_config(self):
        return {"text": self.characters, "unknown": self.unknown}

    def __repr__(self):
        return f"Characters({self.characters!r}, unknown={self.unknown!r})"


_utf32 = functools.partial(str.encode, encoding="utf-32-le", errors="surrogatepass")


def _code_points(text):
    if not isinstance(text, str):
        raise TypeError(f"A vocabulary reads str, got {type(text).__name__}.")
    return np.frombuffer(_utf32(text), dtype="<u4").astype("int64")


def _text(codes):
    return codes.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")

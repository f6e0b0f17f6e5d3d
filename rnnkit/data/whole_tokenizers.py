"""Tokenizers whose tokens are found in the text as they are: characters, words."""

import collections

from rnnkit.data.tokenizer import Tokenizer, rows_of
from rnnkit.data.tokens import SPACES
from rnnkit.registration import export

JOINER = "￭"  # U+FFED
_SYMBOL = r"([^\p{L}\p{M}\p{N} ])"  # with one space for all white space
# Each symbol on a line of its own with joiners at both sides; then each joiner goes
# that has a space or an end beside it, and of two that meet one.
_LINES = (
    (_SYMBOL, f"\n{JOINER}\\1{JOINER}\n"),
    (f"{JOINER}\n \n{JOINER}", "\n"),
    (f"^\n{JOINER}| \n{JOINER}", "\n"),
    (f"{JOINER}\n$|{JOINER}\n ", "\n"),
    (f"{JOINER}\n\n{JOINER}", f"\n{JOINER}"),
)


class WholeTokenizer(Tokenizer):
    """A tokenizer that learns by counting which tokens there are."""

    @classmethod
    def train(cls, texts, vocabulary_size=None, minimum_count=1, **kwargs):
        """The tokenizer of the most frequent tokens, the most frequent first.

        Args:
            texts: `str`, a list.
            vocabulary_size: Number of ids at most, the four special ones included. By
                default as many as there are.
            minimum_count: Tokens that the texts hold fewer times are left out, and so
                unknown.
            kwargs: Other arguments of the class.

        Raises:
            ValueError: A text is not UTF-8, or no token is left.
        """
        counter = cls([], **kwargs)
        counts = collections.Counter()
        for row in rows_of(counter._read, texts):
            counts.update(row.tolist())
        room = None if vocabulary_size is None else vocabulary_size - counter.size
        tokens = sorted(counts, key=lambda token: (-counts[token], token))[:room]
        tokens = [t.decode() for t in tokens if counts[t] >= minimum_count]
        if not tokens or (room is not None and room < 1):
            raise ValueError(
                f"No token is left of {len(counts):,}: vocabulary_size is "
                f"{vocabulary_size}, of which 4 are special, and minimum_count "
                f"{minimum_count}."
            )
        return cls(tokens, **kwargs)


@export
class CharacterTokenizer(WholeTokenizer):
    """Characters, code points of Unicode; see `Tokenizer` for ids and arguments.

    `decode(encode(text))` is the text, in lower case if asked for, where every
    character is known.
    """

    symbol = "character"

    def _split(self, strings):
        import tensorflow as tf

        return tf.strings.unicode_split(strings, "UTF-8")

    def _join(self, tokens):
        import tensorflow as tf

        return tf.strings.reduce_join(tokens, axis=-1)


@export
class WordTokenizer(WholeTokenizer):
    r"""Words and what stands between them; see `Tokenizer` for ids.

    White space of whatever kind parts tokens. A run of letters, marks and digits is
    one token, and every other character another. Where no white space was beside that
    one, the sign ￭ joined to it says so, and brings it back:

        "Well, so-so (hm)."  →  Well ￭, so ￭-￭ so (￭ hm ￭) ￭.

    `decode(encode(text))` is the text where every token is known, but for this: white
    space between tokens becomes one space, that at the ends is dropped, and ￭ (U+FFED)
    becomes ■. Text that is already cut by spaces, "hello , world .", comes back as it
    is. A language written without spaces is not cut: take characters or pieces for it.

    Args:
        tokens: As in `Tokenizer`.
        lowercase: As in `Tokenizer`.
        split_punctuation: False: white space alone parts tokens, "so-so" is one.

    Reference: the joiners are those of
    [OpenNMT's tokenizer](https://github.com/OpenNMT/Tokenizer).
    """

    symbol = "word"

    def __init__(self, tokens, lowercase=False, split_punctuation=True):
        super().__init__(tokens, lowercase)
        self.split_punctuation = split_punctuation

    def _split(self, strings):
        return split_words(strings, self.split_punctuation)

    def _join(self, tokens):
        import tensorflow as tf

        return join_words(tf.strings.reduce_join(tokens, axis=-1, separator=" "))

    def get_config(self):
        return super().get_config() | {"split_punctuation": self.split_punctuation}


def split_words(strings, split_punctuation=True):
    """Strings `(batch,)` → ragged words `(batch, None)`; see `WordTokenizer`."""
    import tensorflow as tf

    strings = tf.strings.strip(tf.strings.regex_replace(strings, SPACES, " "))
    strings = tf.strings.regex_replace(strings, JOINER, "■")
    for pattern, replacement in _LINES if split_punctuation else ():
        strings = tf.strings.regex_replace(strings, pattern, replacement)
    return tf.strings.split(strings)


def join_words(strings):
    """Words with a space between all → text, `(batch,)`; see `WordTokenizer`."""
    import tensorflow as tf

    for pattern in (f"{JOINER}? {JOINER}|{JOINER} ", JOINER):
        strings = tf.strings.regex_replace(strings, pattern, "")
    return strings

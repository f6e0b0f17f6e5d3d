"""A vocabulary of words in which a line end is a word too."""

import collections
import re

from rnnkit.data.tokens import Tokens
from rnnkit.registration import export

LINE_END = "<eos>"


@export
class Words(Tokens):
    r"""Words that white space parts, and the line end as one more of them.

        "we saw\nit rains\n"  →  we saw <eos> it rains <eos>

    so that a model of the text also predicts where a line ends, and perplexity is per
    word with line ends, as it is published for texts with a sentence a line. `decode`
    is exact; `rnnkit.data.detokenized` writes what it gives as in print.

    Args:
        tokens: The words, a list of `str` in the order of their ids; the line end is
            one of them.
        unknown: The word that stands for those that are none, or `"error"`.
        line_end: What the line end is called.

    Raises:
        ValueError: As `Tokens`, or the line end is none of the tokens.
    """

    symbol = "word"

    def __init__(self, tokens, unknown="<unk>", line_end=LINE_END):
        super().__init__(tokens, unknown)
        self.line_end = line_end
        if line_end not in self._ids:
            raise ValueError(f"line_end={line_end!r} is none of the tokens.")

    @classmethod
    def of(cls, text, size=None, minimum_count=1, unknown="<unk>", line_end=LINE_END):
        """The words of a text, the most frequent first; those left out are unknown.

        Args:
            text: `str`. Where the data set has put `<unk>` for rare words, that is a
                word like any other.
            size: Number of ids at most; None for as many as there are words.
            minimum_count: Words that the text holds fewer times are left out.
            unknown, line_end: As above; both are in the vocabulary, whatever the text.

        Raises:
            ValueError: The vocabulary would hold nothing but these two.
        """
        counts = collections.Counter(_marked(text, line_end).split())
        special = [w for w in (unknown, line_end) if w != "error"]
        words = [w for w, count in counts.items() if count >= minimum_count]
        words = sorted({*words} - {*special}, key=lambda w: (-counts[w], w))
        words = words[: None if size is None else max(size - len(special), 0)]
        left_out = counts.total() - sum(counts[w] for w in {*words, *special})
        if not words:
            raise ValueError(
                f"No word is left of {len(counts):,}: size is {size}, of which "
                f"{len(special)} are special, and minimum_count {minimum_count}."
            )
        if unknown in special:
            counts[unknown] += left_out
        words = sorted([*words, *special], key=lambda w: (-counts[w], w))
        return cls(words, unknown, line_end)

    @property
    def start(self):
        """The id of the line end: a text begins where a line does."""
        return self._ids[self.line_end]

    def encode(self, text):
        """`str` → int32 ids `(n,)`.

        Raises:
            ValueError: A word is not in the vocabulary and `unknown="error"`.
        """
        return super().encode(_marked(text, self.line_end))

    def decode(self, ids):
        """Ids `(n,)` → `str`."""
        lines = [[]]
        for token in (self.tokens[i] for i in ids):
            if token == self.line_end:
                lines.append([])
            else:
                lines[-1].append(token)
        return "\n".join(map(" ".join, lines))

    def encode_tensor(self, strings):
        import tensorflow as tf

        spaced = tf.strings.regex_replace(strings, "\n", f" {self.line_end} ")
        return super().encode_tensor(spaced)

    def decode_tensor(self, ids):
        import tensorflow as tf

        pattern = f" ?{re.escape(self.line_end)} ?"
        return tf.strings.regex_replace(super().decode_tensor(ids), pattern, "\n")

    def get_config(self):
        return {**super().get_config(), "line_end": self.line_end}

    def __repr__(self):
        return f"Words({self.size:,}, unknown={self.unknown!r})"


def _marked(text, line_end):
    return text.replace("\n", f" {line_end} ")

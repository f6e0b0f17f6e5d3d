"""Sentences and texts, asked of whatever knows the next word."""

import itertools
import math
from collections.abc import Iterable

BEGIN, END, UNKNOWN = "<s>", "</s>", "<unk>"


def sentences_in(text):
    """Sentences as lists of words; of a text the lines, each cut at white space.

    A line ends with "\\n" and nothing else, as it does for `rnnkit.data.Words`.

    Raises:
        ValueError: A sentence is a `str`, or no list of words at all.
    """
    if isinstance(text, str):
        lines = text.split("\n")
        return [line.split() for line in (lines if lines[-1] else lines[:-1])]
    sentences = list(text)
    for one in sentences:
        if isinstance(one, (str, bytes)) or not isinstance(one, Iterable):
            raise ValueError(
                f"{one!r} stands where a sentence should, which is a list of words: "
                'give [["a", "b"], ["c"]], or "a b\\nc\\n", a sentence a line.'
            )
    return sentences


class Scoring:
    """What follows from `log_prob(word, context)` and `order`."""

    def score(self, text):
        """ln p of every word and sentence end, nats.

        Args:
            text: The words of one sentence, a list; or a text, a sentence a line.
        """
        sentences = sentences_in(text) if isinstance(text, str) else [text]
        steps = itertools.chain.from_iterable(map(self.steps, sentences))
        return [self.log_prob(word, context) for word, context in steps]

    def steps(self, sentence):
        """Every word of a sentence, and its end, each with what is read before it."""
        words = [BEGIN, *sentence, END]
        first = max(self.order - 1, 1)
        return [(words[k], words[max(0, k - first) : k]) for k in range(1, len(words))]

    def perplexity(self, sentences):
        """exp of the mean of -ln p over all words and sentence ends.

        Args:
            sentences: Lists of words; or a text, a sentence a line, its words parted by
                spaces. An empty one is its end alone.

        Returns:
            The perplexity; infinite where the model thinks a word impossible.

        Raises:
            ValueError: There is no sentence, or one is no list of words.
        """
        sentences = sentences_in(sentences)
        if not sentences:
            raise ValueError("There is no sentence to score.")
        scores = list(itertools.chain.from_iterable(map(self.score, sentences)))
        return math.exp(-sum(scores) / len(scores))

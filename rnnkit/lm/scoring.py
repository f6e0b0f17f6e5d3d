"""Sentences and texts, asked of whatever knows the next word."""

import itertools
import math

BEGIN, END, UNKNOWN = "<s>", "</s>", "<unk>"


def sentences_in(text):
    """Sentences as lists of words; of a text the lines, each cut at white space.

    A line ends with "\\n" and nothing else, as it does for `rnnkit.data.Words`.
    """
    if isinstance(text, str):
        lines = text.split("\n")
        return [line.split() for line in (lines if lines[-1] else lines[:-1])]
    return list(text)


class Scoring:
    """What follows from `log_prob(word, context)` and `order`."""

    def score(self, sentence):
        """ln p of every word of a sentence, and of its end, nats."""
        return [self.log_prob(word, context) for word, context in self.steps(sentence)]

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
            ValueError: There is no sentence.
        """
        sentences = sentences_in(sentences)
        if not sentences:
            raise ValueError("There is no sentence to score.")
        scores = list(itertools.chain.from_iterable(map(self.score, sentences)))
        return math.exp(-sum(scores) / len(scores))

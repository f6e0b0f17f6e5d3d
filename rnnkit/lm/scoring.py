"""Sentences and texts, asked of whatever knows the next word."""

import itertools
import math

BEGIN, END, UNKNOWN = "<s>", "</s>", "<unk>"


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
        """exp of the mean of -ln p over all words and sentence ends."""
        sentences = list(sentences)
        if not sentences:
            raise ValueError("There is no sentence to score.")
        scores = list(itertools.chain.from_iterable(map(self.score, sentences)))
        return math.exp(-sum(scores) / len(scores))

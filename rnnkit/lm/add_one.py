"""The simplest smoothing: every n-gram is taken to stand there once more."""

import math

from rnnkit.lm.counting import counted, totals_of
from rnnkit.lm.scoring import BEGIN, UNKNOWN, Scoring


class AddOne(Scoring):
    """An n-gram model smoothed by adding to every count.

        p(w | h) = (c(h w) + added) / (c(h) + added * V)

    `V` is the number of words a sentence may go on with, its end and `<unk>` counted.
    After a context that never was, all of them are equally probable: it does not look
    at shorter ones, so that more context soon tells it less. For comparison; `NGram` is
    the better model. Make one with `AddOne.train`.

    Args:
        counts: For each order a dict of n-grams, tuples of words, to their counts.
        added: What is added to each count; 1 is Laplace's rule.

    Raises:
        ValueError: `added` is not positive.

    Reference: [Chen and Goodman, 1999](https://doi.org/10.1006/csla.1999.0128),
    section 2.1
    """

    def __init__(self, counts, added=1.0):
        if not added > 0:
            raise ValueError(f"added must be more than 0, got {added!r}.")
        self.counts = counts
        self.added = added
        self.order = len(counts)
        self.vocabulary = [w for (w,) in counts[0] if w not in (BEGIN, UNKNOWN)]
        self._totals = [totals_of(grams) for grams in counts]
        self._totals[0][()] -= counts[0].get((BEGIN,), 0)  # nothing goes on with it

    @classmethod
    def train(cls, sentences, order=3, vocabulary=None, added=1.0):
        """Count; arguments as those of `NGram.train`."""
        return cls(counted(sentences, order, vocabulary), added)

    def log_prob(self, word, context=()):
        """ln p(word | context), nats; unknown words count as `<unk>`."""
        known = self.counts[0]
        gram = [w if (w,) in known else UNKNOWN for w in (*context, word)]
        gram = tuple(gram[-self.order :])
        count = self.counts[len(gram) - 1].get(gram, 0) + self.added
        total = self._totals[len(gram) - 1].get(gram[:-1], 0)
        return math.log(count / (total + self.added * (len(self.vocabulary) + 1)))

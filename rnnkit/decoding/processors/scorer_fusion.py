"""The scorers of a CTC search, in any search."""

import math

from keras import ops, tree

from rnnkit.decoding.processors.base import Processor
from rnnkit.decoding.scorers.base import Scorer
from rnnkit.decoding.scorers.symbol_ngram import SymbolNGram


class ScorerFusion(Processor):
    """ln p + the weight that a scorer gives: an n-gram model, a lexicon, hot words

        ScorerFusion(SymbolNGram(ngram, symbols, weight=0.3), end=2)

    Ending is weighed as the scorer's `finish` has it. The scorer's symbols are those of
    the search by id, None for the end and for others that are no text.

    Args:
        scorer: A `Scorer`.
        end: The end token of the search, or None.

    Raises:
        ValueError: The scorer has another number of symbols.
    """

    def __init__(self, scorer: Scorer, end):
        self.scorer = scorer
        self.end = end

    @property
    def highest(self):
        scorer = self.scorer
        if isinstance(scorer, SymbolNGram) and scorer.weight >= 0:
            return max(scorer.bonus, 0.0)
        return math.inf

    def start(self, batch_size):
        return tree.flatten(self.scorer.start(batch_size, 1))

    def __call__(self, log_probs, state, history):
        symbols = log_probs.shape[-1]
        if len(self.scorer.symbols) != symbols:
            raise ValueError(
                f"{type(self.scorer).__name__} has {len(self.scorer.symbols)} symbols, "
                f"the search {symbols}."
            )
        state = tree.pack_sequence_as(self.scorer.start(1, 1), state)
        read = ops.where(history.step == 0, -1, history.last)[:, None]
        state = self.scorer.advance(state, read)
        weights = self.scorer.scores(state)[:, 0]
        if self.end is not None:
            ends = ops.arange(symbols, dtype="int32") == self.end
            weights = ops.where(ends, self.scorer.finish(state), weights)
        return log_probs + weights, tree.flatten(state)

"""A language model over single symbols."""

import numpy as np

from rnnkit.decoding.scorers.base import NEVER, TableScorer, check_size
from rnnkit.lm.automaton import Automaton
from rnnkit.lm.ngram import END


class SymbolNGram(TableScorer):
    """An n-gram model over the symbols of a search, such as characters.

        score(s | h) = weight * ln p(s | h) + bonus     # each symbol
        score(end | h) = weight * ln p(</s> | h)

    A symbol that the model does not know is its `<unk>`, and forbidden if it has none.

    Args:
        ngram: An `rnnkit.lm.NGram` whose words are symbols.
        symbols: The symbols by id: strings, None for the blank.
        weight: What a nat of the model counts.
        bonus: What each symbol gets, against the wish of a model for short labels.

    Raises:
        ValueError: The table of contexts by symbols would be too large.
    """

    def __init__(self, ngram, symbols, weight=1.0, bonus=0.0):
        automaton = Automaton(ngram)
        symbols = tuple(symbols)
        check_size("SymbolNGram", len(automaton.lower), len(symbols))
        words = ["" if s is None else s for s in symbols]
        log_probs, targets = automaton.table([*words, END])
        weights = weight * np.maximum(log_probs, NEVER)
        weights[:, :-1] += bonus
        weights[np.isneginf(log_probs)] = NEVER
        super().__init__(
            symbols, targets[:, :-1], weights[:, :-1], weights[:, -1], automaton.start
        )

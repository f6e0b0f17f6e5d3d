"""A language model over single symbols."""

from typing import NamedTuple

import numpy as np
from keras import ops

from rnnkit.decoding.scorers.base import NEVER, TableScorer, check_size, spread
from rnnkit.lm.automaton import Automaton
from rnnkit.lm.scoring import END


class SymbolState(NamedTuple):
    """Where a prefix is in the table, and what counts there; `(batch, beam)` each."""

    place: object
    weight: object
    bonus: object


class SymbolNGram(TableScorer):
    """An n-gram model over the symbols of a search, such as characters.

        score(s | h) = weight * ln p(s | h) + bonus     # each symbol
        score(end | h) = weight * ln p(</s> | h)

    A symbol that the model does not know is its `<unk>`, and forbidden if it has none.
    `weight` and `bonus` are attributes that may be set between two searches; nothing
    is compiled anew.

    Args:
        ngram: An `rnnkit.lm.NGram` whose words are symbols.
        symbols: The symbols by id: strings, None for the blank.
        weight: What a nat of the model counts.
        bonus: What each symbol gets, against the wish of a model for short labels.

    Raises:
        ValueError: The table of contexts by symbols would be too large, or the model
            is over other symbols.
    """

    def __init__(self, ngram, symbols, weight=1.0, bonus=0.0):
        automaton = Automaton(ngram)
        symbols = tuple(symbols)
        check_size("SymbolNGram", len(automaton.lower), len(symbols))
        if not set(symbols) & set(ngram.vocabulary):
            raise ValueError(
                "The model knows none of the symbols, but "
                f"{ngram.vocabulary[:3]} and the like: over words it goes with a "
                "lexicon."
            )
        words = ["" if s is None else s for s in symbols]
        log_probs, targets = automaton.table([*words, END])
        log_probs = np.maximum(log_probs, NEVER)
        super().__init__(
            symbols,
            targets[:, :-1],
            log_probs[:, :-1],
            log_probs[:, -1],
            automaton.start,
        )
        self.weight, self.bonus = weight, bonus

    def start(self, batch_size, beam_width):
        place = super().start(batch_size, beam_width)
        return SymbolState(place, *spread((self.weight, self.bonus), place))

    def scores(self, state):
        weight, bonus = state.weight[:, :, None], state.bonus[:, :, None]
        return _weighed(super().scores(state.place), weight, bonus)

    def advance(self, state, symbols):
        return state._replace(place=super().advance(state.place, symbols))

    def finish(self, state):
        return _weighed(super().finish(state.place), state.weight, 0.0)


def _weighed(log_probs, weight, bonus):
    possible = log_probs > NEVER / 10
    return ops.where(possible, weight * log_probs + bonus, NEVER)

"""An n-gram model of many words, looked up in tensors."""

import numpy as np
from keras import ops

from rnnkit.decoding.scorers.base import NEVER, constant


class NGramLookup:
    """ln p of words in states of an `Automaton`, and the states after them.

    The arcs of a state are sorted by word: each is found by halving, and where there is
    none the search goes on in the state to back off to.
    """

    def __init__(self, automaton):
        self._hops = automaton.longest
        most = np.diff(automaton.begins)[1:].max(initial=0)
        self._halvings = int(most).bit_length()
        self._last = len(automaton.arc_words) - 1
        self._begins = constant(automaton.begins, "int32")
        self._words = constant(automaton.arc_words, "int32")
        self._targets = constant(automaton.targets, "int32")
        self._lower = constant(automaton.lower, "int32")
        self._backoffs = constant(automaton.backoffs, "float32")
        log_probs = np.maximum(automaton.log_probs, NEVER)
        self._log_probs = constant(log_probs, "float32")

    def __call__(self, states, words):
        """For integers of one shape: ln p, and the next states."""
        arcs = words  # those of state 0, which has one for every word
        found = ops.zeros_like(words, dtype="bool")
        cost = ops.zeros_like(words, dtype="float32")
        for _ in range(self._hops):
            arc, here = self._arc(states, words)
            arcs = ops.where(here & ~found, arc, arcs)
            found = found | here
            cost = cost + ops.where(found, 0.0, ops.take(self._backoffs, states))
            states = ops.take(self._lower, states)
        return cost + ops.take(self._log_probs, arcs), ops.take(self._targets, arcs)

    def _arc(self, states, words):
        """The arc of a state and word, and whether there is one."""
        low = ops.take(self._begins, states)
        end = ops.take(self._begins, states + 1)
        high = end
        for _ in range(self._halvings):
            middle = (low + high) // 2
            below = ops.take(self._words, ops.minimum(middle, self._last)) < words
            below = below & (low < high)
            low = ops.where(below, middle + 1, low)
            high = ops.where(below, high, middle)
        here = ops.take(self._words, ops.minimum(low, self._last)) == words
        return low, here & (low < end)

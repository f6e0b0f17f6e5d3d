"""An n-gram model of many words, looked up in tensors."""

import numpy as np
from keras import ops

from rnnkit.decoding.scorers.base import NEVER, constant

_FACTORS = ((1_000_003, 69_069), (-1_640_531_535, 22_468_225))  # of state and word
_ROUNDS = 200  # of moving what has no place: with half of them free far fewer do


class NGramLookup:
    """ln p of words in states of an `Automaton`, and the states after them.

    Each arc lies in one of two places that its state and word name; where it is in
    neither there is none, and the search goes on in the state to back off to.

    Reference: [Pagh and Rodler, 2004](https://doi.org/10.1016/j.jalgor.2003.12.002)
    """

    def __init__(self, automaton):
        self._hops = automaton.longest
        arcs = np.flatnonzero(automaton.arc_states)  # state 0 has one for every word
        keys = automaton.arc_states[arcs], automaton.arc_words[arcs]
        slots = _placed(*keys)
        self._size = len(slots)
        rows = np.stack([*keys, arcs], 1) if len(arcs) else np.zeros((1, 3))
        rows = np.where(slots[:, None] < 0, -1, rows[slots])
        self._slots = constant(rows, "int32")
        self._targets = constant(automaton.targets, "int32")
        self._lower = constant(automaton.lower, "int32")
        self._backoffs = constant(automaton.backoffs, "float32")
        log_probs = np.maximum(automaton.log_probs, NEVER)
        self._log_probs = constant(log_probs, "float32")

    def __call__(self, states, words):
        """For integers of one shape: ln p, and the next states."""
        arcs = words  # those of state 0
        found = ops.zeros_like(words, dtype="bool")
        cost = ops.zeros_like(words, dtype="float32")
        for _ in range(self._hops):
            for factors in _FACTORS:
                place = ops.mod(_hash(states, words, factors), self._size)
                row = ops.take(self._slots, place, axis=0)
                here = (row[..., 0] == states) & (row[..., 1] == words) & ~found
                arcs = ops.where(here, row[..., 2], arcs)
                found = found | here
            cost = cost + ops.where(found, 0.0, ops.take(self._backoffs, states))
            states = ops.take(self._lower, states)
        return cost + ops.take(self._log_probs, arcs), ops.take(self._targets, arcs)


def _hash(states, words, factors):
    """An integer of each pair, of 32 bits and either sign."""
    return states * factors[0] + words * factors[1]


def _placed(states, words):
    """Cuckoo hashing: which pair lies in each slot, -1 none."""
    size = 2 * len(states) + 1
    while True:
        places = [np.mod(_hash(states, words, f), size) for f in _FACTORS]
        slots = np.full(size, -1)
        second = np.zeros(len(states), bool)
        pending = np.arange(len(states))
        for _ in range(_ROUNDS):
            place = np.where(second[pending], places[1][pending], places[0][pending])
            driven_out = slots[place]
            slots[place] = pending
            stays = slots[place] == pending
            driven_out = driven_out[stays]
            pending = np.append(pending[~stays], driven_out[driven_out >= 0])
            if not len(pending):
                return slots
            second[pending] = ~second[pending]
        size += size // 4 * 2

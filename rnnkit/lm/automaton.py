"""An n-gram model as arrays: a state for each context, an arc for each n-gram."""

import math

import numpy as np

from rnnkit.lm.ngram import NGram
from rnnkit.lm.scoring import BEGIN, UNKNOWN


class Automaton:
    """The states an `NGram` goes through as it reads words.

        p(w | s) = the arc's, where s has one for w
        p(w | s) = backoff(s) * p(w | lower(s)), elsewhere

    A state is the longest end of what was read that the model has as a context. State
    0 is the empty context, and has an arc for every word, in the order of `words`. What
    it gives is `NGram.log_prob`, whatever was read.

    Attributes:
        words: The words by id, `<unk>` among them.
        start: The state in which a sentence begins.
        longest: Words of the longest context.
        lengths, lower, backoffs: Of each state its words, the state to back off to, and
            the cost of it, nats, `(states,)`.
        arc_states, arc_words, log_probs, targets: Of each arc where it leaves, its
            word, ln p, and where it leads; sorted by state, then word, `(arcs,)`.

    Args:
        ngram: An `NGram`.

    Raises:
        ValueError: It is none.
    """

    def __init__(self, ngram):
        if not isinstance(ngram, NGram):
            raise ValueError(f"A language model is an rnnkit.lm.NGram here: {ngram!r}.")
        known = ngram.tables[0]
        self.words = [w for (w,) in known]
        if (UNKNOWN,) not in known:
            self.words.append(UNKNOWN)
        self._ids = {w: k for k, w in enumerate(self.words)}
        grams = [
            {g: v for g, v in table.items() if all(w in self._ids for w in g)}
            for table in ngram.tables
        ]
        contexts = _contexts(grams)
        state_of = {context: k for k, context in enumerate(contexts)}

        def longest(words):
            """The state of the longest end of some words."""
            while words not in state_of:
                words = words[1:]
            return state_of[words]

        self.start = longest((self.words[self.id_of(BEGIN)],))
        self.longest = len(contexts[-1])
        self.lengths = np.array([len(c) for c in contexts])
        self.lower = np.array([longest(c[1:]) for c in contexts], "int32")
        backs = [grams[len(c) - 1].get(c, (0, 0))[1] if c else 0.0 for c in contexts]
        self.backoffs = np.array(backs) * math.log(10)
        # A context that is itself no n-gram gets what backing off gives for it.
        every = {(w,) for w in self.words}.union(contexts[1:], *grams)
        arcs = sorted((state_of[g[:-1]], self._ids[g[-1]], g) for g in every)
        self.arc_states = np.array([state for state, _, _ in arcs], "int32")
        self.arc_words = np.array([word for _, word, _ in arcs], "int32")
        self.log_probs = np.array([ngram.log_prob(g[-1], g[:-1]) for *_, g in arcs])
        self.targets = np.array([longest(g) for *_, g in arcs], "int32")

    def id_of(self, word):
        """The id of a word, of `<unk>` where the model does not know it."""
        return self._ids.get(word, self._ids[UNKNOWN])

    def table(self, words):
        """Backing off done beforehand: every state by every one of some words.

        Returns:
            ln p and the next states, `(states, words)` each.
        """
        ids, places = np.unique([self.id_of(w) for w in words], return_inverse=True)
        log_probs = np.zeros((len(self.lower), len(ids)))
        targets = np.zeros(log_probs.shape, "int32")
        for length in range(self.longest + 1):
            states = np.flatnonzero(self.lengths == length)
            log_probs[states] = self.backoffs[states, None]
            log_probs[states] += log_probs[self.lower[states]] if length else 0.0
            targets[states] = targets[self.lower[states]]
            arcs = np.isin(self.arc_states, states) & np.isin(self.arc_words, ids)
            where = self.arc_states[arcs], np.searchsorted(ids, self.arc_words[arcs])
            log_probs[where] = self.log_probs[arcs]
            targets[where] = self.targets[arcs]
        return log_probs[:, places], targets[:, places]


def _contexts(grams):
    """All that something is known to follow, or that backing off costs; by length."""
    found = {()}
    for k, table in enumerate(grams):
        for gram, (_, backoff) in table.items():
            end = k + 1 if backoff and k + 1 < len(grams) else k
            found.update(gram[:n] for n in range(1, end + 1))
    return sorted(found, key=lambda context: (len(context), context))

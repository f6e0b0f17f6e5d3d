"""Words of a list and nothing else, as likely as a language model finds them."""

import numbers
from typing import NamedTuple

import numpy as np
from keras import ops

from rnnkit.decoding.scorers.base import (
    NEVER,
    Scorer,
    check_size,
    constant,
    spelt,
    spread,
)
from rnnkit.decoding.scorers.ngram_lookup import NGramLookup
from rnnkit.lm.automaton import Automaton
from rnnkit.lm.scoring import BEGIN, END

_FIRST, _NEXT = 0, 1  # nodes where nothing was read, and after a separator


class LexiconState(NamedTuple):
    """Where a prefix is; `(batch, beam)` each."""

    node: object  # of the trie
    context: object  # of the language model, before the word under way
    score: object  # what this word adds if it ends here; `NEVER` if none does
    after: object  # the context after it
    weight: object  # what a nat of the language model counts
    bonus: object  # what each word gets


class Lexicon(Scorer):
    """Words of a lexicon, one separator between two of them.

        score(word | words before) = weight * ln p(word | words before) + bonus
        score(end | words) = weight * ln p(</s> | words)

    Each word is weighed where it ends. Of words that are spelt alike the one that the
    language model likes best there is read, the first where it likes them the same.
    `weight` and `bonus` are attributes that may be set between two searches; nothing
    is compiled anew.

    Args:
        words: Dict of each word to its spelling, or to a list of spellings: strings of
            symbols, or sequences of ids.
        symbols: The symbols by id: strings, None for the blank.
        separator: Id of the symbol between two words; none stands at the ends. None
            where a label is a single word.
        ngram: An `rnnkit.lm.NGram` over the words; None weighs all the same.
        weight: What a nat of the language model counts.
        bonus: What each word gets, against the wish of a model for few words.

    Raises:
        ValueError: There is no word; a spelling is empty, has the separator in it, or
            what is no symbol; the tree of spellings would be too large; or the model
            is no `NGram`, or knows no word of these.
    """

    def __init__(self, words, symbols, separator, ngram=None, weight=1.0, bonus=0.0):
        super().__init__(symbols)
        known = range(len(self.symbols))
        if separator is not None and (
            separator not in known or self.symbols[separator] is None
        ):
            raise ValueError(f"separator is {separator!r}, which is none of symbols.")
        self.separator = -1 if separator is None else separator  # -1: no symbol
        self._ngram = ngram
        self.weight, self.bonus = weight, bonus
        self._spelt = {}  # tuples of ids to words
        for word, spellings in words.items():
            for spelling in _spellings(spellings):
                ids = tuple(spelt(spelling, self.symbols, f"The word {word!r}"))
                if separator in ids:
                    raise ValueError(f"The word {word!r} has the separator in it.")
                alike = self._spelt.setdefault(ids, [])
                if word not in alike:
                    alike.append(word)
        if not self._spelt:
            raise ValueError("There is no word: give the lexicon one at least.")
        nodes, ends = _trie(self._spelt)
        check_size("Lexicon", len(nodes), len(self.symbols))
        targets = np.zeros((len(nodes), len(self.symbols)), "int32")
        for node, children in enumerate(nodes):
            targets[node, list(children)] = list(children.values())
        if separator is not None:
            targets[list(ends), separator] = _NEXT
        self._targets = constant(targets, "int32")
        most = 1 if ngram is None else max(map(len, ends.values()))
        alike = np.full((len(nodes), most), -1)
        if ngram is None:
            self._start = 0
            alike[list(ends)] = 0
        else:
            automaton = Automaton(ngram)
            if not set(words) & set(ngram.vocabulary):
                raise ValueError(
                    "The language model knows no word of the lexicon, but "
                    f"{ngram.vocabulary[:3]} and the like: with a lexicon it is one "
                    "over words."
                )
            self._lookup = NGramLookup(automaton)
            self._start, self._end = automaton.start, automaton.id_of(END)
            for node, found in ends.items():
                alike[node, : len(found)] = [automaton.id_of(word) for word in found]
        self._alike = constant(alike, "int32")

    def start(self, batch_size, beam_width):
        zero = ops.zeros((batch_size, beam_width), dtype="int32")
        context = zero + self._start
        zeros = ops.cast(zero, "float32")  # to end here is to end without a word
        weights = spread((self.weight, self.bonus), zero)
        return LexiconState(zero, context, zeros, context, *weights)

    def scores(self, state):
        symbol = ops.arange(len(self.symbols), dtype="int32")
        ending = ops.where(symbol == self.separator, state.score[:, :, None], 0.0)
        return ops.where(ops.take(self._targets, state.node, axis=0) > 0, ending, NEVER)

    def advance(self, state, symbols):
        place = state.node * len(self.symbols) + ops.maximum(symbols, 0)
        node = ops.take(ops.reshape(self._targets, (-1,)), place)
        context = ops.where(symbols == self.separator, state.after, state.context)
        score, after = self._ending(node, context, state)
        new = (node, context, score, after)
        kept = (ops.where(symbols < 0, old, one) for old, one in zip(state, new))
        return LexiconState(*kept, state.weight, state.bonus)

    def finish(self, state):
        if self._ngram is None:
            return state.score
        end = ops.full_like(state.after, self._end)
        log_prob, _ = self._lookup(state.after, end)
        return state.score + state.weight * log_prob

    def words_of(self, symbols):
        """The words that a label was read as.

        Args:
            symbols: Ids of one label, `(time,)`; what is below zero is not read.

        Returns:
            List of words; one that is under way yet is left out.

        Raises:
            ValueError: A word is none of the lexicon's.
        """
        ids = [int(s) for s in np.ravel(ops.convert_to_numpy(symbols)) if s >= 0]
        spellings, found = [[]], []
        for symbol in ids:
            if symbol == self.separator:
                spellings.append([])
            else:
                spellings[-1].append(symbol)
        for k, spelling in enumerate(spellings):
            alike = self._spelt.get(tuple(spelling))
            if alike:
                found.append(self._likeliest(alike, found))
            elif k + 1 < len(spellings):
                text = [self.symbols[s] for s in spelling]
                raise ValueError(f"{text} is no word of the lexicon.")
        return found

    def _likeliest(self, words, before):
        if self._ngram is None:
            return words[0]
        context = (BEGIN, *before)
        context = context[max(0, len(context) - self._ngram.order + 1) :]
        return max(words, key=lambda word: self._ngram.log_prob(word, context))

    def _ending(self, node, context, state):
        """What a word that ends here adds, and the context after it."""
        words = ops.take(self._alike, node, axis=0)  # (batch, beam, words)
        if self._ngram is None:
            score = ops.where(words[:, :, 0] < 0, NEVER, state.bonus)
            return score, context
        contexts = ops.broadcast_to(context[:, :, None], ops.shape(words))
        log_probs, after = self._lookup(contexts, ops.maximum(words, 0))
        log_probs = ops.where(words < 0, NEVER, log_probs)
        best = ops.argmax(log_probs, axis=-1, keepdims=True)
        log_prob = ops.max(log_probs, axis=-1)
        score = state.weight * log_prob + state.bonus
        score = ops.where(log_prob > NEVER / 10, score, NEVER)
        return score, ops.take_along_axis(after, best, axis=-1)[:, :, 0]


def _spellings(given):
    """A list of spellings, of one or of several."""
    one = isinstance(given, str) or all(isinstance(s, numbers.Integral) for s in given)
    return [given] if one else given


def _trie(spelt):
    """The children of each node, and the words by the node they end at."""
    nodes, ends = [{}, {}], {}
    for spelling, words in spelt.items():
        node = _FIRST
        for symbol in spelling:
            if symbol not in nodes[node]:
                nodes[node][symbol] = len(nodes)
                nodes.append({})
            node = nodes[node][symbol]
        ends[node] = words
    nodes[_NEXT] = nodes[_FIRST]
    return nodes, ends

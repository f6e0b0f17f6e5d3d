"""The truth about a search: every label, over every path, weighed one by one."""

import collections
import itertools

import numpy as np

from rnnkit.lm.scoring import BEGIN


def every_label(logits, blank, weigh=lambda label: 0.0):
    """All labels as (score, label, log-probability), the best first.

    Args:
        logits: `(time, symbols)`.
        blank: The symbol that separates.
        weigh: The log-weight of a whole label, a tuple of ids; None forbids it.
    """
    x = logits.astype("float64")
    log_probs = x - np.log(np.exp(x).sum(-1, keepdims=True))
    found = collections.Counter()
    for path in itertools.product(range(x.shape[1]), repeat=len(x)):
        label = tuple(s for s, _ in itertools.groupby(path) if s != blank)
        found[label] += np.exp(sum(log_probs[t, s] for t, s in enumerate(path)))
    weights = {label: weigh(label) for label in found}
    return sorted(
        (
            (np.log(p) + weights[label], label, np.log(p))
            for label, p in found.items()
            if weights[label] is not None
        ),
        reverse=True,
    )


def by_symbols(ngram, symbols, weight, bonus):
    """What a language model over symbols adds."""

    def weigh(label):
        scores = ngram.score([symbols[s] for s in label])
        return weight * sum(scores) + bonus * len(label)

    return weigh


def by_words(spellings, separator, ngram=None, weight=1.0, bonus=0.0):
    """What a lexicon of (word, ids) adds, and a language model over its words."""

    def weigh(label):
        history = [BEGIN]
        total = 0.0
        rest = list(label)
        while rest:
            end = rest.index(separator) if separator in rest else len(rest)
            alike = [w for w, ids in spellings if list(ids) == rest[:end]]
            if not alike or rest[end:] == [separator]:
                return None
            scores = [ngram.log_prob(w, history) if ngram else 0.0 for w in alike]
            total += weight * max(scores) + bonus
            history.append(alike[int(np.argmax(scores))])
            rest = rest[end + 1 :]
        return total + (weight * ngram.log_prob("</s>", history) if ngram else 0.0)

    return weigh


def by_phrases(phrases, weight):
    """What hot words add: every occurrence, by its length."""

    def weigh(label):
        starts = range(len(label))
        return weight * sum(
            len(p)
            for p, k in itertools.product(phrases, starts)
            if label[k : k + len(p)] == tuple(p)
        )

    return weigh


def together(*weighers):
    """The sum of several."""

    def weigh(label):
        weights = [w(label) for w in weighers]
        return None if None in weights else sum(weights)

    return weigh

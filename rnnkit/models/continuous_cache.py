"""A cache of what was read: words that came up come up again."""

import itertools
import numbers

import numpy as np

from rnnkit.models.scores import Scores
from rnnkit.models.text_scoring import tokens_of

_BLOCK = 256  # tokens that look back at once


class ContinuousCache:
    """A language model that also looks back at where it was before.

        s_ti  = θ h_t · h_i                      for the last `window` places i < t
        p_c(w) = Σ_i [x_{i+1} = w] softmax(s_t)_i
        p(w)  = (1 - λ) p_model(w) + λ p_c(w)

    with h the last layer's outputs, and x_{i+1} the token that followed h_i. It is
    added to a trained model, and nothing is trained: θ and λ are chosen on a
    validation text, by `ContinuousCache.fit`. The first token has no cache, and p is
    the model's.

    Args:
        model: A `LanguageModel`.
        window: Tokens that it looks back at.
        theta: θ.
        weight: λ, in [0, 1].

    Raises:
        ValueError: `window` is no positive integer, θ is below 0, or λ is no share.

    Reference: [Grave et al., 2017](https://arxiv.org/abs/1612.04426)
    """

    def __init__(self, model, window=500, theta=0.3, weight=0.1):
        whole = isinstance(window, numbers.Integral) and window >= 1
        if not (whole and 0 <= weight <= 1 and theta >= 0):
            raise ValueError(
                "window must be an integer of 1 or more, theta 0 or more, and weight "
                f"in [0, 1]: {window}, {theta}, {weight}."
            )
        self.model, self.window = model, window
        self.theta, self.weight = theta, weight

    @classmethod
    def fit(
        cls,
        model,
        text,
        window=500,
        thetas=(0.05, 0.1, 0.2, 0.4, 0.8),
        weights=(0.05, 0.1, 0.15, 0.2, 0.3, 0.4),
    ):
        """The cache under which a validation text is most probable.

        Args:
            model, window: As above.
            text: A text that the model was not trained on.
            thetas, weights: What is tried, all with all.
        """
        ids, targets, _ = tokens_of(model, text)
        nats, h = model.scorer.read(ids, targets, outputs=True)
        found = []
        for theta in thetas:
            cached = cached_probabilities(h, targets, window, theta)
            found += [
                (-_mixed(nats, cached, weight).mean(), theta, weight)
                for weight in weights
            ]
        _, theta, weight = min(found)
        return cls(model, window, theta, weight)

    def score(self, text):
        """`Scores` of a text."""
        ids, targets, tokens = tokens_of(self.model, text)
        nats, h = self.model.scorer.read(ids, targets, outputs=True)
        cached = cached_probabilities(h, targets, self.window, self.theta)
        return Scores(tokens, _mixed(nats, cached, self.weight))

    def perplexity(self, text):
        """exp of the mean of -ln p over all tokens of a text."""
        return self.score(text).perplexity

    def distribution(self, text):
        """p(w) at every place of a text, `(n, vocabulary)`: for short texts."""
        ids, targets, _ = tokens_of(self.model, text)
        _, h = self.model.scorer.read(ids, targets, outputs=True)
        size = self.model.vocabulary.size
        rows = []
        for word in range(size):
            nats, _ = self.model.scorer.read(ids, np.full_like(targets, word))
            cached = cached_probabilities(h, targets, self.window, self.theta, word)
            rows.append(np.exp(_mixed(nats, cached, self.weight)))
        return np.stack(rows, axis=1)

    def __repr__(self):
        return (
            f"ContinuousCache(window={self.window}, theta={self.theta}, "
            f"weight={self.weight})"
        )


def cached_probabilities(h, targets, window, theta, word=None):
    """p_c of each place's target, float64 `(n,)`; NaN where the cache is empty.

    Args:
        h: Outputs `(n, units)`, the place's own last.
        targets: What follows each place, `(n,)`.
        window, theta: See `ContinuousCache`.
        word: Ask for this token everywhere, in place of the targets.
    """
    h = h.astype(np.result_type(h, "float32"))  # of half precision
    found = np.full(len(h), np.nan)
    for start, end in itertools.pairwise([*range(0, len(h), _BLOCK), len(h)]):
        first = max(0, start - window)
        now, then = np.arange(start, end)[:, None], np.arange(first, end)[None]
        seen = (then < now) & (then >= now - window)
        scores = np.where(seen, theta * (h[start:end] @ h[first:end].T), -np.inf)
        some = seen.any(axis=1)
        scores -= np.where(some, scores.max(axis=1), 0)[:, None]
        shares = np.exp(scores)
        wanted = targets[start:end, None] if word is None else word
        same = targets[None, first:end] == wanted
        total = np.where(some, shares.sum(axis=1, dtype="float64"), np.nan)
        found[start:end] = (shares * same).sum(axis=1, dtype="float64") / total
    return found


def _mixed(nats, cached, weight):
    p = np.exp(-nats)
    return np.log(np.where(np.isnan(cached), p, (1 - weight) * p + weight * cached))

"""Models of unlike kinds as one: of each, what it gave to the same tokens."""

import itertools
import math

import numpy as np

from rnnkit.lm.scoring import BEGIN, END, UNKNOWN


class Mixture:
    """A network and an n-gram, a cache and an n-gram: what each says, in shares.

        p(x_t) = Σ_k weights_k p_k(x_t)

    Unlike models err at unlike places. Give weights, or let `Mixture.fit` find those
    that a held-out text likes best. `Interpolated` does the same for models that can be
    asked for any word after any context.

    Args:
        models: Each with `score(text)`, ln p of every token, nats `(n,)`, the same
            tokens in all: `LanguageModel`, `ContinuousCache`, `NGram`, another
            `Mixture`.
        weights: One a model, none negative; they are scaled to sum to 1.

    Raises:
        ValueError: There is not one weight a model, they are no shares, or two models
            know unlike words.

    Reference: [Mikolov et al., 2011](https://doi.org/10.1109/ICASSP.2011.5947611)
    """

    def __init__(self, models, weights):
        self.models = list(models)
        self.weights = shares(weights, len(self.models))
        _check_vocabularies(self.models)

    @classmethod
    def fit(cls, models, text, steps=1000, tolerance=1e-7):
        """The weights under which a held-out text is most probable.

        Args:
            models: As above.
            text: `str` that the models were not trained on; every line ends with
                "\\n".
            steps, tolerance: See `mixture_weights`.

        Raises:
            ValueError: The models do not score the same tokens, or as they do.
        """
        models = list(models)
        _check_vocabularies(models)
        return cls(models, mixture_weights(_scored(models, text), steps, tolerance))

    def score(self, text):
        """ln p of every token of a text, nats `(n,)`.

        Raises:
            ValueError: The models do not score the same tokens, or as they do.
        """
        return mixed_log_probs(_scored(self.models, text), self.weights)

    def perplexity(self, text):
        """exp of the mean of -ln p over all tokens of a text."""
        return math.exp(-self.score(text).mean())

    def __repr__(self):
        return f"Mixture(weights={self.weights.round(4).tolist()})"


def mixture_weights(log_probs, steps=1000, tolerance=1e-7):
    """The shares under which held-out tokens are most probable.

        w_k ← mean over tokens of  w_k p_k / Σ_j w_j p_j

    from equal shares on: expectation and maximisation. The mixture is then
    `mixed_log_probs(log_probs of another text, weights)`.

    Args:
        log_probs: ln p of the same n tokens from each model, nats `(models, n)`.
        steps: The most iterations.
        tolerance: It ends when no share changes by more.

    Returns:
        Shares `(models,)`, which sum to 1.

    Raises:
        ValueError: There is no model or no token, one model has another number of them,
            or none thinks any possible.

    Reference: Jelinek and Mercer, 1980, Interpolated estimation of Markov source
    parameters from sparse data
    """
    p = np.exp(_rows(log_probs)).T
    p = p[p.any(axis=1)]  # what no model thinks possible asks for no weights
    if not len(p):
        raise ValueError("No model thinks any word of these sentences possible.")
    weights = np.full(p.shape[1], 1 / p.shape[1])
    for _ in range(steps):
        parts = p * weights
        new = (parts / parts.sum(1, keepdims=True)).mean(0)
        done = np.abs(new - weights).max() <= tolerance
        weights = new
        if done:
            break
    return weights


def mixed_log_probs(log_probs, weights):
    """ln Σ_k w_k p_k of each token, nats `(n,)`, of `(models, n)`.

    Raises:
        ValueError: As `mixture_weights`, or there is not one weight a model.
    """
    rows = _rows(log_probs)
    weights = shares(weights, len(rows))
    with np.errstate(divide="ignore"):
        logs = rows + np.log(weights)[:, None]
    return np.logaddexp.reduce(logs, axis=0)


def shares(weights, count):
    """Weights of `count` models, scaled to sum to 1, float64 `(count,)`.

    Raises:
        ValueError: There is not one weight a model, or they are no shares.
    """
    weights = np.asarray(weights, "float64")
    if weights.shape != (count,):
        raise ValueError(f"{count} models need as many weights: {weights.tolist()}.")
    if not (count and weights.min() >= 0 and 0 < weights.sum() < math.inf):
        raise ValueError(f"Weights are 0 or more, and not all 0: {weights.tolist()}.")
    return weights / weights.sum()


def _check_vocabularies(models):
    """Raise ValueError where two models say that they know unlike words."""
    known = [(place, words) for place, words in enumerate(map(_words, models)) if words]
    for (one, words), (other, others) in itertools.pairwise(known):
        if alone := words ^ others:
            word = min(alone)
            knows, lacks = (one, other) if word in words else (other, one)
            raise ValueError(
                f"Models of unlike vocabularies cannot be mixed: {word!r}, one of "
                f"{len(alone):,} such words, is known to models[{knows}] and not to "
                f"models[{lacks}]."
            )


def _words(model):
    """The words that a model says it knows, a set; None where it does not say."""
    while hasattr(model, "model"):  # a cache around it, and the like
        model = model.model
    vocabulary = getattr(model, "vocabulary", None)
    words = getattr(vocabulary, "tokens", vocabulary)
    if not isinstance(words, (list, tuple)):
        return None
    own = [getattr(vocabulary, name, None) for name in ("line_end", "unknown")]
    return {*words} - {*own, BEGIN, END, UNKNOWN}


def _scored(models, text):
    """What each model gives to the tokens of a text, `(n,)` each."""
    return [np.asarray(model.score(text), "float64") for model in models]


def _rows(log_probs):
    """ln p from each model as one array, `(models, n)`."""
    rows = [np.asarray(row, "float64") for row in log_probs]
    if not rows or not rows[0].size:
        raise ValueError("There is nothing to mix: no model, or no token.")
    if rows[0].ndim != 1 or len({row.shape for row in rows}) > 1:
        raise ValueError(
            "Models are mixed token by token: each gives ln p of the same n tokens, "
            f"(n,). Here they give {', '.join(str(row.shape) for row in rows)}. "
            'Some count the end of the last line even where no "\\n" stands there.'
        )
    return np.stack(rows)

"""Several language models as one: what each says, in shares."""

import math

import numpy as np

from rnnkit.lm.mixtures import mixture_weights, shares
from rnnkit.lm.scoring import Scoring, sentences_in


class Interpolated(Scoring):
    """An ensemble of models, such as n-grams of several orders.

        p(w | h) = Σ_k weights_k p_k(w | h)

    Give weights, or let `Interpolated.fit` find those that a held-out text likes best.

    Args:
        models: Each with an `order`, a `vocabulary` and `log_prob(word, context)`,
            nats, such as `NGram`.
        weights: One a model, none negative; they are scaled to sum to 1.

    Raises:
        ValueError: There is not one weight a model, they are no shares, or the models
            have unlike vocabularies, so that p would not sum to 1.

    Reference: Jelinek and Mercer, 1980, Interpolated estimation of Markov source
    parameters from sparse data
    """

    def __init__(self, models, weights):
        self.models = list(models)
        self.weights = shares(weights, len(self.models))
        self.vocabulary = shared_vocabulary(self.models)
        self.order = max(model.order for model in self.models)

    @classmethod
    def fit(cls, models, sentences, steps=1000, tolerance=1e-7):
        """The weights under which held-out sentences are most probable.

        By expectation and maximisation, from equal weights on: a weight becomes the
        mean share that its model has in the probability of a word.

        Args:
            models: As above.
            sentences: Lists of words that the models were not counted on; or a text, a
                sentence a line.
            steps: The most iterations.
            tolerance: It ends when no weight changes by more.

        Raises:
            ValueError: There is no sentence, one is no list of words, or as above.
        """
        scored = cls(models, np.ones(len(models)))
        asked = [s for one in sentences_in(sentences) for s in scored.steps(one)]
        if not asked:
            raise ValueError("There is no sentence to fit the weights to.")
        scores = [[m.log_prob(w, h) for w, h in asked] for m in scored.models]
        return cls(models, mixture_weights(scores, steps, tolerance))

    def log_prob(self, word, context=()):
        """ln p(word | context), nats."""
        p = [math.exp(model.log_prob(word, context)) for model in self.models]
        total = float(self.weights @ p)
        return math.log(total) if total else -math.inf


def shared_vocabulary(models):
    """The words that all models know, in the order of the first.

    Raises:
        ValueError: One knows a word that another does not.
    """
    first, *others = [model.vocabulary for model in models]
    for place, words in enumerate(others, 1):
        alone = {*first} ^ {*words}
        if alone:
            word = min(alone)
            knows, lacks = (0, place) if word in {*first} else (place, 0)
            raise ValueError(
                f"Models of unlike vocabularies cannot be mixed: {word!r}, one of "
                f"{len(alone):,} such words, is in models[{knows}] and not in "
                f"models[{lacks}]. Count both with `vocabulary=` the words they share."
            )
    return list(first)

"""A model that goes on learning from what it has just been tested on."""

import keras
import numpy as np

from rnnkit.models.scores import Scores
from rnnkit.models.text_scoring import check_streams, tokens_of, windows
from rnnkit.ops.tracing import graph


class DynamicEvaluation:
    """Each stretch of a text is scored, and then learnt from.

        g  = ∂/∂θ of the mean nats of the stretch
        r  = sqrt(mean of g² over training batches)
        θ ← θ - η g / (r + ε) + min(λ r / r̄, 1) (θ_0 - θ)

    with θ_0 the trained weights and r̄ the mean of r over all of them. Without
    statistics r is 1 everywhere and ε 0, which is gradient descent. A token is scored
    before anything is learnt from it; the gradient ends where the stretch begins, and
    the state is carried. The model's weights are afterwards what they were.

    Runs on TensorFlow.

    Args:
        model: A trained `LanguageModel`.
        learning_rate: η.
        decay: λ, how strongly the weights are pulled back.
        steps: Tokens in a stretch.
        epsilon: ε, of the size of r, so that what is rare does not jump.

    Raises:
        RuntimeError: Keras runs on another backend.
        ValueError: `steps` is not positive.

    Reference: [Krause et al., 2018](https://arxiv.org/abs/1709.07432), section 4
    """

    def __init__(self, model, learning_rate, decay=0.0, steps=20, epsilon=2e-3):
        if keras.backend.backend() != "tensorflow":
            raise RuntimeError("Dynamic evaluation runs on TensorFlow.")
        if steps < 1:
            raise ValueError(f"steps must be 1 or more, got {steps!r}.")
        self.model, self.steps = model, steps
        self.learning_rate, self.decay, self.epsilon = learning_rate, decay, epsilon
        self.roots = None  # r, an array a weight
        self._compiled = graph(self._stretch)

    def gather(self, streams, batches=None):
        """Learn r from training text; returns the object itself.

        Args:
            streams: `TextStreams` of the training text, read from empty states.
            batches: How many of its batches; None for all.

        Raises:
            ValueError: The streams are of another vocabulary, or `batches` is not
                positive.
        """
        import tensorflow as tf

        if batches is not None and batches < 1:
            raise ValueError(f"batches must be 1 or more, got {batches!r}.")
        check_streams(self.model.vocabulary, streams)
        squares = [tf.zeros(v.shape) for v in self._weights]
        count = len(streams) if batches is None else min(batches, len(streams))

        def add(squares, x, y, weights=None):
            weights = tf.ones(y.shape) if weights is None else weights
            _, gradients, _ = self._gradients(x, y, weights, None)
            return [s + tf.square(g) for s, g in zip(squares, gradients)]

        add = graph(add)
        for k in range(count):
            squares = add(squares, *map(tf.constant, streams[k]))
        self.roots = [np.sqrt(s.numpy() / count) for s in squares]
        return self

    def score(self, text, verbose=0):
        """`Scores` of a text.

        Args:
            text: `str`; or ids, integers `(n,)`.
            verbose: 1 shows a bar of the stretches, 0 nothing.
        """
        import tensorflow as tf

        ids, targets, tokens = tokens_of(self.model, text)
        start = [tf.identity(v.value) for v in self._weights]
        roots = self.roots or [np.ones((), "float32")] * len(start)
        epsilon = 0.0 if self.roots is None else self.epsilon
        sizes = [float(np.prod(v.shape)) for v in self._weights]
        sums = sum(r.mean(dtype="float64") * size for r, size in zip(roots, sizes))
        mean = sums / sum(sizes)
        rates = [tf.constant(self.learning_rate / (r + epsilon)) for r in roots]
        pulls = [tf.constant(np.minimum(self.decay * r / mean, 1)) for r in roots]
        rates, pulls = ([tf.cast(v, "float32") for v in vs] for vs in (rates, pulls))
        states, nats = self.model.initial_state(1), []
        bar = keras.utils.Progbar(
            -(-len(ids) // self.steps), verbose=verbose, unit_name="stretch"
        )
        try:
            for x, y, real in windows(ids, targets, self.steps):
                weights = (np.arange(self.steps)[None] < real).astype("float32")
                given = map(tf.constant, (x, y, weights))
                cost, states = self._compiled(*given, states, start, rates, pulls)
                nats.append(cost.numpy()[0, :real])
                bar.add(1)
        finally:
            for variable, value in zip(self._weights, start):
                variable.assign(value)
        return Scores(tokens, -np.concatenate(nats).astype("float64"))

    def perplexity(self, text):
        """exp of the mean of -ln p over all tokens of a text."""
        return self.score(text).perplexity

    @property
    def _weights(self):
        return self.model.trainable_variables

    def _gradients(self, ids, targets, weights, states):
        """Nats of all targets, gradients of their weighted mean, states."""
        import tensorflow as tf

        with tf.GradientTape() as tape:
            h, states = self.model.read(ids, states)
            nats = self.model.nats_after(h, targets)
            mean = tf.reduce_sum(nats * weights) / tf.reduce_sum(weights)
        gradients = tape.gradient(mean, [v.value for v in self._weights])
        return nats, [tf.convert_to_tensor(g) for g in gradients], states

    def _stretch(self, ids, targets, weights, states, start, rates, pulls):
        nats, gradients, states = self._gradients(ids, targets, weights, states)
        for variable, first, g, rate, pull in zip(
            self._weights, start, gradients, rates, pulls
        ):
            value = variable.value
            variable.assign(value - rate * g + pull * (first - value))
        return nats, states

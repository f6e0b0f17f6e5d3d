"""What every head promises."""

import keras
from keras import ops

from rnnkit.layers.frames import whole


class SoftmaxHead(keras.layers.Layer):
    """A distribution over the words of a vocabulary, and the loss that trains it.

        head(h)                  ln p(w | h) of every word, (..., vocabulary)
        head.nats(h, targets)    -ln p(target | h), exact, (...)
        head.loss(h, targets)    what to train on, nats (...)

    with h `(..., units)` and targets ids `(...)`. The first is for generation, and
    `softmax` of it is p; the second for evaluation, and may be cheaper than the first;
    the third is for training, and may be cheaper still by being an estimate. All are
    float32, whatever the layer computes in.

    A subclass has `log_probabilities`, of rows h `(rows, units)`, and where there is a
    shorter way `target_nats` and `training_nats`, of rows and targets `(rows,)`.

    Args:
        vocabulary_size: Number of words.
    """

    def __init__(self, vocabulary_size, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.vocabulary_size = whole("vocabulary_size", vocabulary_size)

    def log_probabilities(self, h):
        """ln p of every word, float32 `(rows, vocabulary)`."""
        raise NotImplementedError

    def target_nats(self, h, targets):
        """-ln p of one word a row, float32 `(rows,)`."""
        found = ops.take_along_axis(self.log_probabilities(h), targets[:, None], axis=1)
        return -found[:, 0]

    def training_nats(self, h, targets):
        """What to train on, float32 `(rows,)`."""
        return self.target_nats(h, targets)

    def nats(self, h, targets):
        """-ln p(target | h), exact, float32 `(...)`."""
        return self(h, targets)

    def loss(self, h, targets):
        """Nats to train on, float32 `(...)`; see the head's own words."""
        return self(h, targets, training=True)

    # As a layer: it is called for all three, so that Keras casts what goes in.

    def call(self, h, targets=None, training=False):
        rows = ops.reshape(h, (-1, h.shape[-1]))
        if targets is None:
            found = self.log_probabilities(rows)
            return ops.reshape(found, (*ops.shape(h)[:-1], self.vocabulary_size))
        nats = self.training_nats if training else self.target_nats
        found = nats(rows, ops.reshape(ops.cast(targets, "int32"), (-1,)))
        return ops.reshape(found, ops.shape(h)[:-1])

    def compute_output_spec(self, h, targets=None, training=False):
        last = () if targets is not None else (self.vocabulary_size,)
        return keras.KerasTensor((*h.shape[:-1], *last), "float32")

    def compute_output_shape(self, input_shape):
        return *input_shape[:-1], self.vocabulary_size

    def get_config(self):
        return {**super().get_config(), "vocabulary_size": self.vocabulary_size}

    # What subclasses share

    def add_words(self, name, words, units, use_bias=True):
        """A row of weights for each word, and a bias; returns both."""
        kernel = self.add_weight(
            shape=(words, units), initializer="glorot_uniform", name=f"{name}kernel"
        )
        bias = None
        if use_bias:
            bias = self.add_weight(
                shape=(words,), initializer="zeros", name=f"{name}bias"
            )
        return kernel, bias


def logits(h, kernel, bias=None):
    """h `(rows, units)` times `(words, units)`, float32 `(rows, words)`."""
    found = ops.cast(ops.matmul(h, ops.transpose(kernel)), "float32")
    return found if bias is None else found + ops.cast(bias, "float32")


def logits_of(h, words, kernel, bias=None):
    """The logits of one word a row, or of several.

    Args:
        h: `(rows, units)`.
        words: ids, `(rows,)` or `(rows, words)`.

    Returns:
        float32, in the shape of `words`.
    """
    rows = ops.take(kernel, words, axis=0)
    if len(words.shape) == 1:
        found = ops.sum(h * rows, axis=-1)
    else:
        found = ops.matmul(rows, ops.expand_dims(h, -1))[..., 0]
    found = ops.cast(found, "float32")
    if bias is None:
        return found
    return found + ops.cast(ops.take(bias, words, axis=0), "float32")

"""Softmax over every word."""

from keras import ops

from rnnkit.layers.heads.base import SoftmaxHead, logits
from rnnkit.registration import export


@export
class FullSoftmax(SoftmaxHead):
    """Softmax over every word; see `SoftmaxHead` for how a head is used.

        p(w | h) = exp(k_w h + b_w) / sum_v exp(k_v h + b_v)

    Weights: `kernel` k, `(vocabulary, units)`, a row for each word, and `bias` b,
    `(vocabulary,)`.

    Args:
        vocabulary_size: Number of words.
        use_bias: Whether there is a bias.
    """

    def __init__(self, vocabulary_size, use_bias=True, **kwargs):
        super().__init__(vocabulary_size, **kwargs)
        self.use_bias = use_bias

    def build(self, input_shape):
        self.kernel, self.bias = self.add_words(
            "", self.vocabulary_size, input_shape[-1], self.use_bias
        )

    def log_probabilities(self, h):
        return ops.log_softmax(logits(h, self.kernel, self.bias))

    def target_nats(self, h, targets):
        return ops.sparse_categorical_crossentropy(
            targets, logits(h, self.kernel, self.bias), from_logits=True
        )

    def get_config(self):
        return {**super().get_config(), "use_bias": self.use_bias}

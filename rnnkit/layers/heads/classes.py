"""Softmax in two steps: the class of a word, then the word."""

import keras
import numpy as np
from keras import ops

from rnnkit.layers.heads.base import SoftmaxHead, logits, logits_of
from rnnkit.layers.heads.bins import checked_cutoffs
from rnnkit.layers.heads.rows import over_parts
from rnnkit.registration import export


@export
class ClassSoftmax(SoftmaxHead):
    """Class-based softmax; see `SoftmaxHead` for how a head is used.

        p(w | h) = p(c | h) p(w | c, h)          c the class of w
        p(c | h) = softmax over classes of K h + b
        p(w | c, h) = softmax over the words of c of k_w h + b_w

    A class is a range of ids, so that ids are in falling order of frequency and classes
    are `frequency_bins`. `head.nats` and `head.loss`, which are the same, look into the
    target's class alone: with about as many classes as there are words in each, that is
    about the square root of all.

    Weights: `class_kernel` K, `(classes, units)`, `class_bias` b, `kernel` k,
    `(vocabulary, units)`, and `bias`, `(vocabulary,)`.

    Args:
        vocabulary_size: Number of words.
        cutoffs: The first id of every class but the first, ascending.
        use_bias: Whether there are biases.

    Raises:
        ValueError: The cutoffs do not ascend within the vocabulary.

    Reference: [Goodman, 2001](https://arxiv.org/abs/cs/0108006);
    [Mikolov et al., 2011](https://doi.org/10.1109/ICASSP.2011.5947611)
    """

    def __init__(self, vocabulary_size, cutoffs, use_bias=True, **kwargs):
        super().__init__(vocabulary_size, **kwargs)
        self.cutoffs = checked_cutoffs(cutoffs, self.vocabulary_size)
        self.use_bias = use_bias
        # Rows are picked by how many there are, which is known only as this runs.
        self.supports_jit = keras.backend.backend() == "jax"
        self._firsts = np.array([0, *self.cutoffs], "int32")
        ends = np.array([*self.cutoffs, self.vocabulary_size], "int32")
        self._sizes = ends - self._firsts
        self._classes = np.repeat(np.arange(len(ends)), self._sizes).astype("int32")
        # Classes of about the same size are computed together, filled up to the
        # largest of them.
        kinds = np.ceil(np.log2(self._sizes)).astype("int32")
        present, kinds = np.unique(kinds, return_inverse=True)
        self._kinds = kinds.astype("int32")
        self._widths = [int(self._sizes[kinds == k].max()) for k in range(len(present))]

    def build(self, input_shape):
        units = input_shape[-1]
        self.class_kernel, self.class_bias = self.add_words(
            "class_", len(self._sizes), units, self.use_bias
        )
        self.kernel, self.bias = self.add_words(
            "", self.vocabulary_size, units, self.use_bias
        )

    def class_logits(self, h):
        """Logits of the classes, float32 `(rows, classes)`."""
        return logits(h, self.class_kernel, self.class_bias)

    def log_probabilities(self, h):
        classes = ops.convert_to_tensor(self._classes)
        count = len(self._sizes)
        own = ops.transpose(logits(h, self.kernel, self.bias))  # (vocabulary, rows)
        most = ops.segment_max(own, classes, count)
        powers = ops.exp(own - ops.take(most, classes, axis=0))
        log_z = most + ops.log(ops.segment_sum(powers, classes, count))
        given = ops.log_softmax(self.class_logits(h)) - ops.transpose(log_z)
        return ops.transpose(own) + ops.take(given, classes, axis=1)

    def target_nats(self, h, targets):
        c = ops.take(ops.convert_to_tensor(self._classes), targets, axis=0)
        nats = ops.sparse_categorical_crossentropy(
            c, self.class_logits(h), from_logits=True
        )
        kinds = ops.take(ops.convert_to_tensor(self._kinds), c, axis=0)
        return nats + over_parts(self._within, kinds, len(self._widths), h, targets, c)

    def _within(self, kind, h, targets, c):
        """-ln p(w | c, h) of rows whose classes are at most so wide."""
        first = ops.take(ops.convert_to_tensor(self._firsts), c, axis=0)
        size = ops.take(ops.convert_to_tensor(self._sizes), c, axis=0)
        place = ops.arange(self._widths[kind], dtype="int32")
        words = ops.minimum(first[:, None] + place, self.vocabulary_size - 1)
        own = logits_of(h, words, self.kernel, self.bias)
        own = ops.where(place < size[:, None], own, -1e30)
        word = ops.clip(targets - first, 0, self._widths[kind] - 1)
        return ops.sparse_categorical_crossentropy(word, own, from_logits=True)

    def get_config(self):
        return {
            **super().get_config(),
            "cutoffs": self.cutoffs,
            "use_bias": self.use_bias,
        }

"""Softmax that spends on a word what its frequency deserves."""

import itertools

import keras
from keras import ops

from rnnkit.layers.frames import whole
from rnnkit.layers.heads.base import SoftmaxHead, logits
from rnnkit.layers.heads.bins import checked_cutoffs
from rnnkit.layers.heads.rows import over_parts
from rnnkit.registration import export


@export
class AdaptiveSoftmax(SoftmaxHead):
    """Adaptive softmax; see `SoftmaxHead` for how a head is used.

    Ids are in falling order of frequency. Those below the first cutoff are in the
    shortlist, and each next range of ids is a tail t, for which one more entry stands
    in the shortlist's softmax:

        p(w | h) = softmax(K h + b)_w                                 in the shortlist
        p(w | h) = softmax(K h + b)_t  softmax(K_t P_t h)_w           in tail t

    The projection P_t makes h `factor ** t` times shorter, t from 1: what is rare has
    fewer weights. `head.nats` and `head.loss`, which are the same, look into a tail
    only for rows whose target is there.

    Weights: `kernel` K, `(shortlist + tails, units)`, and `bias` b; of each tail
    `projection_t`, `(units // factor ** t, units)`, and `kernel_t`,
    `(words, units // factor ** t)`. They are those of
    `torch.nn.AdaptiveLogSoftmaxWithLoss`, in its shapes and order but for the bias.

    Args:
        vocabulary_size: Number of words.
        cutoffs: The first id of every tail, ascending.
        factor: How many times narrower each tail is than what is before it.
        use_bias: Whether the shortlist has a bias.

    Raises:
        ValueError: The cutoffs do not ascend within the vocabulary.

    Reference: [Grave et al., 2017](https://arxiv.org/abs/1609.04309)
    """

    def __init__(self, vocabulary_size, cutoffs, factor=4, use_bias=False, **kwargs):
        super().__init__(vocabulary_size, **kwargs)
        self.cutoffs = checked_cutoffs(cutoffs, self.vocabulary_size)
        if not self.cutoffs:
            raise ValueError("Without a cutoff there is no tail: use FullSoftmax.")
        self.factor = whole("factor", factor)
        self.use_bias = use_bias
        # Rows are picked by how many there are, which is known only as this runs.
        self.supports_jit = keras.backend.backend() == "jax"

    def build(self, input_shape):
        units, shortlist = input_shape[-1], self.cutoffs[0]
        edges = [*self.cutoffs, self.vocabulary_size]
        self.kernel, self.bias = self.add_words(
            "", shortlist + len(self.cutoffs), units, self.use_bias
        )
        self.projections, self.kernels = [], []
        for t, (first, last) in enumerate(itertools.pairwise(edges), 1):
            narrow = max(1, units // self.factor**t)
            projection = self.add_weight(
                shape=(narrow, units),
                initializer="glorot_uniform",
                name=f"projection_{t}",
            )
            kernel = self.add_weight(
                shape=(last - first, narrow),
                initializer="glorot_uniform",
                name=f"kernel_{t}",
            )
            self.projections.append(projection)
            self.kernels.append(kernel)

    def tail(self, t, h):
        """Logits within tail t, from 0, float32 `(rows, words)`."""
        narrow = ops.matmul(h, ops.transpose(self.projections[t]))
        return logits(narrow, self.kernels[t])

    def log_probabilities(self, h):
        head = ops.log_softmax(logits(h, self.kernel, self.bias))
        shortlist = self.cutoffs[0]
        found = [head[:, :shortlist]]
        for t in range(len(self.cutoffs)):
            own = head[:, shortlist + t : shortlist + t + 1]
            found.append(own + ops.log_softmax(self.tail(t, h)))
        return ops.concatenate(found, axis=1)

    def target_nats(self, h, targets):
        shortlist = self.cutoffs[0]
        tail = sum(ops.cast(targets >= cutoff, "int32") for cutoff in self.cutoffs) - 1
        entry = ops.where(tail < 0, targets, shortlist + tail)
        nats = ops.sparse_categorical_crossentropy(
            entry, logits(h, self.kernel, self.bias), from_logits=True
        )

        def within(t, h, targets):
            first = self.cutoffs[t]
            word = ops.clip(targets - first, 0, self.kernels[t].shape[0] - 1)
            return ops.sparse_categorical_crossentropy(
                word, self.tail(t, h), from_logits=True
            )

        return nats + over_parts(within, tail, len(self.cutoffs), h, targets)

    def get_config(self):
        return {
            **super().get_config(),
            "cutoffs": self.cutoffs,
            "factor": self.factor,
            "use_bias": self.use_bias,
        }

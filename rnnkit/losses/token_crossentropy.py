"""The cross-entropy of sequences that are written token by token."""

import keras
from keras import ops

from rnnkit.losses.framewise import FrameLoss
from rnnkit.registration import export

PADDING = -1


def token_nats(y_true, y_pred, label_smoothing=0.0):
    """-ln p of every token, and which of them count.

        nats_t = -(1 - s) ln p_t(y_t) - s / V Σ_v ln p_t(v)

    Args:
        y_true: Tokens `(batch, time)`, negative where there is none.
        y_pred: Logits `(batch, time, V)`.
        label_smoothing: s, the share that is spread over all V tokens.

    Returns:
        Nats, float32 `(batch, time)`, 0 where there is no token; and 1 where there is
        one, else 0.

    Reference: [Szegedy et al., 2016](https://arxiv.org/abs/1512.00567), section 7
    """
    y_true = ops.cast(y_true, "int32")
    counts = ops.cast(y_true >= 0, "float32")
    logits = ops.cast(y_pred, "float32")
    # Of what stands beyond the end nothing is read, be it no number.
    logits = ops.where(ops.expand_dims(counts, -1) > 0, logits, 0.0)
    tokens = ops.maximum(y_true, 0)
    nats = ops.sparse_categorical_crossentropy(tokens, logits, from_logits=True)
    if label_smoothing:
        everywhere = ops.logsumexp(logits, axis=-1) - ops.mean(logits, axis=-1)
        nats = (1 - label_smoothing) * nats + label_smoothing * everywhere
    return nats * counts, counts


@export
class TokenCrossentropy(FrameLoss):
    """The mean of nats per token, over the tokens of a batch that count.

    `y_true` is `(batch, time)`, filled up with negative numbers, which count for
    nothing; `y_pred` logits `(batch, time, vocabulary)`. Unlike in a mean over items, a
    long sequence counts more than a short one. Under `tf.distribute` a batch is all
    that the replicas have of it, so that in the gradient each token counts alike.

    Args:
        label_smoothing: Share of each target that is spread over all tokens.
        reduction, name: as in every Keras loss; "sum" is over tokens, and the others
            take the nats of each, `(batch, time)`, as Keras does.
    """

    def __init__(self, label_smoothing=0.0, name="token_crossentropy", **kwargs):
        super().__init__(name=name, **kwargs)
        if not 0 <= label_smoothing < 1:
            raise ValueError(
                f"label_smoothing must be in [0, 1), got {label_smoothing!r}."
            )
        self.label_smoothing = label_smoothing

    def of_frames(self, y_true, y_pred, mask):
        nats, counts = token_nats(y_true, y_pred, self.label_smoothing)
        if self.reduction not in ("sum_over_batch_size", "mean"):
            return nats
        share = ops.cast(ops.size(counts), "float32")
        count = _mean_of_replicas(ops.sum(counts))
        return nats * ops.divide_no_nan(share, count)

    def get_config(self):
        return {**super().get_config(), "label_smoothing": self.label_smoothing}


def _mean_of_replicas(count):
    """A number of this replica of `tf.distribute`, as the mean over all of them."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        replica = tf.distribute.get_replica_context()
        if replica is not None and replica.num_replicas_in_sync > 1:
            return replica.all_reduce(tf.distribute.ReduceOp.MEAN, count)
    return count

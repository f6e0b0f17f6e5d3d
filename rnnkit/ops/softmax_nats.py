"""What the softmax of many symbols costs, in as few passes through memory as can be."""

import functools

import keras
from keras import ops

_MANY = 1024  # symbols, from which on it is worth a program of its own
SECOND_ORDER = (
    f"The softmax of {_MANY:,} symbols or more has no second derivatives on TensorFlow."
)


def softmax_nats(logits, ids):
    """-ln p of one symbol a row.

        nats = ln Σ_v exp(logits_v) - logits_y

    With many symbols, on TensorFlow on a processor, the logits are read twice on the
    way forward and once on the way back, where probabilities are never stored: what
    is stored is the gradient. It has no second derivatives there.

    Args:
        logits: `(..., symbols)`.
        ids: y, integers `(...)`.

    Returns:
        Nats, float32 `(...)`.
    """
    logits = ops.cast(logits, "float32")
    if keras.backend.backend() != "tensorflow" or logits.shape[-1] < _MANY:
        return ops.sparse_categorical_crossentropy(ids, logits, from_logits=True)
    from rnnkit.ops import parts

    ids = ops.cast(ids, "int32")
    rows = ops.reshape(logits, (-1, logits.shape[-1]))
    nats = _compiled(parts.COMPILE)((), rows, ops.reshape(ids, (-1,)))
    return ops.reshape(nats, ops.shape(ids))


@functools.cache
def _compiled(compiled):
    """A function of logits and of ids."""
    import tensorflow as tf

    from rnnkit.ops.two_passes import two_passes

    def forward(_, logits, ids):
        total = tf.reduce_logsumexp(logits, axis=-1)
        return total - tf.gather(logits, ids, batch_dims=1), total

    def backward(_, logits, ids, total, upstream):
        is_target = tf.range(logits.shape[-1])[None] == ids[:, None]
        p = tf.exp(logits - total[:, None])
        return (), (p - tf.cast(is_target, p.dtype)) * upstream[:, None]

    return two_passes(forward, backward, SECOND_ORDER)

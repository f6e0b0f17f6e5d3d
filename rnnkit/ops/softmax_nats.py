"""What the softmax of many symbols costs, in as few passes through memory as can be."""

import functools

import keras
from keras import ops

_MANY = 1024  # symbols, from which on it is worth a program of its own


def softmax_nats(logits, ids):
    """-ln p of one symbol a row.

        nats = ln Σ_v exp(logits_v) - logits_y

    With many symbols, on TensorFlow on a processor, the logits are read twice on the
    way forward and once on the way back, where probabilities are never stored: what
    is stored is the gradient.

    Args:
        logits: `(..., symbols)`.
        ids: y, integers `(...)`.

    Returns:
        Nats, float32 `(...)`.
    """
    logits = ops.cast(logits, "float32")
    if keras.backend.backend() != "tensorflow" or logits.shape[-1] < _MANY:
        return ops.sparse_categorical_crossentropy(ids, logits, from_logits=True)
    ids = ops.cast(ids, "int32")
    rows = ops.reshape(logits, (-1, logits.shape[-1]))
    return ops.reshape(_compiled()(rows, ops.reshape(ids, (-1,))), ops.shape(ids))


@functools.cache
def _compiled():
    import tensorflow as tf

    from rnnkit.ops import parts

    @parts.program
    def forward(logits, ids):
        total = tf.reduce_logsumexp(logits, axis=-1)
        return total, total - tf.gather(logits, ids, batch_dims=1)

    @parts.program
    def backward(logits, ids, total, upstream):
        is_target = tf.range(logits.shape[-1])[None] == ids[:, None]
        p = tf.exp(logits - total[:, None])
        return (p - tf.cast(is_target, p.dtype)) * upstream[:, None]

    @tf.custom_gradient
    def nats(logits, ids):
        pieces = parts.cut((logits, ids))
        done = [forward(*piece) for piece in pieces]

        def gradient(upstream):
            given = zip(pieces, done, parts.cut([upstream]))
            each = [backward(*piece, total, one) for piece, (total, _), (one,) in given]
            return parts.joined(each), None

        return parts.joined([nats for _, nats in done]), gradient

    return nats

"""A decoder in a loop, fed partly with the truth and partly with its own tokens."""

import keras
from keras import ops

from rnnkit.decoding import sample
from rnnkit.ops import scan


def mixed_logits(model, fed, state, constants, training):
    """Logits `(batch, time, tokens)` of a `Seq2Seq`, each token fed true or its own.

    Args:
        model: Has `teacher_forcing`, the share of true tokens, and `feeds`, "sample"
            or "argmax".
        fed: The true tokens, each one step late, `(batch, time)`.
        state, constants: As `model.begin` gives them.
        training: Whether dropout drops.
    """
    batch, time = ops.shape(fed)
    draws = keras.random.uniform((2, time, batch), seed=model.feed_seed)
    is_true = draws[0] < ops.convert_to_tensor(model.teacher_forcing)
    keep = [  # drawn before the loop, as in it a draw may be the same at every step
        model.drop(
            ops.ones((time, batch, width), model.compute_dtype), training=training
        )
        for width in (model.embedding_dim, model.decoder_width)
    ]

    def step(carry, x):
        own, state = carry
        truth, is_true, uniform, (keep, keep_output) = x
        tokens = ops.where(is_true | (own < 0), truth, own)  # none at first
        output, state = model.advance(
            model.target_embedding(tokens) * keep, state, constants
        )
        logits = model.logits(output * keep_output)
        given = ops.stop_gradient(logits)
        own = (
            sample(given, uniform) if model.feeds == "sample" else ops.argmax(given, -1)
        )
        return (ops.cast(own, truth.dtype), state), logits

    xs = (ops.transpose(fed), is_true, draws[1], keep)
    _, logits = scan(step, (ops.full_like(fed[:, 0], -1), state), xs)
    return ops.transpose(logits, (1, 0, 2))

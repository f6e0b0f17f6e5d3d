"""A decoder in a loop, fed partly with the truth and partly with its own tokens."""

import keras
from keras import ops, tree

from rnnkit.decoding import sample
from rnnkit.layers.inner_loop import time_major
from rnnkit.ops import scan


def mixed_logits(model, fed, state, constants, training):
    """Logits `(batch, time, tokens)` of a `Seq2Seq`, each token fed true or its own.

    Args:
        model: Has `teacher_forcing`, the share of true tokens, and `feeds`, "sample"
            or "argmax".
        fed: The true tokens, each one step late, `(batch, time)`.
        state, constants: As `model.begin` gives them.
        training: Whether dropouts and zoneout drop.
    """
    batch, time = ops.shape(fed)
    draws = keras.random.uniform((2, time, batch), seed=model.feed_seed)
    is_true = draws[0] < ops.convert_to_tensor(model.teacher_forcing)
    # Drawn before the loop, as in it a draw may be the same at every step.
    steps = model.steps(constants, batch, time, training)
    keep = [
        model.drop(
            ops.ones((batch, time, width), model.compute_dtype), training=training
        )
        for width in (model.embedding_dim, model.decoder_width)
    ]

    def step(carry, x):
        own, state = carry
        truth, (keep, keep_output), noise, is_true, uniform = x
        tokens = ops.where(is_true | (own < 0), truth, own)  # none at first
        output, state = steps(model.target_embedding(tokens) * keep, state, noise)
        logits = model.logits(output * keep_output)
        given = ops.stop_gradient(logits)
        own = (
            sample(given, uniform) if model.feeds == "sample" else ops.argmax(given, -1)
        )
        return (ops.cast(own, truth.dtype), state), logits

    xs = tree.map_structure(time_major, (fed, keep, steps.noise))
    first = (ops.full_like(fed[:, 0], -1), state)
    _, logits = scan(step, first, (*xs, is_true, draws[1]))
    steps.end()
    return time_major(logits)

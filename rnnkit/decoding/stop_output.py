"""Models that say of each step whether it is the end, in an output of its own."""

from keras import ops


def stop_output(next_step):
    """A `next_step` whose end is one symbol more, the last.

        p(end) = sigmoid(stop)
        p(symbol) = (1 - sigmoid(stop)) * softmax(logits)

    Of a model that predicts how many steps remain, `stop` is large where fewer than
    half a step do, and very negative elsewhere: `1e4 * (0.5 - remaining)`.

    Args:
        next_step: `next_step(tokens, state)` → `((logits, stop), state)`, and attention
            as third value where there is any: logits `(rows, symbols)`, stop logits
            `(rows,)`. It never is given the end.

    Returns:
        What a search takes, with `end` the number of the model's symbols.
    """

    def step(*given):
        (logits, stop), *others = next_step(*given)
        stop = ops.cast(stop, "float32")[:, None]
        symbols = ops.log_softmax(ops.cast(logits, "float32"), axis=-1)
        ends, goes_on = ops.log_sigmoid(stop), ops.log_sigmoid(-stop)
        return ops.concatenate([goes_on + symbols, ends], axis=-1), *others

    return step

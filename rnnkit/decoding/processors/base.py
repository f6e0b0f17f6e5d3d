"""What changes the log-probabilities of a search before it chooses."""

from keras import ops


class Processor:
    """Weighs or forbids tokens by what was written so far."""

    highest = 0.0  # the most that one token can get, where that is more than nothing

    def start(self, batch_size):
        """The state before the first token: a tree of `(batch, ...)`."""
        return ()

    def __call__(self, log_probs, state, history):
        """Change the log-probabilities of the next token.

        Args:
            log_probs: Float32, `(rows, symbols)`; below -1e29 is forbidden.
            state: The row's, a tree of `(rows, ...)`.
            history: `tokens` `(rows, length)`, -1 from `step` on; `last` `(rows,)`, at
                first the start token; `step`, how many tokens were written.

        Returns:
            Log-probabilities, and the new state.
        """
        raise NotImplementedError


def marked(tokens, marks, symbols):
    """Which symbols stand in a row where there is a mark: booleans `(rows, symbols)`.

    `tokens` and `marks` are `(rows, length)`; of -1 no mark is read.
    """
    rows = ops.shape(tokens)[0]
    marks = ops.cast(marks & (tokens >= 0), "int32")
    first = symbols * ops.arange(rows, dtype="int32")[:, None]
    places = ops.reshape(first + ops.maximum(tokens, 0), (-1, 1))
    counts = ops.scatter(places, ops.reshape(marks, (-1,)), (rows * symbols,))
    return ops.reshape(counts > 0, (rows, symbols))

"""What changes the log-probabilities of a search before it chooses."""


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

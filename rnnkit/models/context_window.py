"""The last few vectors side by side: all that a model with a bounded context sees."""

import numbers

import keras
from keras import ops

from rnnkit.registration import export


@export
class ContextWindow(keras.layers.Layer):
    """Of every step the last K vectors, the oldest first.

        y_t = [x_{t-K+1}, ..., x_t]

    `(batch, time, features)` → `(batch, time, K * features)`, and the state, the last
    K - 1 vectors, `(batch, K - 1, features)`. Before the first step stand zeros. It has
    no weights.

    Args:
        context: The number of vectors, K.

    Raises:
        ValueError: `context` is not a positive integer.
    """

    def __init__(self, context, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(context, numbers.Integral) or context < 1:
            raise ValueError(
                f"context must be an integer of 1 or more, got {context!r}."
            )
        self.context = int(context)

    def build(self, input_shape):
        self.features = input_shape[-1]
        self.built = True

    def compute_output_shape(self, input_shape):
        batch, time, features = input_shape
        state = (batch, self.context - 1, features)
        return [(batch, time, self.context * features), state]

    def initial_state(self, batch_size):
        """Zeros, `(batch_size, K - 1, features)`, in a list."""
        shape = (batch_size, self.context - 1, self.features)
        return [ops.zeros(shape, self.compute_dtype)]

    def call(self, inputs, initial_state=None):
        if initial_state is None:
            initial_state = self.initial_state(ops.shape(inputs)[0])
        every = ops.concatenate([*initial_state, inputs], axis=1)
        time = ops.shape(inputs)[1]
        shifted = [every[:, k : k + time] for k in range(self.context)]
        return ops.concatenate(shifted, axis=-1), every[:, time:]

    def step(self, x, state):
        """One step: `(batch, features)`, state → `(batch, K * features)`, state."""
        outputs, *state = self(x[:, None], initial_state=state)
        return outputs[:, 0], state

    def get_config(self):
        return {**super().get_config(), "context": self.context}

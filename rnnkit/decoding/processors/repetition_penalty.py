"""What is written again costs more."""

import dataclasses

from keras import ops

from rnnkit.decoding.processors.base import Processor, marked


@dataclasses.dataclass(frozen=True)
class RepetitionPenalty(Processor):
    """penalty * ln p for every token that was written before

    Above 1 it costs more than it would, below 1 less.

    Raises:
        ValueError: The penalty is not more than 0.

    Reference: [Keskar et al., 2019](https://arxiv.org/abs/1909.05858)
    """

    penalty: float

    def __post_init__(self):
        if self.penalty <= 0:
            raise ValueError(f"penalty must be more than 0, got {self.penalty!r}.")

    def __call__(self, log_probs, state, history):
        tokens = history.tokens
        written = marked(tokens, tokens >= 0, ops.shape(log_probs)[1])
        return ops.where(written, self.penalty * log_probs, log_probs), state

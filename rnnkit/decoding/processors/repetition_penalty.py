"""What is written again costs more."""

import dataclasses
import math

from keras import ops

from rnnkit.decoding.processors.base import Processor, marked


@dataclasses.dataclass(frozen=True)
class RepetitionPenalty(Processor):
    """penalty * ln p for every token that was written before

    Above 1 it costs more than it would, below 1 less. Where another processor has
    brought it above 0, it is divided by the penalty.

    Raises:
        ValueError: The penalty is not more than 0.

    Reference: [Keskar et al., 2019](https://arxiv.org/abs/1909.05858)
    """

    penalty: float

    def __post_init__(self):
        if self.penalty <= 0:
            raise ValueError(f"penalty must be more than 0, got {self.penalty!r}.")

    @property
    def highest(self):
        return 0.0 if self.penalty >= 1 else math.inf

    def __call__(self, log_probs, state, history):
        tokens = history.tokens
        written = marked(tokens, tokens >= 0, ops.shape(log_probs)[1])
        charged = ops.where(
            log_probs < 0, self.penalty * log_probs, log_probs / self.penalty
        )
        return ops.where(written, charged, log_probs), state

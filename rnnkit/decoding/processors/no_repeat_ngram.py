"""No run of tokens twice."""

import dataclasses
import numbers

from keras import ops

from rnnkit.decoding.processors.base import Processor, marked
from rnnkit.decoding.scorers.base import NEVER


@dataclasses.dataclass(frozen=True)
class NoRepeatNGram(Processor):
    """Forbids what would make `size` tokens in a row stand in a sequence twice.

    Raises:
        ValueError: `size` is no integer of 1 or more.

    Reference: [Paulus et al., 2018](https://arxiv.org/abs/1705.04304)
    """

    size: int

    def __post_init__(self):
        if not isinstance(self.size, numbers.Integral) or self.size < 1:
            raise ValueError(
                f"size must be an integer of 1 or more, got {self.size!r}."
            )

    def __call__(self, log_probs, state, history):
        tokens, before = history.tokens, self.size - 1
        windows = ops.shape(tokens)[1] - before
        if not isinstance(windows, int):  # known only as this runs
            windows = ops.maximum(windows, 0)
        elif windows < 1:
            return log_probs, state
        follows = tokens[:, before:]
        again = ops.ones_like(follows, dtype="bool")
        for k in range(before):
            place = ops.maximum(history.step - before + k, 0)
            known = ops.take(tokens, place, axis=1)[:, None]
            again = again & (tokens[:, k : k + windows] == known)
        twice = marked(follows, again, ops.shape(log_probs)[1])
        return ops.where(twice, NEVER, log_probs), state

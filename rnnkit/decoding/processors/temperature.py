"""A flatter or sharper distribution."""

import dataclasses

from keras import ops

from rnnkit.decoding.processors.base import Processor
from rnnkit.decoding.sampling import temper
from rnnkit.decoding.scorers.base import NEVER


@dataclasses.dataclass(frozen=True)
class Temperature(Processor):
    """p ** (1 / temperature), made to add up to one again.

    Above 1 it is flatter, below 1 sharper.

    Raises:
        ValueError: It is not more than 0.
    """

    temperature: float

    def __post_init__(self):
        if self.temperature <= 0:
            raise ValueError(
                f"temperature must be more than 0, got {self.temperature!r}."
            )

    def __call__(self, log_probs, state, history):
        tempered = ops.log_softmax(temper(log_probs, self.temperature), axis=-1)
        return ops.where(log_probs > NEVER / 10, tempered, NEVER), state

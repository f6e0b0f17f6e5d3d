"""Tokens that must not be written."""

import dataclasses

import numpy as np
from keras import ops

from rnnkit.decoding.processors.base import Processor
from rnnkit.decoding.scorers.base import NEVER


@dataclasses.dataclass(frozen=True)
class BannedTokens(Processor):
    """Forbids some tokens throughout: a list of ids.

    Raises:
        ValueError: There is no such token.
    """

    tokens: tuple

    def __post_init__(self):
        object.__setattr__(self, "tokens", tuple(map(int, self.tokens)))

    def __call__(self, log_probs, state, history):
        symbols = log_probs.shape[-1]
        for token in self.tokens:
            if not 0 <= token < symbols:
                raise ValueError(
                    f"Token {token} cannot be banned: there are {symbols} symbols."
                )
        banned = np.isin(np.arange(symbols), self.tokens)
        return ops.where(banned, NEVER, log_probs), state

"""Parity: is the number of ones so far odd?"""

import dataclasses

import numpy as np

from rnnkit.data.tasks.base import Sequences, Task, exact, lengths_of


@dataclasses.dataclass(frozen=True)
class Parity(Task):
    """After each bit: is the number of ones so far odd? 0 1 0 1 1 0: 0 1 1 0 1 1.

        y_t = x_1 + … + x_t  modulo 2

    Bits are fair and independent. A sequence counts as right where every bit of it is.

    Attributes:
        shortest, longest: Bits of a sequence; each length is as frequent as another.
    """

    shortest: int = 1
    longest: int = 20
    measure = "exact sequences"

    def sample(self, count, seed=0):
        """Sequences of x and y `(count, longest, 1)`, with a mask if lengths differ."""
        rng = np.random.default_rng(seed)
        _, mask = lengths_of(rng, count, self.shortest, self.longest)
        bits = rng.integers(0, 2, (count, self.longest))
        y = bits.cumsum(axis=1) % 2
        if mask is not None:
            bits, y = bits * mask, y * mask
        return Sequences(*(a[..., None].astype("float32") for a in (bits, y)), mask)

    def baseline(self):
        """2 to the power of minus the length, the mean over the lengths.

        The parities of a sequence are fair and independent themselves, so that all
        answers given without looking are right equally often.
        """
        lengths = np.arange(self.shortest, self.longest + 1)
        return float(np.mean(0.5**lengths))

    def score(self, sequences, outputs):
        """Share of sequences with every bit right; outputs `(n, time, 1)`."""
        return exact(sequences, outputs)

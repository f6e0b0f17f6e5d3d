"""Addition of two binary numbers, digit by digit."""

import dataclasses

import numpy as np

from rnnkit.data.tasks.base import Sequences, Task, exact, lengths_of


@dataclasses.dataclass(frozen=True)
class Addition(Task):
    """Two N-bit numbers, units first, and their sum of N + 1 bits: 11 + 10, 001.

        y_t = bit t of a + b,  x_t = (bit t of a, bit t of b),  t = 0 … N

    At the last step both inputs are 0, and the carry comes out. Numbers are uniform
    from 0 to 2^N - 1. A sequence counts as right where every bit of it is.

    Attributes:
        shortest, longest: N; each is as frequent as another.
    """

    shortest: int = 1
    longest: int = 20
    measure = "exact sequences"

    def sample(self, count, seed=0):
        """Sequences of x `(count, longest + 1, 2)` and y `(count, longest + 1, 1)`."""
        rng = np.random.default_rng(seed)
        lengths, _ = lengths_of(rng, count, self.shortest, self.longest)
        x = rng.integers(0, 2, (count, self.longest + 1, 2))
        place = np.arange(self.longest + 1)
        x *= (place < lengths[:, None])[..., None]
        y = np.empty((count, self.longest + 1, 1), "float32")
        carry = np.zeros(count, int)
        for t in place:
            total = x[:, t].sum(axis=-1) + carry
            y[:, t, 0], carry = total % 2, total // 2
        mask = None if self.shortest == self.longest else place <= lengths[:, None]
        return Sequences(x.astype("float32"), y, mask)

    def baseline(self):
        """2^-N, the mean over N.

        Of the 4^N pairs of N-bit numbers no sum is more frequent than 2^N - 1, which
        2^N pairs have: whoever always answers that is right so often.
        """
        return float(np.mean(0.5 ** np.arange(self.shortest, self.longest + 1)))

    def score(self, sequences, outputs):
        """Share of sums with every bit right; outputs `(n, time, 1)`."""
        return exact(sequences, outputs)

"""The copy task: keep some symbols for long, then write them."""

import dataclasses
import math

import numpy as np

from rnnkit.data.tasks.base import Sequences, Task, one_hot


@dataclasses.dataclass(frozen=True)
class Copy(Task):
    """Read some symbols, wait, and write them when told: 3 1 _ _ _ ! _ _, 3 1.

    Steps are `delay + 2 * length`: the symbols, `delay - 1` blanks, the sign to write,
    and `length` blanks. The target is blank until the sign, and from the step after it
    on the symbols.

    Attributes:
        delay: Steps from the last symbol to the sign.
        length: Symbols to keep.
        symbols: Of how many they are drawn.

    Reference: [Arjovsky et al., 2016](https://arxiv.org/abs/1511.06464), section 4.1
    """

    delay: int = 100
    length: int = 10
    symbols: int = 8
    measure = "accuracy of the copy"

    def sample(self, count, seed=0):
        """Sequences of x `(count, time, symbols + 2)` and classes y `(count, time)`.

        Class 0 is the blank, k the symbol k; feature `symbols + 1` is the sign.

        Raises:
            ValueError: No delay, nothing to keep, or one symbol alone.
        """
        if min(self.delay, self.length) < 1 or self.symbols < 2:
            raise ValueError(
                f"delay={self.delay}, length={self.length}, symbols={self.symbols}: "
                "take 1 or more, and 2 symbols or more."
            )
        rng = np.random.default_rng(seed)
        kept = rng.integers(1, self.symbols + 1, (count, self.length))
        read = np.zeros((count, self.delay + 2 * self.length), int)
        read[:, : self.length] = kept
        read[:, self.length + self.delay - 1] = self.symbols + 1
        y = np.zeros(read.shape, "int32")
        y[:, -self.length :] = kept
        return Sequences(one_hot(read, self.symbols + 2), y)

    def baseline(self):
        """One symbol in `symbols`: whoever always writes the same."""
        return 1 / self.symbols

    def baseline_loss(self):
        """Nats per step of whoever knows when, but not what, to write.

        length * ln(symbols) / (delay + 2 * length)
        """
        steps = self.delay + 2 * self.length
        return self.length * math.log(self.symbols) / steps

    def score(self, sequences, outputs):
        """Share of the symbols to be written that are; outputs `(n, time, classes)`."""
        written = np.argmax(outputs, axis=-1)[:, -self.length :]
        return float((written == sequences.y[:, -self.length :]).mean())

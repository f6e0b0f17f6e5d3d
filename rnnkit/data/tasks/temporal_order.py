"""The temporal order problem: which of two came first?"""

import dataclasses

import numpy as np

from rnnkit.data.tasks.base import Sequences, Task, one_hot, right_classes


@dataclasses.dataclass(frozen=True)
class TemporalOrder(Task):
    """Two symbols that count among many that do not: c A e e d B f c is AB.

    Symbols are A, B and four that mean nothing, c, d, e, f. One of A and B stands in
    the second tenth of the sequence, one in the fifth; which of AA, AB, BA, BB it was,
    0 to 3, is asked after the last step. All are equally likely.

    This is Pascanu's variant: the length is fixed, and no symbol says where a sequence
    begins or ends. Places are those of the paper (the authors' program has the second
    symbol in the sixth tenth); solved means, there, less than 1 % of 10,000 sequences
    wrong. Hochreiter's (1997, experiment 6a) is 100 to 110 steps long and has two
    symbols more, for the beginning and the end.

    Attributes:
        length: Symbols of a sequence, at least 10.

    Reference: [Pascanu et al., 2013](https://arxiv.org/abs/1211.5063)
    """

    length: int = 50

    def sample(self, count, seed=0):
        """Sequences of x `(count, length, 6)` and classes y `(count,)`.

        Raises:
            ValueError: The length has no tenths.
        """
        tenth = self.length // 10
        if not tenth:
            raise ValueError(f"length={self.length} has no tenths: take 10 or more.")
        rng = np.random.default_rng(seed)
        symbols = rng.integers(2, 6, (count, self.length))
        which = rng.integers(0, 2, (count, 2))
        starts = [self.length // 10, 4 * self.length // 10]
        places = starts + rng.integers(0, tenth, (count, 2))
        np.put_along_axis(symbols, places, which, axis=1)
        return Sequences(one_hot(symbols, 6), (which @ [2, 1]).astype("int32"))

    def baseline(self):
        """1/4: of four equally likely answers one."""
        return 1 / 4

    def score(self, sequences, outputs):
        """Share of right answers; outputs `(n, 4)`, the highest counts."""
        return right_classes(sequences, outputs)

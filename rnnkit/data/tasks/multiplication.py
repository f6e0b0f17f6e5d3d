"""The multiplication problem: two marked numbers of many."""

import dataclasses

from rnnkit.data.tasks.adding import marked
from rnnkit.data.tasks.base import Sequences, Task, squared_error


@dataclasses.dataclass(frozen=True)
class Multiplication(Task):
    """Many numbers, two of them marked: what is the product of the two?

        y = a_j * a_k,  x_t = (a_t, 1 if t is j or k else 0)

    Drawn as in `AddingProblem`.

    Attributes:
        length: Numbers of a sequence.

    Reference: [Hochreiter and Schmidhuber, 1997](
    https://doi.org/10.1162/neco.1997.9.8.1735), experiment 5
    """

    length: int = 100
    measure = "mean squared error"

    def sample(self, count, seed=0):
        """Sequences of x `(count, length, 2)` and y `(count, 1)`."""
        x, chosen = marked(self.length, count, seed)
        return Sequences(x, chosen.prod(axis=1, keepdims=True))

    def baseline(self):
        """7/144, the variance of the product: 1/3 * 1/3 - (1/4)^2.

        It is the error of whoever always answers 1/4.
        """
        return 1 / 9 - 1 / 16

    def score(self, sequences, outputs):
        """Mean squared error; outputs `(n, 1)`."""
        return squared_error(sequences, outputs)

"""The adding problem: two marked numbers of many."""

import dataclasses

import numpy as np

from rnnkit.data.tasks.base import Sequences, Task, squared_error


def marked(length, count, seed):
    """Numbers of [0, 1), two of them marked: x `(count, length, 2)`, and the two.

    Any two places are as likely as any others.

    Raises:
        ValueError: Less than two numbers.
    """
    if length < 2:
        raise ValueError(f"Two of {length} numbers cannot be marked: take 2 or more.")
    rng = np.random.default_rng(seed)
    values = rng.random((count, length), dtype="float32")
    first = rng.integers(0, length, count)
    places = np.stack([first, (first + rng.integers(1, length, count)) % length], 1)
    markers = np.zeros((count, length), "float32")
    np.put_along_axis(markers, places, 1.0, axis=1)
    chosen = np.take_along_axis(values, places, axis=1)
    return np.stack([values, markers], axis=-1), chosen


@dataclasses.dataclass(frozen=True)
class AddingProblem(Task):
    """Many numbers, two of them marked: what is the sum of the two?

        y = a_j + a_k,  x_t = (a_t, 1 if t is j or k else 0)

    Numbers are uniform on [0, 1) and any two places are as likely as any others, as
    in [Bai et al., 2018](https://arxiv.org/abs/1803.01271). Others draw one place of
    each half.

    Attributes:
        length: Numbers of a sequence.

    Reference: [Hochreiter and Schmidhuber, 1997](
    https://doi.org/10.1162/neco.1997.9.8.1735), experiment 4
    """

    length: int = 600
    measure = "mean squared error"

    def sample(self, count, seed=0):
        """Sequences of x `(count, length, 2)` and y `(count, 1)`."""
        x, chosen = marked(self.length, count, seed)
        return Sequences(x, chosen.sum(axis=1, keepdims=True))

    def baseline(self):
        """1/6, the variance of the sum: twice 1/12, of whoever always answers 1."""
        return 2 / 12

    def score(self, sequences, outputs):
        """Mean squared error; outputs `(n, 1)`."""
        return squared_error(sequences, outputs)

"""What all toy tasks share: their sequences, and batches that are never seen twice."""

import dataclasses

import keras
import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Sequences:
    """Examples of a task.

    Attributes:
        x: float32 inputs, `(n, time, features)`.
        y: Targets: float32 `(n, time, 1)` or `(n, 1)`, or int32 classes `(n, time)` or
            `(n,)`.
        mask: Booleans `(n, time)`, False where a sequence has ended; None where all
            are equally long. What has ended is 0 in x and y.
    """

    x: np.ndarray
    y: np.ndarray
    mask: np.ndarray | None = None

    def __len__(self):
        return len(self.x)

    @property
    def weights(self):
        """The mask as float32, `sample_weight` of `fit`; None without one."""
        return None if self.mask is None else self.mask.astype("float32")

    def for_fit(self):
        """`(x, y)` or `(x, y, weights)`, the arguments of `fit`."""
        given = (self.x, self.y, self.weights)
        return given if self.mask is not None else given[:2]


class Task:
    """A toy task; what a subclass must have, and what it is given.

    Attributes:
        measure: What `score` measures, in words.
    """

    measure = "accuracy"

    def sample(self, count, seed=0):
        """Draw `count` examples: `Sequences`, the same ones for the same seed.

        Args:
            count: How many.
            seed: A whole number, or several in a tuple.
        """
        raise NotImplementedError

    def baseline(self):
        """What `score` gives, on average, to the best answer that does not look."""
        raise NotImplementedError

    def score(self, sequences, outputs):
        """How good outputs are.

        Args:
            sequences: `Sequences`.
            outputs: For y in numbers the numbers, or probabilities of bits; for
                classes a score of each class in a last axis more.
        """
        raise NotImplementedError

    def batches(self, batch_size, steps, seed=0):
        """Fresh examples for `fit`: `steps` batches, each drawn when it is asked for.

        Batch k is `sample(batch_size, (*seed, k))`; nothing is stored.
        """
        return _Fresh(self, batch_size, steps, seed)


class _Fresh(keras.utils.PyDataset):
    def __init__(self, task, batch_size, steps, seed):
        super().__init__()
        self.task, self.batch_size, self.steps = task, batch_size, steps
        self.seed = seed if isinstance(seed, tuple) else (seed,)

    def __len__(self):
        return self.steps

    def __getitem__(self, index):
        return self.task.sample(self.batch_size, (*self.seed, index)).for_fit()


def lengths_of(rng, count, shortest, longest):
    """Lengths, uniform from shortest to longest, and the mask `(count, longest)`.

    The mask is None where all are equally long.

    Raises:
        ValueError: There is no such length.
    """
    if not 1 <= shortest <= longest:
        raise ValueError(
            f"Lengths from {shortest} to {longest} cannot be had: from 1 on, and the "
            "longest no shorter than the shortest."
        )
    lengths = rng.integers(shortest, longest + 1, count)
    if shortest == longest:
        return lengths, None
    return lengths, np.arange(longest) < lengths[:, None]


def exact(sequences, outputs):
    """Share of sequences whose bits are all right.

    Args:
        sequences: `Sequences` of y `(n, time, 1)`.
        outputs: Probabilities of ones, `(n, time, 1)`: above 1/2 is a one.
    """
    right = (np.asarray(outputs) > 0.5) == (sequences.y > 0.5)
    right = right[..., 0]
    if sequences.mask is not None:
        right |= ~sequences.mask
    return float(right.all(axis=1).mean())


def right_classes(sequences, outputs):
    """Share of right classes: the one of the highest score, `(n, classes)`."""
    return float((np.argmax(outputs, axis=-1) == sequences.y).mean())


def squared_error(sequences, outputs):
    """Mean squared difference of outputs and y, both `(n, 1)`."""
    return float(np.square(np.asarray(outputs, "float64") - sequences.y).mean())


def one_hot(symbols, count):
    """Symbols `(n, time)` → float32 `(n, time, count)`."""
    return np.eye(count, dtype="float32")[symbols]

"""Written digits, read point by point."""

import dataclasses

import numpy as np

from rnnkit.data.mnist import load_mnist
from rnnkit.data.tasks.base import Sequences, Task, right_classes


@dataclasses.dataclass(frozen=True)
class SequentialDigits(Task):
    """A written digit, its points one after another, row by row: which was it?

    Attributes:
        source: `"digits"`, the 1,797 of 8 × 8 points that scikit-learn brings, of
            which every fifth is of the test; or `"mnist"`, 28 × 28.
        order: Seed of an order of the points other than row by row, the same for all
            images; None for row by row.
        data_dir: Of `"mnist"`, as `rnnkit.data.load_mnist` takes it.

    Reference: [Le et al., 2015](https://arxiv.org/abs/1504.00941), section 4.2
    """

    source: str = "digits"
    order: int | None = None
    data_dir: str | None = None

    def parts(self):
        """`{"train": Sequences, "test": Sequences}`.

        x is `(n, points, 1)`, from 0 to 1; y is the digit, `(n,)`.

        Raises:
            ImportError: scikit-learn is not installed.
            ValueError: There is no such source.
        """
        if self.source not in _SOURCES:
            known = ", ".join(_SOURCES)
            raise ValueError(f"No source {self.source!r}; there are {known}.")
        parts = {}
        for part, (images, digits) in _SOURCES[self.source](self.data_dir).items():
            x = images.reshape(len(images), -1, 1)
            if self.order is not None:
                x = x[:, np.random.default_rng(self.order).permutation(x.shape[1])]
            parts[part] = Sequences(x, digits.astype("int32"))
        return parts

    def sample(self, count, seed=0, part="train"):
        """`count` different digits of a part, `"train"` or `"test"`."""
        whole = self.parts()[part]
        rng = np.random.default_rng(seed)
        chosen = rng.choice(len(whole), count, replace=False)
        return Sequences(whole.x[chosen], whole.y[chosen])

    def baseline(self):
        """Share of the test that is the digit most frequent in training."""
        parts = self.parts()
        most = np.bincount(parts["train"].y).argmax()
        return float((parts["test"].y == most).mean())

    def score(self, sequences, outputs):
        """Share of right digits; outputs `(n, 10)`, the highest counts."""
        return right_classes(sequences, outputs)


def _digits(data_dir):
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError(
            "The digits come with scikit-learn: pip install scikit-learn."
        ) from error
    images, digits = load_digits(return_X_y=True)
    images = (images / 16).astype("float32")
    test = np.arange(len(digits)) % 5 == 0
    return {
        "train": (images[~test], digits[~test]),
        "test": (images[test], digits[test]),
    }


def _mnist(data_dir):
    return {
        part: ((images / 255).astype("float32"), digits)
        for part, (images, digits) in load_mnist(data_dir).items()
    }


_SOURCES = {"digits": _digits, "mnist": _mnist}

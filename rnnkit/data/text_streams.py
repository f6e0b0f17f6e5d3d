"""One long text cut into parallel streams, for truncated BPTT."""

import copy
import itertools

import keras
import numpy as np

from rnnkit.data.untuned import untuned


def text_streams(text, vocabulary, batch_size, steps, drop_remainder=True):
    """Cut a text into parallel streams of `(x, y)` windows, `y` one symbol ahead.

    The text is cut into `batch_size` pieces that are read side by side: row j of
    every batch goes on where row j of the batch before it ended, so that a model may
    carry its state from batch to batch. The order is that of the text, the same in
    every pass; give `fit` of a model other than `LanguageModel` `shuffle=False`.

    Args:
        text: `str`, or ids as an integer array `(n,)`.
        vocabulary: Encodes the text; not needed for ids.
        batch_size: Number of streams.
        steps: Symbols in a window, after which the gradient is cut.
        drop_remainder: With True all windows are full and the last
            `streams.unused` symbols of the text are left out. With False nothing is
            left out: batches are `(x, y, weights)`, and what fills the last windows
            has weight 0. Use this to evaluate, with `batch_size=1` where the state is
            to be carried over the whole text.

    Returns:
        `TextStreams`, which `fit` and `evaluate` take.

    Raises:
        ValueError: The text is too short for the streams, or holds a character
            outside the vocabulary.
    """
    if not isinstance(text, str):
        return TextStreams(np.asarray(text), batch_size, steps, drop_remainder)
    ids = vocabulary.encode(text)
    return TextStreams(ids, batch_size, steps, drop_remainder, vocabulary)


class TextStreams(keras.utils.PyDataset):
    """The windows of parallel streams over ids `(n,)`; see `text_streams`.

    Attributes:
        batch_size, steps: Shape of a batch.
        batches: Batches in a pass over the text.
        predicted: Symbols predicted in a pass: all but the first and the unused.
        unused: Symbols at the end of the text that no batch holds.
        vocabulary: What the text was encoded by; None where it came as ids.
        extremes: The least and the greatest id of the text, int64 `(2,)`.
        first: Batch at which `LanguageModel.fit` begins its next pass, to go on in the
            middle of an interrupted one; 0 again once that pass has begun.
    """

    def __init__(self, ids, batch_size, steps, drop_remainder=True, vocabulary=None):
        super().__init__()
        self.vocabulary = vocabulary
        for name, value in (("batch_size", batch_size), ("steps", steps)):
            if not isinstance(value, (int, np.integer)) or value < 1:
                raise ValueError(f"{name} must be a positive integer, got {value!r}.")
        if ids.ndim != 1 or not np.issubdtype(ids.dtype, np.integer):
            raise ValueError(
                "Streams are cut from one row of integer ids, got "
                f"{ids.dtype} of shape {ids.shape}."
            )
        needed = batch_size * steps if drop_remainder else 1
        targets = len(ids) - 1
        if targets < needed:
            raise ValueError(
                f"A text of {len(ids):,} symbols is too short for {batch_size} streams "
                f"of {steps} steps: they need {needed + 1:,}. Use a smaller batch_size "
                "or fewer steps, or more text."
            )
        self.batch_size, self.steps = int(batch_size), int(steps)
        self.drop_remainder = drop_remainder
        self.extremes = np.array([ids.min(), ids.max()], "int64")
        ids = ids.astype("int32")
        if drop_remainder:
            self.batches = targets // needed
            self.predicted = self.batches * needed
            self._weights = None
        else:
            length = -(-targets // batch_size)
            self.batches = -(-length // steps)
            self.predicted = targets
            self._weights = self._rows(np.ones(targets, "float32"), length)
        self.unused = targets - self.predicted
        self.first = 0
        length = self.batches * steps if drop_remainder else length
        self._x = self._rows(ids[: self.predicted], length)
        self._y = self._rows(ids[1 : self.predicted + 1], length)

    def _rows(self, values, length):
        """`(n,)` → `(batch_size, batches * steps)`, zeros where there is no value."""
        rows = np.zeros(self.batch_size * length, values.dtype)
        rows[: len(values)] = values
        rows = rows.reshape(self.batch_size, length)
        return np.pad(rows, [(0, 0), (0, self.batches * self.steps - length)])

    def __len__(self):
        return self.batches

    def __getitem__(self, index):
        """Batch `index` of a pass, `(x, y)` or `(x, y, weights)`."""
        if not 0 <= index < len(self):
            raise IndexError(f"There is no batch {index} among {len(self)}.")
        window = slice(index * self.steps, (index + 1) * self.steps)
        arrays = (self._x, self._y, self._weights)
        return tuple(array[:, window] for array in arrays if array is not None)

    def __iter__(self):
        return (self[index] for index in range(len(self)))

    def parts(self, count):
        """Cut a pass into shorter ones: the same streams, one stretch after another.

        Every part reads a piece of every stream, and so from all over the text.

        Returns:
            List of `count` `TextStreams`, whose batches are together those of the
            whole.

        Raises:
            ValueError: There are fewer batches than parts.
        """
        if not 1 <= count <= self.batches:
            raise ValueError(
                f"A pass of {self.batches} batches cannot be cut into {count} parts."
            )
        cuts = [k * self.batches // count for k in range(count + 1)]
        return [self._part(begin, end) for begin, end in itertools.pairwise(cuts)]

    def _part(self, begin, end):
        part = copy.copy(self)
        window = slice(begin * self.steps, end * self.steps)
        part._x, part._y = self._x[:, window], self._y[:, window]
        part.batches, part.unused, part.first = end - begin, 0, 0
        if self._weights is not None:
            part._weights = self._weights[:, window]
            part.predicted = int(part._weights.sum())
        else:
            part.predicted = part._y.size
        return part

    def dataset(self, first=0):
        """The pass from batch `first` on, as a `tf.data.Dataset`."""
        import tensorflow as tf

        arrays = [
            array.reshape(self.batch_size, self.batches, self.steps).swapaxes(0, 1)
            for array in (self._x, self._y, self._weights)
            if array is not None
        ]
        rest = tuple(array[first:] for array in arrays)
        return untuned(tf.data.Dataset.from_tensor_slices(rest))

"""Words and the words around them, in rows, for word vectors."""

import itertools

import keras
import numpy as np

from rnnkit.data.counted_words import words_of
from rnnkit.data.untuned import untuned

_SPREAD = 5  # standard deviations by which a pass may be longer than is expected
_BLOCK = 256  # batches that are handed over at once


class WordWindows(keras.utils.PyDataset):
    """A text as word2vec reads it: frequent words thinned out, windows drawn anew.

    A word w that makes up the share f(w) of the text is kept with probability

        min(1, sqrt(s / f(w)) + s / f(w))

    and of each that is kept the words up to b away count as near, b drawn from 1 to
    `window`, and cut at the ends of its sentence. What is drawn follows from `seed` and
    the number of the pass, `epoch`, alone.

    A batch is `((words, left, right, noise),)`, int32: words `(rows, n + 2 window)`,
    neighbours in the text, of which the middle n are the row's own; how many words are
    near on each side of those, left and right `(rows, n)`, 0 where there is no word;
    and `noise`, `(rows, negatives)`, drawn from the counts to the power of `power`. All
    passes have as many batches; the last ones may be empty.

    Args:
        sentences: Texts, whose words spaces separate, or lists of words.
        vocabulary: A `CountedWords`; words that it lacks are passed over.
        window: Words on each side at most.
        sample: s; 0 keeps every word.
        words: n, of a row.
        batch_size: Rows of a batch.
        negatives: Words drawn for a row, which all its pairs share.
        power: Flattens the counts.
        seed: Of all that is drawn.

    Attributes:
        vocabulary: As given.
        total: Words of the text that the vocabulary has.
        epoch: Number of the pass that is drawn now; `fit` counts it.
        first: Batch at which `fit` begins its next pass, to go on in the middle of an
            interrupted one; 0 again once that pass has begun.

    Raises:
        ValueError: A number is out of range, or no sentence has two words of the
            vocabulary.

    Reference: [Mikolov et al., 2013](https://arxiv.org/abs/1310.4546); the probability
    is that of its program, not of its text
    """

    def __init__(
        self,
        sentences,
        vocabulary,
        window=5,
        sample=1e-3,
        words=1024,
        batch_size=1,
        negatives=128,
        power=0.75,
        seed=0,
    ):
        super().__init__()
        self.vocabulary = vocabulary
        for name, value in (("window", window), ("words", words)):
            if value < 1:
                raise ValueError(f"{name} must be 1 or more, got {value}.")
        if batch_size < 1 or negatives < 0 or sample < 0:
            raise ValueError(
                f"batch_size must be 1 or more, negatives and sample not below 0; got "
                f"{batch_size}, {negatives}, {sample}."
            )
        rows = [vocabulary.encode(words_of(sentence)) for sentence in sentences]
        rows = [row for row in rows if len(row) > 1]
        if not rows:
            raise ValueError("No sentence has two words that the vocabulary has.")
        self._ids = np.concatenate(rows)
        lengths = np.fromiter(map(len, rows), "int64", len(rows))
        self._sentence = np.repeat(np.arange(len(rows)), lengths)
        self.window, self.words, self.batch_size = window, words, batch_size
        self.negatives, self.seed, self.total = negatives, seed, len(self._ids)
        self.epoch, self.first, self._drawn = 0, 0, (None, None)
        counts = np.maximum(np.bincount(self._ids, minlength=vocabulary.size), 1)
        share = counts / self.total
        keep = (
            np.sqrt(sample / share) + sample / share if sample else np.ones(len(counts))
        )
        self._keep = np.minimum(keep, 1.0).astype("float32")
        weights = vocabulary.counts**power
        self._noise = np.cumsum(weights / weights.sum())
        kept = self._keep[self._ids].astype("float64")
        spread = np.sqrt((kept * (1 - kept)).sum())
        self._most = min(self.total, int(np.ceil(kept.sum() + _SPREAD * spread)))
        self.batches = -(-self._most // (words * batch_size))

    def __len__(self):
        return self.batches

    def __getitem__(self, index):
        """Batch `index` of the pass that is drawn now."""
        if not 0 <= index < len(self):
            raise IndexError(f"There is no batch {index} among {len(self)}.")
        return (tuple(array[0] for array in self._some(index, index + 1)),)

    def __iter__(self):
        return (self[index] for index in range(len(self)))

    def dataset(self, first=0):
        """A `tf.data.Dataset` of the pass from batch `first` on.

        Which pass that is, `epoch` says where the reading begins.
        """
        import tensorflow as tf

        def blocks():
            for begin in range(first, self.batches, _BLOCK):
                yield self._some(begin, min(begin + _BLOCK, self.batches))

        widths = self.words + 2 * self.window, self.words, self.words, self.negatives
        signature = tuple(
            tf.TensorSpec((None, self.batch_size, width), "int32") for width in widths
        )
        made = tf.data.Dataset.from_generator(blocks, output_signature=signature)
        made = made.prefetch(1).flat_map(
            lambda *arrays: tf.data.Dataset.from_tensor_slices((arrays,))
        )
        count = tf.data.experimental.assert_cardinality(self.batches - first)
        return untuned(made.apply(count).prefetch(4))

    def _some(self, begin, end):
        """Batches of this pass, `(end - begin, rows, ...)` of each array."""
        ids, left, right = self._pass()
        rows, n, w = (end - begin) * self.batch_size, self.words, self.window
        first = begin * self.batch_size * n
        place = slice(first, first + rows * n)
        windows = np.lib.stride_tricks.sliding_window_view(
            ids[first : first + rows * n + 2 * w], n + 2 * w
        )[::n]
        draws = [self._draw((self.seed, self.epoch, 1, b)) for b in range(begin, end)]
        arrays = windows, left[place], right[place], np.stack(draws)
        shape = end - begin, self.batch_size
        # Copies: TensorFlow may compute in the memory that it is handed.
        return tuple(np.array(a).reshape(*shape, -1) for a in arrays)

    def _draw(self, seed):
        """Noise words of one batch, `(rows, negatives)`."""
        draws = np.random.default_rng(seed).random((self.batch_size, self.negatives))
        found = np.searchsorted(self._noise, draws, side="right")
        return np.minimum(found, len(self._noise) - 1).astype("int32")

    def _pass(self):
        """Words `(batches · rows · n + 2 window)` and their reaches, of this pass."""
        number, arrays = self._drawn
        if number != self.epoch:
            arrays = self._drawn_anew(self.epoch)
            self._drawn = self.epoch, arrays
        return arrays

    def _drawn_anew(self, epoch):
        for attempt in itertools.count():
            rng = np.random.default_rng((self.seed, epoch, 0, attempt))
            kept = rng.random(self.total, "float32") < self._keep[self._ids]
            if kept.sum() <= self._most:
                break
        ids, sentence = self._ids[kept], self._sentence[kept]
        reach = rng.integers(1, self.window + 1, len(ids))
        places = np.arange(len(ids))
        left = np.minimum(reach, places - np.searchsorted(sentence, sentence))
        last = np.searchsorted(sentence, sentence, side="right") - 1
        right = np.minimum(reach, last - places)
        size, w = self.batches * self.batch_size * self.words, self.window
        padded = np.zeros(size + 2 * w, "int32")
        padded[w : w + len(ids)] = ids
        more = size - len(ids)
        return padded, *(np.pad(a, (0, more)).astype("int32") for a in (left, right))

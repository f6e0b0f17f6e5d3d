"""Sequences of unlike length in batches of like length."""

import collections
import copy
import warnings

import keras
import numpy as np

from rnnkit.data.examples import named
from rnnkit.data.untuned import untuned

PADDING = -1  # what labels are filled up with


class SequenceBatches(keras.utils.PyDataset):
    """Sequences and their labels, those of like length together, padded.

    A batch is `((x, lengths), y)`: x `(batch, time, ...)` filled up with zeros, lengths
    `(batch,)`, y `(batch, labels)` filled up with -1; without labels `((x, lengths),)`.
    There are as many sizes of batches as buckets, and one more for the last one, so
    that few are compiled.

    Args:
        inputs: Sequences, a list of arrays whose first axis is time: samples
            `(time,)`, features `(time, features)`, images on their side `(width,
            height)`.
        labels: For each a row of integers, or a text, or None without labels.
        vocabulary: Encodes the texts.
        batch_size: Sequences in a batch.
        buckets: Into how many groups of like length the sequences are sorted; each is
            padded to its longest.
        shuffle: Draw a new order for every pass.
        seed: Of the orders.
        like: A `SequenceBatches` whose sizes to take where they are long enough, so
            that what was compiled for it serves here too.
        strict: Whether a bad item is an error. Otherwise it is left out, and a
            warning names it.

    Attributes:
        texts: The texts of the items kept, or None.
        vocabulary: As given.
        left_out: Why items were left out, `{index: reason}`.
        first: Batch at which `fit` begins its next pass, to go on in the middle of an
            interrupted one; 0 again once that pass has begun.

    Raises:
        ValueError: There is nothing to batch, or with `strict` an item is bad: it is
            empty, holds a number that is not finite, has other axes than most, its
            label has a symbol outside the vocabulary, or it has a label and is silent:
            floating-point samples, `(time,)`, that are all the same.
    """

    def __init__(
        self,
        inputs,
        labels=None,
        vocabulary=None,
        batch_size=32,
        buckets=4,
        shuffle=False,
        seed=0,
        strict=False,
        like=None,
    ):
        super().__init__()
        inputs = [np.asarray(x) for x in inputs]
        if labels is not None and len(labels) != len(inputs):
            raise ValueError(f"{len(inputs)} sequences, but {len(labels)} labels.")
        self.left_out = {}
        self.kept, self.inputs, self.labels, texts = [], [], [], []
        shapes = collections.Counter(x.shape[1:] for x in inputs if x.size)
        shape = shapes.most_common(1)[0][0] if shapes else ()
        for index, x in enumerate(inputs):
            label = None if labels is None else labels[index]
            try:
                _check(x, shape)
                if labels is not None:
                    _check_sound(x)
                encoded = _encoded(label, vocabulary)
            except ValueError as error:
                self.left_out[index] = str(error)
                continue
            self.kept.append(index)
            self.inputs.append(x)
            self.labels.append(encoded)
            texts.append(label)
        _report(self.left_out, len(inputs), strict)
        has_texts = bool(texts) and isinstance(texts[0], str)
        self.texts = texts if has_texts else None
        self.batch_size, self.shuffle, self.seed = batch_size, shuffle, seed
        self.vocabulary = vocabulary
        self.has_labels = labels is not None
        self.lengths = np.array([len(x) for x in self.inputs], "int32")
        self.first, self._pass = 0, 0
        sizes = like.sizes if isinstance(like, SequenceBatches) else ()
        self._buckets = self._bucketed(buckets, sizes)
        self._order = self._drawn()

    def __len__(self):
        return len(self._order)

    def __getitem__(self, index):
        """Batch `index` of the pass."""
        if not 0 <= index < len(self):
            raise IndexError(f"There is no batch {index} among {len(self)}.")
        items, (time, width) = self._order[index]
        x = [self.inputs[i] for i in items]
        given = _padded(x, time, 0), self.lengths[items]
        if not self.has_labels:
            return (given,)
        labels = [self.labels[i] for i in items]
        return given, _padded(labels, width, PADDING)

    def __iter__(self):
        return (self[index] for index in range(len(self)))

    def items(self, index):
        """Which sequences batch `index` holds, as places among those kept."""
        return self._order[index][0]

    def on_epoch_end(self):
        if self.shuffle:
            self._pass += 1
            self._order = self._drawn()

    def passes(self, count):
        """The next passes, one `SequenceBatches` each, for `rnnkit.training.fit`."""
        found = []
        for number in range(count):
            one = copy.copy(self)
            one._pass = self._pass + number
            one._order = one._drawn()
            one.first = 0
            found.append(one)
        return found

    def rest(self, first):
        """This pass from batch `first` on."""
        one = copy.copy(self)
        one._order, one.first = self._order[first:], 0
        return one

    def dataset(self):
        """The passes from this one on, as a `tf.data.Dataset`."""
        import tensorflow as tf

        def batches():
            yield from self
            self.on_epoch_end()

        def spec(array):
            rank = min(array.ndim, 2)  # the batch, and time
            return tf.TensorSpec([None] * rank + [*array.shape[rank:]], array.dtype)

        signature = keras.tree.map_structure(spec, self[0])
        dataset = tf.data.Dataset.from_generator(batches, output_signature=signature)
        cardinality = tf.data.experimental.assert_cardinality(len(self))
        return untuned(dataset.apply(cardinality).prefetch(2))

    @property
    def sizes(self):
        """To what the buckets are padded, `[(time, labels)]`, the shortest first."""
        return [size for _, size in self._buckets]

    def _bucketed(self, buckets, sizes):
        """Groups of like length, each `(items, (time, labels))` with its sizes."""
        order = np.argsort(self.lengths, kind="stable")
        lengths = self.lengths[order]
        times = {
            int(part[-1]) for part in np.array_split(lengths, buckets) if len(part)
        }
        if sizes:
            times = {time for time, _ in sizes} | {max(max(sizes)[0], lengths[-1])}
        groups, width, begin, widths = [], 1, 0, dict(sizes)
        for time in sorted(times):
            end = np.searchsorted(lengths, time, side="right")
            items, begin = order[begin:end], end
            if len(items):
                labels = [len(self.labels[i]) for i in items]
                width = max(width, widths.get(time, 1), *labels)
                groups.append((items, (time, width)))
        return groups

    def _drawn(self):
        """The batches of this pass; what fills none goes to the next size that fits."""
        rng = np.random.default_rng((self.seed, self._pass))
        batches, waiting = [], [[] for _ in self._buckets]
        for number, (items, size) in enumerate(self._buckets, 1):
            items = rng.permutation(items) if self.shuffle else items
            items = [*waiting[number - 1], *items]
            last = number == len(self._buckets)
            whole = len(items) - (0 if last else len(items) % self.batch_size)
            for begin in range(0, whole, self.batch_size):
                chosen = items[begin : min(begin + self.batch_size, whole)]
                batches.append((np.array(chosen), size))
            for place, larger in enumerate(self.sizes[number:], number):
                if size[0] <= larger[0] and size[1] <= larger[1]:
                    waiting[place] += items[whole:]
                    break
        if self.shuffle:
            rng.shuffle(batches)
        return batches


def _check(x, shape):
    if x.ndim == 0 or x.size == 0:
        raise ValueError("it is empty")
    if x.shape[1:] != shape:
        raise ValueError(f"it has axes {x.shape[1:]} after time, most have {shape}")
    if x.dtype.kind not in "fiub":
        raise ValueError(f"it holds no numbers, but {x.dtype}")
    if not np.isfinite(x).all():
        raise ValueError("it holds a number that is not finite")


def _check_sound(x):
    if x.ndim == 1 and x.size > 1 and x.dtype.kind == "f" and x.min() == x.max():
        raise ValueError("it is silent: all its samples are the same")


def _encoded(label, vocabulary):
    if label is None:
        return np.zeros(0, "int32")
    if not isinstance(label, str):
        ids = np.asarray(label, "int32")
        ids = ids[: np.flatnonzero(ids >= 0)[-1] + 1] if (ids >= 0).any() else ids[:0]
        known = vocabulary is None or ((ids >= 0) & (ids < vocabulary.size)).all()
        if not known:
            raise ValueError(f"its label {ids.tolist()} holds what is no id")
        return ids
    if vocabulary is None:
        raise ValueError("its label is a text, and there is no vocabulary")
    return vocabulary.encode(label)


def _report(left_out, count, strict):
    """Say what is bad: an error if `strict` or if nothing is left, else a warning."""
    if not count:
        raise ValueError("There is no sequence.")
    if not left_out:
        return
    reasons = [f"Sequence {i}: {reason}." for i, reason in left_out.items()]
    what = "are bad" if strict else "left out"
    said = f"{len(left_out):,} of {count:,} sequences {what}: {named(reasons)}"
    if strict or len(left_out) == count:
        raise ValueError(said)
    warnings.warn(said, stacklevel=3)


def _padded(rows, size, value):
    """Rows of unlike length as one array, `(batch, size, ...)`."""
    shape = (len(rows), size, *rows[0].shape[1:])
    padded = np.full(shape, value, np.result_type(*rows))
    for k, row in enumerate(rows):
        padded[k, : len(row)] = row
    return padded

"""What is said of a CTC model's data and training: texts too long, and collapse."""

import keras
import numpy as np
from keras import ops

from rnnkit.data import SequenceBatches
from rnnkit.data.examples import named
from rnnkit.models import encoding

_ADVICE = (
    "All CTC models begin so. Should it last, try another learning rate (ten times "
    "more or less, rising over the first steps), features of mean 0 and variance 1, "
    "less sub-sampling, or short sequences first."
)


def report_too_long(model, data, texts, effect, strict=False, steps=None):
    """Say which texts need more frames than their sequences have.

    A text needs one for each symbol, and one more between two that are alike.

    Args:
        model: A `CTCModel`.
        data: A `SequenceBatches` with labels; or a `tf.data.Dataset` whose number of
            batches is known, which is read through once. Of anything else nothing is
            said.
        texts: What they are, in words.
        effect: What those that are too long do.
        strict: Whether they are an error.
        steps: Batches of a `tf.data.Dataset` to look at; all by default.

    Raises:
        ValueError: A label is none of the vocabulary; or there are such texts, and
            `strict`.
    """
    short, count, size = [], 0, model.vocabulary.size
    for inputs, labels, names in _batches(data, steps, model.vocabulary):
        count += len(labels)
        for name, ids, frames in zip(names, labels, _frames(model.encoder, inputs)):
            if len(ids) and not 0 <= min(ids) <= max(ids) < size:
                raise ValueError(
                    f"{name} has the label {list(map(int, ids))}; there are the ids 0 "
                    f"to {size - 1}."
                )
            needed = len(ids) + np.count_nonzero(ids[1:] == ids[:-1])
            if needed > frames:
                short.append(f"{name} needs {needed} frames and has {frames}.")
    if not short:
        return
    said = (
        f"{len(short)} of {count} {texts} are too long for their sequences and "
        f"{effect}: {named(short)} Leave them out, or sub-sample less in time."
    )
    if strict:
        raise ValueError(said)
    print(said)


def _batches(data, steps, vocabulary):
    """Of each batch its inputs, its rows of ids, and their names."""
    if isinstance(data, SequenceBatches) and data.has_labels:
        for number, (inputs, _) in enumerate(data):
            items = data.items(number)
            labels = [data.labels[item] for item in items]
            yield inputs, labels, [f"Item {data.kept[item]}" for item in items]
    elif _is_dataset(data):
        data = data if steps is None else data.take(steps)
        if not _is_counted(data):
            return
        for number, (inputs, labels, *_) in enumerate(data.as_numpy_iterator()):
            names = [f"Row {row} of batch {number}" for row in range(len(labels))]
            rows = [_ids(*pair, vocabulary) for pair in zip(names, labels)]
            yield inputs, rows, names


def _ids(name, label, vocabulary):
    """A text, or a row filled up with -1 or blanks, as ids."""
    if isinstance(label, bytes):
        try:
            return vocabulary.encode(label.decode())
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    symbols = np.flatnonzero((label >= 0) & (label != vocabulary.size))
    return label[: symbols[-1] + 1] if len(symbols) else label[:0]


def _frames(encoder, inputs):
    """How many frames each row has behind the encoder."""
    x, lengths = inputs if isinstance(inputs, (list, tuple)) else (inputs, None)
    mask = encoding.mask_of(x, lengths)
    mask = ops.ones(x.shape[:2], "bool") if mask is None else mask
    mask = encoding.masks(encoder, x, mask)
    return ops.convert_to_numpy(ops.sum(ops.cast(mask, "int32"), axis=1))


def _is_dataset(data):
    return hasattr(data, "as_numpy_iterator")


def first_inputs(*choices):
    """The inputs of one batch, of the first data that are batches; None of none."""
    for data in choices:
        if isinstance(data, SequenceBatches):
            return data[0][0]
        if _is_dataset(data) and _is_counted(data):
            for inputs, *_ in data.take(1).as_numpy_iterator():
                return inputs
    return None


def _is_counted(dataset):
    """Whether it can be read once more: what a generator gives is gone then."""
    return dataset.cardinality() >= 0


class CollapseWatch(keras.callbacks.Callback):
    """Says after an epoch whether all frames of one batch still read as blank.

    Args:
        inputs: Those of the batch; None to say nothing.
    """

    def __init__(self, inputs):
        super().__init__()
        self.inputs = inputs

    def on_epoch_end(self, epoch, logs=None):
        if self.inputs is None or not self.params.get("verbose", 1):
            return
        logits, frames = self.model._read(self.inputs)
        best = ops.convert_to_numpy(ops.argmax(logits, axis=-1))
        inside = np.arange(best.shape[1]) < ops.convert_to_numpy(frames)[:, None]
        if (best == self.model.blank)[inside].all():
            print(
                f"\nAfter epoch {epoch + 1} every frame of a batch reads as blank. "
                f"{_ADVICE}"
            )

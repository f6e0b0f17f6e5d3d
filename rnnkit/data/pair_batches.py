"""Pairs of texts in batches, as a model learns to write one from the other."""

import numpy as np

from rnnkit.data.sequence_batches import SequenceBatches


class PairBatches(SequenceBatches):
    """Sources and targets, those of like length together, padded.

    A batch is `((source, lengths, target), target)`: source ids `(batch, source)`
    filled up with zeros, their lengths `(batch,)`, and target ids `(batch, target)`,
    which end with the end of the vocabulary and are filled up with -1. The target
    stands there twice, to be fed and to be compared with.

    Args:
        sources: Texts, or rows of ids.
        targets: As many texts, or rows of ids without the end.
        source_vocabulary, target_vocabulary: Tokenizers; `rnnkit.data.Tokenizer`.
        options: As for `SequenceBatches`.

    Raises:
        ValueError: As for `SequenceBatches`: an empty source is named and left out, or
            with `strict` an error.
    """

    def __init__(
        self, sources, targets, source_vocabulary, target_vocabulary, **options
    ):
        targets, end = list(targets), [target_vocabulary.end]
        super().__init__(
            encoded(sources, source_vocabulary),
            [
                np.concatenate([ids, end]).astype("int32")
                for ids in encoded(targets, target_vocabulary)
            ],
            target_vocabulary,
            **options,
        )
        self.sources = [list(sources)[index] for index in self.kept]
        self.targets = [targets[index] for index in self.kept]

    def __getitem__(self, index):
        (x, lengths), y = super().__getitem__(index)
        return (x, lengths, y), y


def encoded(texts, vocabulary):
    """Texts, or rows of ids, as rows of ids."""
    texts = list(texts)
    if all(isinstance(text, (str, bytes)) for text in texts):
        return vocabulary.encode_all(texts)
    return [np.asarray(row, "int32") for row in texts]

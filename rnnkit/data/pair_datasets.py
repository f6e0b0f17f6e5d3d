"""Pairs of texts as ids in TensorFlow's graphs and in a `tf.data.Dataset`."""

import keras

from rnnkit.data.sequence_batches import PADDING


def source_ids(texts, vocabulary):
    """Strings `(batch,)` → int32 ids `(batch, time)` filled up with 0, and lengths.

    Raises:
        InvalidArgumentError: A text has no token.
    """
    import tensorflow as tf

    ids = vocabulary.encode_tensor(texts)
    lengths = tf.cast(ids.row_lengths(), tf.int32)
    check = tf.debugging.Assert(tf.reduce_all(lengths > 0), ["A source is empty."])
    with tf.control_dependencies([check]):
        return ids.to_tensor(), lengths


def encoded_pairs(dataset, source_vocabulary, target_vocabulary):
    """A `tf.data.Dataset` of batches as `PairBatches` gives them.

    Args:
        dataset: One of `(source, target)`, strings `(batch,)` each; or of `((source,
            lengths, target), target)` in ids, which is returned as it is.
        source_vocabulary, target_vocabulary: Tokenizers.

    Raises:
        ValueError: It holds neither.
    """
    import tensorflow as tf

    if not isinstance(dataset, tf.data.Dataset):  # such as one shared out to replicas
        return dataset
    spec = dataset.element_spec
    kinds = keras.tree.map_structure(lambda x: (x.dtype.name, x.shape.rank), spec)
    if kinds == (("string", 1), ("string", 1)):
        end = target_vocabulary.end

        def encoded(source, target):
            ids = target_vocabulary.encode_tensor(target)
            ends = tf.fill([tf.shape(target)[0], 1], end)
            target = tf.concat([ids, ends], axis=1).to_tensor(PADDING)
            return (*source_ids(source, source_vocabulary), target), target

        return dataset.map(encoded)
    numbers = "string" not in str(kinds)
    if numbers and isinstance(spec, tuple) and len(keras.tree.flatten(spec[0])) == 3:
        return dataset
    raise ValueError(
        "A dataset holds batches of pairs: of texts, (source, target), strings "
        "(batch,) each; or of ids, ((source, lengths, target), target), as "
        f"rnnkit.data.PairBatches gives them. This one holds {spec}."
    )

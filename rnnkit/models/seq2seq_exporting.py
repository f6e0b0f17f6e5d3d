"""A sequence-to-sequence model as a TensorFlow SavedModel: strings in, strings out."""

from rnnkit.data.pair_datasets import source_ids
from rnnkit.models import saved_model
from rnnkit.models.target_limits import is_one_row, prefixes

_OPTIONS = (
    "beam_width",
    "n_best",
    "max_length",
    "min_length",
    "prefix",
    "length_penalty",
    "coverage_penalty",
    "early_stopping",
    "processors",
)


def export_seq2seq(model, path, **options):
    """Write `model` to `path`; see `Seq2Seq.export`."""
    saved_model.needs_tensorflow()
    import tensorflow as tf

    if others := sorted(options.keys() - set(_OPTIONS)):
        raise TypeError(
            f"A SavedModel has no {', '.join(others)}: it writes the texts and scores "
            f"of any batch. The options of export are {', '.join(_OPTIONS)}."
        )
    prefix = options.get("prefix")
    if prefix is not None and not is_one_row(prefix):
        raise ValueError("prefix of a SavedModel is one row of ids, for all sources.")
    for row in prefixes(prefix, 1, options.get("max_length")):
        options["prefix"] = row
    n_best = options.pop("n_best", None) or 1

    @tf.function(
        input_signature=[tf.TensorSpec([None], tf.string, name="source")],
        autograph=False,
    )
    def serve(source):
        ids, lengths = source_ids(source, model.source_vocabulary)
        some = tf.maximum(tf.shape(ids)[1], 1)  # a step, though there be no source
        ids = tf.pad(ids, [[0, 0], [0, some - tf.shape(ids)[1]]])
        found = model.search(ids, lengths, n_best=n_best, **options)
        tokens = tf.reshape(found.tokens, (-1, tf.shape(found.tokens)[2]))
        counts = tf.reduce_sum(tf.cast(tokens >= 0, tf.int32), axis=1)
        tokens = tf.RaggedTensor.from_tensor(tokens, lengths=counts)
        text = model.target_vocabulary.decode_tensor(tokens)
        return {"text": tf.reshape(text, (-1, n_best)), "score": found.scores}

    saved_model.write(model, path, serve)

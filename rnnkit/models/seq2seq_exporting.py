"""A sequence-to-sequence model as a TensorFlow SavedModel: strings in, strings out."""

from rnnkit.models import saved_model


def export_seq2seq(model, path, n_best=1, max_length=None, beam_width=5, **options):
    """Write `model` to `path`; see `Seq2Seq.export`.

    Raises:
        RuntimeError: Keras runs on another backend than TensorFlow.
    """
    saved_model.needs_tensorflow()
    import tensorflow as tf

    source_vocabulary = model.source_vocabulary
    target_vocabulary = model.target_vocabulary

    @tf.function(
        input_signature=[tf.TensorSpec([None], tf.string, name="source")],
        autograph=False,
    )
    def serve(source):
        ids = source_vocabulary.encode_tensor(source)
        lengths = tf.cast(ids.row_lengths(), tf.int32)
        check = tf.debugging.Assert(tf.reduce_all(lengths > 0), ["A source is empty."])
        with tf.control_dependencies([check]):
            ids = ids.to_tensor()
        found = model.search(
            ids, lengths, max_length, beam_width=beam_width, n_best=n_best, **options
        )
        tokens = tf.reshape(found.tokens, (-1, tf.shape(found.tokens)[2]))
        counts = tf.reduce_sum(tf.cast(tokens >= 0, tf.int32), axis=1)
        tokens = tf.RaggedTensor.from_tensor(tokens, lengths=counts)
        text = target_vocabulary.decode_tensor(tokens)
        return {"text": tf.reshape(text, (-1, n_best)), "score": found.scores}

    saved_model.write(model, path, serve)

"""A CTC model as a TensorFlow SavedModel: features or samples in, texts out."""

from rnnkit.models import saved_model


def export_ctc_model(model, path, **decoding):
    """Write `model` to `path`; see `CTCModel.export`.

    Raises:
        RuntimeError: Keras runs on another backend than TensorFlow.
        ValueError: The model has not been built.
    """
    saved_model.needs_tensorflow()
    if not model.built:
        raise ValueError("The model has not been built: train it, or call it once.")
    import tensorflow as tf

    vocabulary, decoder = model.vocabulary, model._decoder(decoding)
    if decoder.respelt:
        raise ValueError(
            f"The lexicon spells {decoder.respelt!r} otherwise, and a SavedModel "
            "writes what the symbols say: export without it, or use `transcribe`."
        )
    shape = [None, None, *model._input_shape[2:]]

    @tf.function(
        input_signature=[
            tf.TensorSpec(shape, tf.float32, name="inputs"),
            tf.TensorSpec([None], tf.int32, name="lengths"),
        ],
        autograph=False,
    )
    def serve(inputs, lengths):
        ids, _, score = decoder.ids(*model.read((inputs, lengths)))
        ids = tf.RaggedTensor.from_tensor(
            ids, lengths=tf.reduce_sum(tf.cast(ids >= 0, tf.int32), axis=1)
        )
        return {"text": vocabulary.decode_tensor(ids), "score": score}

    saved_model.write(model, path, serve)

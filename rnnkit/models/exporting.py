"""A language model as a TensorFlow SavedModel: strings in, strings out."""

from rnnkit.models import saved_model
from rnnkit.models.text_generation import continue_text, step_noise


def export_text_model(model, path, k, p):
    """Write `model` to `path`; see `LanguageModel.export`.

    Raises:
        RuntimeError: Keras runs on another backend than TensorFlow.
    """
    saved_model.needs_tensorflow()
    import tensorflow as tf

    vocabulary = model.vocabulary
    start = vocabulary.start

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.string, name="prime"),
            tf.TensorSpec([], tf.int32, name="length"),
            tf.TensorSpec([], tf.float32, name="temperature"),
            tf.TensorSpec([], tf.int32, name="seed"),
        ],
        autograph=False,
    )
    def serve(prime, length, temperature, seed):
        ids = vocabulary.encode_tensor(prime)
        empty = ids.row_lengths() == 0
        if start is None:
            check = tf.debugging.Assert(
                tf.logical_not(tf.reduce_any(empty)), ["A prime is empty."]
            )
            with tf.control_dependencies([check]):
                ids = tf.identity(ids)
        else:
            begin = tf.RaggedTensor.from_tensor(
                tf.fill([tf.shape(prime)[0], 1], start),
                lengths=tf.cast(empty, tf.int64),
            )
            ids = tf.concat([begin, ids], axis=1)
        lengths = tf.cast(ids.row_lengths(), tf.int32)
        given = tf.transpose(ids.to_tensor())

        def uniform(shape):
            # The numbers of keras.random.uniform with this seed.
            return tf.random.stateless_uniform(shape, seed=[seed, 0])

        noise = step_noise(given, lengths, length, uniform)
        states = model.initial_state(tf.shape(prime)[0])
        drawn, _, _ = continue_text(
            model, given[0], states, noise, temperature, k=k, p=p
        )
        ids = tf.transpose(tf.concat([given[:1], drawn], axis=0))
        ids = tf.RaggedTensor.from_tensor(ids, lengths=lengths + length)
        if start is not None:
            ids = tf.ragged.boolean_mask(
                ids,
                ~(
                    tf.ragged.range(ids.row_lengths())
                    < tf.cast(empty, tf.int64)[:, None]
                ),
            )
        return {"text": vocabulary.decode_tensor(ids)}

    saved_model.write(model, path, serve)

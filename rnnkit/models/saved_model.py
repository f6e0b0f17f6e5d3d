"""What models that write a SavedModel share."""

import keras


def needs_tensorflow():
    """Raise RuntimeError where Keras runs on another backend."""
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            "A SavedModel is written by TensorFlow: load the model under "
            'KERAS_BACKEND="tensorflow" and export it there.'
        )


def write(model, path, serve):
    """Write the `tf.function` `serve` to a folder, and the weights that it reads.

    These are the model's, and those of whatever helps it, such as a language model.
    """
    import tensorflow as tf

    module = tf.Module()
    module.serve = serve
    module.weights = [variable.value for variable in model.variables]
    module.others = list(serve.get_concrete_function().graph.variables)
    tf.saved_model.save(module, str(path), signatures={"serving_default": serve})

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
    """Write the `tf.function` `serve`, which reads the model's weights, to a folder."""
    import tensorflow as tf

    module = tf.Module()
    module.serve = serve
    module.weights = [variable.value for variable in model.variables]
    tf.saved_model.save(module, str(path), signatures={"serving_default": serve})

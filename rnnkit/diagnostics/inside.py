"""What looking into the layers of a model needs."""

import keras

TENSORFLOW_ONLY = (
    "Gradients are looked at through TensorFlow, the backend is {}: start Python with "
    "KERAS_BACKEND=tensorflow."
)


def needs_tensorflow():
    """Raises: `RuntimeError` on another backend."""
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(TENSORFLOW_ONLY.format(keras.backend.backend()))


def nothing_ran(name):
    """The error of a model whose recurrent layers were not called over a sequence."""
    return ValueError(
        f"No recurrent layer of {name!r} runs over a sequence: a decoder that feeds "
        "its output back, and TeacherForced, run the cells in loops of their own, "
        "which are not looked into."
    )


def name_of(layer, taken):
    """The name of a layer, numbered where the model runs it more than once."""
    count = sum(name.split(" ")[0] == layer.name for name in taken)
    return f"{layer.name} ({count + 1})" if count else layer.name

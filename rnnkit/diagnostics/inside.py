"""The recurrent layers inside a model."""

import keras

TENSORFLOW_ONLY = (
    "Gradients are looked at through TensorFlow, the backend is {}: start Python with "
    "KERAS_BACKEND=tensorflow."
)


def needs_tensorflow():
    """Raises: `RuntimeError` on another backend."""
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(TENSORFLOW_ONLY.format(keras.backend.backend()))


def recurrent_layers(layer):
    """The recurrent layers of a model or layer, itself included, each once.

    Raises: `ValueError` where there is none.
    """
    every = layer._flatten_layers(include_self=True, recursive=True)
    found = list({id(x): x for x in every if isinstance(x, keras.layers.RNN)}.values())
    if not found:
        raise ValueError(f"{layer.name} has no recurrent layer to look into.")
    return found


def name_of(layer, taken):
    """The name of a layer, numbered where the model runs it more than once."""
    count = sum(name.split(" ")[0] == layer.name for name in taken)
    return f"{layer.name} ({count + 1})" if count else layer.name

"""Registration: what makes a class part of a saved model, and a cell a layer."""

import keras

CELLS = {}  # public name -> cell class, in order of definition


def export(cls):
    """Register a class, so that `.keras` files load without `custom_objects`.

    A recurrent cell is also listed in `CELLS`, from which its layer follows:
    `rnnkit.layers` gives `MGUCell` the layer `MGU`. Use it as a decorator, in
    rnnkit and in code of your own; a saved model then loads once the module that
    defines the class has been imported.
    """
    package = cls.__module__.split(".")[0]
    keras.saving.register_keras_serializable(package=package)(cls)
    if hasattr(cls, "pointwise") or hasattr(cls, "step"):
        if issubclass(cls, keras.layers.Layer) and cls.__name__.endswith("Cell"):
            CELLS[cls.__name__] = cls
    return cls

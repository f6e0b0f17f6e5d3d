"""Registration: what makes a class part of a saved model, and a cell a layer."""

import keras

CELLS = {}  # public name -> cell class, in order of definition
_followers = []


def export(cls):
    """Register a class, so that `.keras` files load without `custom_objects`.

    A recurrent cell gets its layer from this too: `MGUCell` the layer
    `rnnkit.layers.MGU`, which is why the name of a cell ends in Cell. Use it as a
    decorator, in rnnkit and in code of your own; a saved model then loads once the
    module that defines the class was imported.

    Raises:
        ValueError: A cell has a name that does not end in Cell, or that of one of ours.
    """
    is_cell = hasattr(cls, "transition") and hasattr(cls, "state_sizes")
    if is_cell and not cls.__name__.endswith("Cell"):
        raise ValueError(
            f"{cls.__name__} is a cell: call it {cls.__name__}Cell, and its layer is "
            f"rnnkit.layers.{cls.__name__}."
        )
    package = cls.__module__.split(".")[0]
    taken = CELLS.get(cls.__name__)
    if taken and taken.__module__.startswith("rnnkit.") and package != "rnnkit":
        raise ValueError(
            f"rnnkit has a {cls.__name__} of its own, with a layer by that name: give "
            "yours another name."
        )
    keras.saving.register_keras_serializable(package=package)(cls)
    if is_cell:
        CELLS[cls.__name__] = cls
        for follow in _followers:
            follow(cls)
    return cls


def when_a_cell_is_exported(follow):
    """Call `follow(cell_class)` for every exported cell, those to come included."""
    _followers.append(follow)
    for cell_class in CELLS.values():
        follow(cell_class)

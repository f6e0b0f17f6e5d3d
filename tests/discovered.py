"""The public cells and layers, found, never listed."""

import inspect

import keras

import rnnkit.cells
import rnnkit.layers
from rnnkit.cells import GatedCell, PointwiseCell

BASES = (GatedCell, PointwiseCell)  # contracts: a formula comes with a subclass


def public_classes(module):
    """The Keras layers among a module's public names."""
    found = [getattr(module, name) for name in dir(module) if name[0] != "_"]
    return [
        one for one in found if inspect.isclass(one) and issubclass(one, keras.Layer)
    ]


def cells():
    """Every public cell class."""
    return [one for one in public_classes(rnnkit.cells) if one not in BASES]


def layers():
    """Every public layer class."""
    return public_classes(rnnkit.layers)

"""rnnkit: recurrent networks for Keras 3. The rooms, on one page."""

import importlib

from rnnkit import cells as cells
from rnnkit import data as data
from rnnkit import decoding as decoding
from rnnkit import lattice as lattice
from rnnkit import layers as layers
from rnnkit import lm as lm
from rnnkit import losses as losses
from rnnkit import models as models
from rnnkit import ops as ops
from rnnkit import recurrence as recurrence
from rnnkit.registration import export as export

__version__ = "0.1.0"

# Imported when first used.
_ON_DEMAND = ("diagnostics", "recipe", "testing", "training")


def __getattr__(name):
    if name in _ON_DEMAND:
        return importlib.import_module(f"rnnkit.{name}")
    raise AttributeError(f"rnnkit has no {name!r}.")


def __dir__():
    return [*globals(), *_ON_DEMAND]

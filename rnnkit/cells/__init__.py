"""Cells: one step of a recurrence each.

Every module of this folder is imported, and every class in it that carries
`@export` is public: a new cell is one new file.
"""

import importlib
import pkgutil

from rnnkit.cells.base import GatedCell, PointwiseCell
from rnnkit.registration import CELLS

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
_cells = {k: v for k, v in CELLS.items() if v.__module__.startswith(__name__)}
globals().update(_cells)

__all__ = ["GatedCell", "PointwiseCell", *_cells]

"""Public checks: what every cell and every layer promises.

rnnkit.testing.check_cell(MyCell(8))
rnnkit.testing.check_layer(rnnkit.layers.Recurrent(MyCell(8)))
"""

from rnnkit.testing.check import check_cell, check_layer
from rnnkit.testing.compare import BrokenPromise

__all__ = ["BrokenPromise", "check_cell", "check_layer"]

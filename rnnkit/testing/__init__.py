"""Public checks: what every cell, every layer and every model promises.

rnnkit.testing.check_cell(MyCell(8))
rnnkit.testing.check_layer(rnnkit.layers.Recurrent(MyCell(8)))
rnnkit.testing.check_model(make_model, (x, y), x)
"""

from rnnkit.testing.check import check_cell, check_layer, check_model
from rnnkit.testing.compare import BrokenPromise

__all__ = ["BrokenPromise", "check_cell", "check_layer", "check_model"]

"""rnnkit: recurrent networks for Keras 3. The public names, on one page."""

from rnnkit import cells as cells
from rnnkit import layers as layers
from rnnkit import recurrence as recurrence
from rnnkit.registration import export as export

__version__ = "0.1.0"

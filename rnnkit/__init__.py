"""rnnkit: recurrent networks for Keras 3."""

from rnnkit import cells as cells
from rnnkit.registration import export as export

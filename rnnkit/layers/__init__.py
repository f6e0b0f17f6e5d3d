"""What a user puts in a model.

Every cell of `rnnkit.cells`, and every cell of your own that carries
`@rnnkit.export`, has its layer here under the cell's name without "Cell".
"""

from rnnkit.layers.attention_pooling import AttentionPooling
from rnnkit.layers.bidirectional import Bidirectional, PyramidalBidirectional
from rnnkit.layers.column_convolution import ColumnConvolution
from rnnkit.layers.deep import DeepRecurrent
from rnnkit.layers.deltas import Deltas, Standardize
from rnnkit.layers.named import LAYERS
from rnnkit.layers.recurrent import Recurrent
from rnnkit.layers.spec_augment import SpecAugment
from rnnkit.layers.spectra import MFCC, LogMel
from rnnkit.layers.time_delay import TimeDelay
from rnnkit.layers.torch_weights import weights_from_torch

__all__ = [
    "AttentionPooling",
    "Bidirectional",
    "ColumnConvolution",
    "DeepRecurrent",
    "Deltas",
    "LogMel",
    "MFCC",
    "PyramidalBidirectional",
    "Recurrent",
    "SpecAugment",
    "Standardize",
    "TimeDelay",
    "weights_from_torch",
    *LAYERS,
]


def __getattr__(name):
    if name in LAYERS:
        return LAYERS[name]
    raise AttributeError(f"rnnkit.layers has no {name!r}; cells: {', '.join(LAYERS)}.")


def __dir__():
    return [*globals(), *LAYERS]

"""What a user puts in a model.

Every cell of `rnnkit.cells`, and every cell of your own that carries
`@rnnkit.export`, has its layer here under the cell's name without "Cell".
"""

from rnnkit.layers.attention import (
    AdditiveAttention,
    Attention,
    AttentionCell,
    AttentionDecoder,
    CoverageAttention,
    DotAttention,
    GeneralAttention,
    LocationAttention,
    MonotonicAttention,
    MultiHeadAttention,
    StatefulAttention,
    WindowAttention,
)
from rnnkit.layers.attention_pooling import AttentionPooling
from rnnkit.layers.bidirectional import Bidirectional, PyramidalBidirectional
from rnnkit.layers.bridges import Bridge, DenseBridge
from rnnkit.layers.column_convolution import ColumnConvolution
from rnnkit.layers.deep import DeepRecurrent
from rnnkit.layers.deltas import Deltas, Standardize
from rnnkit.layers.heads import (
    AdaptiveSoftmax,
    ClassSoftmax,
    FullSoftmax,
    SampledSoftmax,
    SoftmaxHead,
    frequency_bins,
)
from rnnkit.layers.named import LAYERS
from rnnkit.layers.recurrent import Recurrent
from rnnkit.layers.reversal import ReverseSequence
from rnnkit.layers.spec_augment import SpecAugment
from rnnkit.layers.spectra import MFCC, LogMel
from rnnkit.layers.teacher_forced import TeacherForced
from rnnkit.layers.time_delay import TimeDelay
from rnnkit.layers.torch_weights import weights_from_torch

__all__ = [
    "AdaptiveSoftmax",
    "AdditiveAttention",
    "Attention",
    "AttentionCell",
    "AttentionDecoder",
    "AttentionPooling",
    "Bidirectional",
    "Bridge",
    "ClassSoftmax",
    "CoverageAttention",
    "ColumnConvolution",
    "DeepRecurrent",
    "Deltas",
    "DenseBridge",
    "DotAttention",
    "FullSoftmax",
    "GeneralAttention",
    "LocationAttention",
    "LogMel",
    "MFCC",
    "MonotonicAttention",
    "MultiHeadAttention",
    "PyramidalBidirectional",
    "Recurrent",
    "ReverseSequence",
    "SampledSoftmax",
    "SoftmaxHead",
    "SpecAugment",
    "Standardize",
    "TeacherForced",
    "StatefulAttention",
    "TimeDelay",
    "WindowAttention",
    "frequency_bins",
    "weights_from_torch",
    *LAYERS,
]


def __getattr__(name):
    if name in LAYERS:
        return LAYERS[name]
    raise AttributeError(f"rnnkit.layers has no {name!r}; cells: {', '.join(LAYERS)}.")


def __dir__():
    return [*globals(), *LAYERS]

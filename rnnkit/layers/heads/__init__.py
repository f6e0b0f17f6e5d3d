"""Heads: from what a net knows to the probability of every word."""

from rnnkit.layers.heads.adaptive import AdaptiveSoftmax
from rnnkit.layers.heads.base import SoftmaxHead
from rnnkit.layers.heads.bins import frequency_bins
from rnnkit.layers.heads.classes import ClassSoftmax
from rnnkit.layers.heads.full import FullSoftmax
from rnnkit.layers.heads.sampled import SampledSoftmax

__all__ = [
    "AdaptiveSoftmax",
    "ClassSoftmax",
    "FullSoftmax",
    "SampledSoftmax",
    "SoftmaxHead",
    "frequency_bins",
]

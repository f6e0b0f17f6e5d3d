"""Attention to a memory, and the cell and layer that decode with it."""

from rnnkit.layers.attention.additive import AdditiveAttention
from rnnkit.layers.attention.base import Attention, StatefulAttention
from rnnkit.layers.attention.cell import AttentionCell
from rnnkit.layers.attention.decoder import AttentionDecoder
from rnnkit.layers.attention.dot import DotAttention, GeneralAttention
from rnnkit.layers.attention.location import CoverageAttention, LocationAttention
from rnnkit.layers.attention.monotonic import MonotonicAttention
from rnnkit.layers.attention.multi_head import MultiHeadAttention
from rnnkit.layers.attention.window import WindowAttention

__all__ = [
    "AdditiveAttention",
    "Attention",
    "AttentionCell",
    "AttentionDecoder",
    "CoverageAttention",
    "DotAttention",
    "GeneralAttention",
    "LocationAttention",
    "MonotonicAttention",
    "MultiHeadAttention",
    "StatefulAttention",
    "WindowAttention",
]

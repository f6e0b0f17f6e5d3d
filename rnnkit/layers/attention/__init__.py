"""Attention to a memory, and the cell and layer that decode with it."""

from rnnkit.layers.attention.additive import AdditiveAttention
from rnnkit.layers.attention.base import Attention, StatefulAttention
from rnnkit.layers.attention.cell import AttentionCell
from rnnkit.layers.attention.decoder import AttentionDecoder
from rnnkit.layers.attention.dot import DotAttention, GeneralAttention

__all__ = [
    "AdditiveAttention",
    "Attention",
    "AttentionCell",
    "AttentionDecoder",
    "DotAttention",
    "GeneralAttention",
    "StatefulAttention",
]

"""Pure tensor functions: the scan, rows made shorter, floats of any size."""

from rnnkit.ops.compaction import compact
from rnnkit.ops.scanning import scan
from rnnkit.ops.tracing import traced

__all__ = ["compact", "scan", "traced"]

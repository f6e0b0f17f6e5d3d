"""Pure tensor functions: scans, rows made shorter, floats of any size."""

from rnnkit.ops.compaction import compact
from rnnkit.ops.linear_recurrence import linear_recurrence
from rnnkit.ops.scanning import scan
from rnnkit.ops.softmax_nats import softmax_nats
from rnnkit.ops.tracing import traced

__all__ = ["compact", "linear_recurrence", "scan", "softmax_nats", "traced"]

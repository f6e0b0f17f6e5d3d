"""Pure tensor functions: the scan, masks."""

from rnnkit.ops.scan import scan

__all__ = ["scan"]

"""Pure tensor functions: the scan."""

from rnnkit.ops.scanning import scan

__all__ = ["scan"]

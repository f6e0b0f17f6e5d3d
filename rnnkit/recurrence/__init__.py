"""A step becomes a sequence: `loop`, `hoisted`, `cudnn`; `select` says which."""

from rnnkit.recurrence.looping import loop
from rnnkit.recurrence.selection import Selection, select

__all__ = ["Selection", "loop", "select"]

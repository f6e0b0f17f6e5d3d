"""A step becomes a sequence: `loop`, `hoisted`, `cudnn`; `select` says which."""

from rnnkit.recurrence.select import Selection, select

__all__ = ["Selection", "select"]

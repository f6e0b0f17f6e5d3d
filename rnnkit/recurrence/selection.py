"""Which recurrence runs, and why."""

from typing import NamedTuple

import keras

from rnnkit.cells.base import GatedCell
from rnnkit.recurrence import cudnn
from rnnkit.recurrence.bind import weights_of

ASKED = "asked for"  # the reason for a path that was named, not chosen
PATHS = ("auto", "loop", "hoisted", "cudnn")


class DrawingStep(ValueError):
    """A step that cannot be done twice, as the hoisted path does it."""


class Selection(NamedTuple):
    """The name of the path, and the reason in words."""

    path: str
    reason: str


def select(cell, path="auto", *, unroll=False, use_cudnn=True):
    """Choose the path that runs a cell's sequence.

    Args:
        cell: An rnnkit or Keras cell.
        path: "auto", or the path that is wanted.
        unroll: Whether the layer writes its loop out.
        use_cudnn: Whether cuDNN may be chosen.

    Returns:
        A `Selection`.

    Raises:
        ValueError: When a path is asked for that cannot be had.
    """
    if path not in PATHS:
        raise ValueError(f"path must be one of {', '.join(PATHS)}, got {path!r}.")
    against = {
        "loop": "",
        "hoisted": _against_hoisted(cell, unroll),
        "cudnn": cudnn.against(cell, unroll=unroll) if use_cudnn else "use_cudnn=False",
    }
    if path != "auto":
        if against[path]:
            raise ValueError(f"The path {path!r} cannot be had: {against[path]}.")
        return Selection(path, ASKED)
    if not against["cudnn"]:
        return Selection("cudnn", "a GPU is at hand and cuDNN's conditions hold")
    if not against["hoisted"]:
        return Selection("hoisted", f"fastest without cuDNN ({against['cudnn']})")
    return Selection("loop", against["hoisted"])


def _against_hoisted(cell, unroll):
    backend = keras.backend.backend()
    if backend != "tensorflow":
        return f"the hoisted path is TensorFlow's, the backend is {backend}"
    if not isinstance(cell, GatedCell):
        return f"{type(cell).__name__} is not a GatedCell"
    if unroll:
        return "unroll=True writes the loop out"
    own = {id(v) for v in [*weights_of(cell).values(), *cell.initial_states]}
    if any(id(v) not in own for v in cell.trainable_weights):
        return f"{type(cell).__name__} has weights that are no attributes of its own"
    return ""

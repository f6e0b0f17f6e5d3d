"""The steps of cells inside a loop that holds more than the cells."""

from keras import ops, tree

from rnnkit.cells.base import GatedCell
from rnnkit.recurrence.bind import bind, tensors_of


class CellSteps:
    """The steps of one cell in another's loop: `(x, states, noise)` to output, states.

    Weights are taken and noise is drawn once, before the loop. `noise` holds what has
    a value a step, a tree of `(batch, time, …)`; the loop hands on one step of it.

    Args:
        cell: An rnnkit or Keras cell.
        batch, time, width: Size of the inputs that the cell will read.
        training: Whether dropouts and zoneout drop.
    """

    def __init__(self, cell, batch, time, width, training):
        self.cell = cell
        self.training = training
        self.own = isinstance(cell, GatedCell)
        self.whole, self.noise = {}, {}
        if self.own:
            if training and cell.noisy:
                nothing = ops.zeros((), cell.compute_dtype)
                inputs = ops.broadcast_to(nothing, (batch, time, width))
                self.whole, self.noise = cell.draw_noise(inputs)
            self.bound = bind(cell, tensors_of(cell, training))
        elif training and hasattr(cell, "get_dropout_mask"):
            # Keras' cells draw when they are first called, and keep what they drew.
            cell.get_dropout_mask(ops.ones((batch, width), cell.compute_dtype))
            size = tree.flatten(cell.state_size)[0]
            state = ops.ones((batch, size), cell.compute_dtype)
            cell.get_recurrent_dropout_mask(state)

    def __call__(self, x, states, noise):
        if not self.own:
            takes_training = getattr(self.cell, "_call_has_training_arg", False)
            kwargs = {"training": self.training} if takes_training else {}
            output, new = self.cell(x, states, **kwargs)
            return output, new if isinstance(new, (list, tuple)) else [new]
        noise = {**self.whole, **noise}
        keep = noise.pop("dropout", None)
        x = x if keep is None else x * keep
        bound = self.bound
        new = bound.transition(bound.project(x), states, bound.product, noise)
        return new[0], new

    def end(self):
        """Forget what a Keras cell has kept; after the loop."""
        if hasattr(self.cell, "reset_dropout_mask"):
            self.cell.reset_dropout_mask()
            self.cell.reset_recurrent_dropout_mask()


class StackSteps:
    """The steps of what holds several cells, in another's loop, as `CellSteps`.

    Args:
        advance: `(x, state, cells, noise)` to output and state.
        cells: `CellSteps`, the lowest first.
        **noise: What else is drawn, trees of `(batch, time, …)`, by name.
    """

    def __init__(self, advance, cells, **noise):
        self.advance = advance
        self.cells = cells
        self.noise = {"cells": [cell.noise for cell in cells], **noise}

    def __call__(self, x, state, noise):
        return self.advance(x, state, self.cells, noise)

    def end(self):
        """Forget what Keras' cells have kept; after the loop."""
        for cell in self.cells:
            cell.end()

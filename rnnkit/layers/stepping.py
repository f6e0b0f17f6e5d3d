"""One step of a recurrent layer, be it rnnkit's or Keras'."""

from rnnkit.layers.cell_steps import CellSteps


def initial_state(layer, batch_size):
    """The state of a recurrent layer before the first step, a list."""
    if hasattr(layer, "initial_state"):
        return layer.initial_state(batch_size)
    return layer.get_initial_state(batch_size)


def step(layer, x, state):
    """One step in time: `(batch, features)`, state → output, state."""
    if hasattr(layer, "step"):
        return layer.step(x, state)
    output, new = layer.cell(x, list(state), training=False)
    return output, list(new)


def steps(layer, batch, time, width, training):
    """The steps of a recurrent layer in another loop; arguments as for `CellSteps`."""
    if hasattr(layer, "steps"):
        return layer.steps(batch, time, width, training)
    return CellSteps(layer.cell, batch, time, width, training)

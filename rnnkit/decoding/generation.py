"""The loop that draws a symbol, feeds it back, and draws the next."""

from rnnkit.ops import scan


def generate(next_step, values, state, draw, noise):
    """Generate step by step.

    Args:
        next_step: `next_step(values, state)` → `(scores, state)`, one step of a model.
        values: What the first step is given: any tree of tensors, such as the ids
            `(batch,)` of the last known symbols.
        state: Any tree of tensors.
        draw: `draw(scores, noise_of_this_step)` → values for the next step.
        noise: A tree of tensors `(steps, ...)`, one slice a step: random numbers,
            and whatever else `draw` needs to know of a step. Its length is the number
            of steps.

    Returns:
        The values drawn, `(steps, ...)`; the last values; the last state.
    """

    def step(carried, noise):
        values, state = carried
        scores, state = next_step(values, state)
        values = draw(scores, noise)
        return (values, state), values

    (values, state), drawn = scan(step, (values, state), noise)
    return drawn, values, state

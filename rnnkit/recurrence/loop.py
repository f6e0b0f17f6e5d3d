"""The plain recurrence: any cell, every backend, any number of derivatives."""

from keras import ops, tree

from rnnkit.ops import scan


def loop(step, sequences, states, mask=None, *, go_backwards=False, unroll=False):
    """Run `output, states = step(inputs, states, t)` over time.

    Args:
        step: Function of one step's inputs, `(batch, ...)` each, and the states.
        sequences: Tree of tensors, `(batch, time, ...)`.
        states: List of tensors, `(batch, width)`.
        mask: `(batch, time)` of booleans or None. Where it is False the states, and
            the output, stay as they were (zero before the first step).
        go_backwards: Whether to read the sequences from their end.
        unroll: Whether to write the loop out.

    Returns:
        The outputs in the order they were made, `(batch, time, width)`, and the
        last states.
    """
    xs = {"inputs": sequences}
    if mask is not None:
        xs["mask"] = mask
    xs = tree.map_structure(lambda x: _time_major(x, go_backwards), xs)

    def body(carry, x):
        states, previous = carry
        output, new = step(x["inputs"], states)
        if mask is not None:
            keep = ops.expand_dims(x["mask"], -1)
            new = [ops.where(keep, n, s) for n, s in zip(new, states)]
            output = ops.where(keep, output, previous)
        return (list(new), output if mask is not None else previous), output

    states = list(states)
    previous = ()
    if mask is not None:
        first = tree.map_structure(lambda x: x[:, 0], sequences)
        previous = ops.zeros_like(step(first, states)[0])
    (states, _), outputs = scan(body, (states, previous), xs, unroll=unroll)
    return _time_major(outputs, False), states


def _time_major(x, flip):
    x = ops.swapaxes(x, 0, 1)
    return ops.flip(x, axis=0) if flip else x

"""The plain recurrence: any cell, every backend, any number of derivatives."""

from keras import ops, tree

from rnnkit.ops import scan


def loop(
    step,
    sequences,
    states,
    mask=None,
    *,
    length=None,
    go_backwards=False,
    unroll=False,
):
    """Run `outputs, states = step(inputs, states)` over time.

    What does not change from step to step, such as what an attention looks at, is
    for `step` to close over.

    Args:
        step: Function of one step's inputs, `(batch, ...)` each, and the states, both
            in the structure they are given in here.
        sequences: Tree of tensors, `(batch, time, ...)`, or None where the steps
            read nothing.
        states: Tree of tensors, `(batch, ...)`.
        mask: `(batch, time)` of booleans or None. Where it is False the states, and
            the outputs, stay as they were (zero before the first step). `step` is
            called once more, to see what it gives.
        length: Number of steps, where `sequences` is None.
        go_backwards: Whether to read the sequences from their end.
        unroll: Whether to write the loop out.

    Returns:
        The outputs in the order they were made, a tree of `(batch, time, ...)`, and
        the last states.
    """
    xs = {} if sequences is None else {"inputs": sequences}
    if mask is not None:
        xs["mask"] = mask
    xs = tree.map_structure(lambda x: _time_major(x, go_backwards), xs)

    def body(carry, x):
        states, previous = carry
        outputs, new = step(x.get("inputs"), states)
        new = tree.pack_sequence_as(states, tree.flatten(new))
        if mask is not None:
            new = _where(x["mask"], new, states)
            outputs = previous = _where(x["mask"], outputs, previous)
        return (new, previous), outputs

    previous = ()
    if mask is not None:
        first = {k: tree.map_structure(lambda x: x[0], x) for k, x in xs.items()}
        outputs, _ = step(first.get("inputs"), states)
        previous = tree.map_structure(ops.zeros_like, outputs)
    (states, _), outputs = scan(
        body, (states, previous), xs, length=length, unroll=unroll
    )
    return tree.map_structure(lambda y: _time_major(y, False), outputs), states


def _where(keep, new, old):
    """Two trees of one structure: the first where `keep`, `(batch,)`, is True."""

    def choose(n, o):
        return ops.where(ops.expand_dims(keep, tuple(range(1, len(n.shape)))), n, o)

    return tree.map_structure(choose, new, old)


def _time_major(x, flip):
    x = ops.swapaxes(x, 0, 1)
    return ops.flip(x, axis=0) if flip else x

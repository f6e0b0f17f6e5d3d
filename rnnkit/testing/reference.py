"""What recurrent layers mean, written out: their cells, one step after another.

Slow and plain, so that it can be read; every path is compared with it.
"""

from functools import singledispatch

from keras import ops

from rnnkit.layers import (
    Bidirectional,
    DeepRecurrent,
    PyramidalBidirectional,
    Recurrent,
)


def meaning(layer):
    """`run(sequence, initial_state, mask) -> (output, states)` by its cells' steps."""

    def run(sequence, initial_state, mask):
        return _meaning(layer, sequence, initial_state, mask)

    return run


@singledispatch
def _meaning(layer, sequence, initial_state, mask):
    raise TypeError(f"What a {type(layer).__name__} means is not written out here.")


@_meaning.register(Recurrent)
def _(layer, sequence, initial_state, mask):
    """A masked step keeps all states.

    Its output is the previous step's, zero before the first, or always zero under
    `zero_output_for_mask`.
    """
    states = initial_state or layer.get_initial_state(sequence.shape[0])
    times = range(sequence.shape[1])
    shown, outputs = None, []
    for time in reversed(times) if layer.go_backwards else times:
        output, new_states = layer.cell(sequence[:, time], list(states))
        if mask is not None:
            keep = ops.convert_to_tensor(mask)[:, time, None]
            if shown is None or layer.zero_output_for_mask:
                shown = ops.zeros_like(output)
            output = ops.where(keep, output, shown)
            new_states = [ops.where(keep, n, s) for n, s in zip(new_states, states)]
        shown, states = output, new_states
        outputs.append(output)
    return (ops.stack(outputs, 1) if layer.return_sequences else shown), list(states)


@_meaning.register(Bidirectional)
def _(layer, sequence, initial_state, mask):
    """Two layers; the backward one's outputs are put back into the order of time."""
    both, half = (layer.forward_layer, layer.backward_layer), None
    if initial_state:
        half = len(initial_state) // 2
        initial_state = initial_state[:half], initial_state[half:]
    results = [
        _meaning(one, sequence, initial_state and initial_state[k], mask)
        for k, one in enumerate(both)
    ]
    (forward, states), (backward, others) = results
    if both[0].return_sequences:
        backward = ops.flip(backward, 1)
    merged = {
        "concat": lambda a, b: ops.concatenate([a, b], -1),
        "sum": ops.add,
        "mul": ops.multiply,
        "ave": lambda a, b: (a + b) / 2,
    }[layer.merge_mode](forward, backward)
    return merged, [*states, *others]


@_meaning.register(PyramidalBidirectional)
def _(layer, sequence, initial_state, mask):
    """Groups of frames side by side; what is masked, or missing, in one is zero."""
    size = layer.reduction
    frames = [sequence[:, time] for time in range(sequence.shape[1])]
    if mask is not None:
        mask = ops.convert_to_tensor(mask)
        zero = ops.zeros_like(frames[0])
        frames = [ops.where(mask[:, t, None], f, zero) for t, f in enumerate(frames)]
        mask = _grouped(mask, size)
    while len(frames) % size:
        frames.append(ops.zeros_like(frames[0]))
    groups = range(0, len(frames), size)
    grouped = [ops.concatenate(frames[start : start + size], -1) for start in groups]
    plain = _meaning.dispatch(Bidirectional)
    return plain(layer, ops.stack(grouped, 1), initial_state, mask)


def _grouped(mask, size):
    """A group of frames counts where any of its frames does."""
    starts = range(0, mask.shape[1], size)
    return ops.stack([ops.any(mask[:, k : k + size], 1) for k in starts], 1)


@_meaning.register(DeepRecurrent)
def _(layer, sequence, initial_state, mask):
    """Layer upon layer, joined as the connection says; what is masked is zero."""
    if mask is not None:
        keep = ops.convert_to_tensor(mask)[:, :, None]
        sequence = ops.where(keep, sequence, ops.zeros_like(sequence))
    below, given, outputs, states = sequence, list(initial_state or []), [], []
    for k, one in enumerate(layer.layers):
        if k and layer.connection == "skip":
            below = ops.concatenate([below, sequence], -1)
        mine = [given.pop(0) for _ in one.state_size] if given else None
        output, last = _meaning(one, below, mine, mask)
        if isinstance(one, PyramidalBidirectional) and mask is not None:
            mask = _grouped(ops.convert_to_tensor(mask), one.reduction)
        if layer.connection in ("residual", "highway"):
            project = layer.projections[k] or (lambda x: x)
            gate = layer.gates[k](below) if layer.connection == "highway" else None
            carried = project(below)
            if gate is None:
                output = carried + output
            else:
                output = gate * output + (1 - gate) * carried
        outputs.append(output)
        states += last
        below = output
    if layer.connection == "skip":
        return ops.concatenate(outputs, -1), states
    return outputs[-1], states

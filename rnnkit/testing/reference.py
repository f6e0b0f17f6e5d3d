"""What a recurrent layer means, written out: its cell, one step after another.

Slow and plain, so that it can be read; every path is compared with it.
"""

import numpy as np
from keras import ops


def unrolled(layer, sequence, initial_state=None, mask=None):
    """The outputs and last states of a layer over a cell, at inference.

    `sequence` is (batch, time, features). A masked step keeps all states; its output
    is the previous step's, zero before the first, or always zero under
    `zero_output_for_mask`. Returns (output, states), the output as the layer's own:
    (batch, time, n) in the order of computation, or the last (batch, n).
    """
    states = initial_state or layer.get_initial_state(sequence.shape[0])
    times = range(sequence.shape[1])
    shown, outputs = None, []
    for time in reversed(times) if layer.go_backwards else times:
        output, new_states = layer.cell(sequence[:, time], list(states))
        if mask is not None:
            keep = ops.convert_to_tensor(np.asarray(mask)[:, time, None])
            if shown is None or layer.zero_output_for_mask:
                shown = ops.zeros_like(output)
            output = ops.where(keep, output, shown)
            new_states = [
                ops.where(keep, new, old)
                for new, old in zip(new_states, states, strict=True)
            ]
        shown, states = output, new_states
        outputs.append(output)
    return (ops.stack(outputs, 1) if layer.return_sequences else shown), list(states)


def meaning(layer):
    """`run(sequence, initial_state, mask) -> (output, states)`, by its cells' steps."""

    def run(sequence, initial_state, mask):
        return unrolled(layer, sequence, initial_state, mask)

    return run

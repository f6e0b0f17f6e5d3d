"""The fast recurrence on TensorFlow.

Three ideas, none of them special to a cell:

1. Hoisting. The input product is one product over all steps, before the loop. The
   backward loop holds only what must go step by step; every weight gradient is one
   product over batch · time, after it.
2. Replay. Backward, a step is differentiated as it is written, but every product in
   it takes its value from the forward pass and hands its gradient to us. So the
   loop never multiplies a matrix twice, and any cell written with `step` is fast:
   no cell has derivatives of its own to hand over.
3. Parts. XLA compiles the whole recurrence, but on a CPU runs the small operations
   of a step on one core. So the batch is cut into as many parts as there are
   cores, each a compiled program of its own, and TensorFlow runs them side by side.
"""

import tensorflow as tf

from rnnkit.ops import parts
from rnnkit.ops.two_passes import two_passes
from rnnkit.recurrence.program import Program

SECOND_ORDER = (
    "The hoisted recurrence has no second derivatives, and none in forward mode. Build "
    'the layer with path="loop" where you differentiate a gradient.'
)


class Hoisted:
    """The hoisted recurrence of one cell; compiles once for each shape.

    Calling it takes
        weights: the cell's, as tensors, `{name: tensor}`;
        sequences: `(batch, time, features)`;
        states: list of `(batch, width)`;
        mask: `(batch, time)` of booleans, or None;
        whole, steps: noise that holds for the sequence, `(batch, width)` each, and
            noise with a value a step, `(batch, time, width)` each, dicts by name;
        go_backwards: whether to read the sequence from its end;
        return_sequences: whether the outputs are wanted;
    and returns the outputs, `(batch, time, width)` or None, and the last states.
    With a mask, outputs of masked steps are the state carried over.
    """

    def __init__(self, cell):
        self.cell = cell
        self._passes = {}

    def __call__(
        self,
        weights,
        sequences,
        states,
        mask,
        whole,
        steps,
        *,
        go_backwards=False,
        return_sequences=True,
    ):
        recurrence = self._passes_of(
            go_backwards, return_sequences, mask is None, *whole, *steps
        )
        states = [tf.convert_to_tensor(state) for state in states]
        fixed = {"mask": mask, "whole": whole, "steps": steps}
        results = recurrence(weights, (sequences, states), fixed)
        outputs = results.pop(0) if return_sequences else None
        if return_sequences:
            outputs.set_shape([*sequences.shape[:2], self.cell.output_size])
        for state, start in zip(results, states):
            state.set_shape(start.shape)
        return outputs, results

    def _passes_of(self, *options):
        """Both passes under these options; noise and masks make a plan of their own."""
        options = (*options, parts.COMPILE)
        if options not in self._passes:
            program = Program(self.cell, *options[:2])
            passes = two_passes(program.forward, program.backward, SECOND_ORDER)
            self._passes[options] = passes
        return self._passes[options]

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
from rnnkit.ops.tracing import graph
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
        self._eager = graph(self._run)
        self._programs = {}

    def __call__(self, *args, **kwargs):
        if not tf.executing_eagerly():
            return self._run(*args, **kwargs)
        try:
            return self._eager(*args, **kwargs)
        except tf.errors.UnimplementedError as error:  # a tape over a tape
            raise NotImplementedError(SECOND_ORDER) from error

    def _run(
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
        names = list(weights)
        fixed = {"mask": mask, "whole": whole, "steps": steps}
        forward, backward = self._program(
            go_backwards, return_sequences, mask is None, *whole, *steps
        )
        states = [tf.convert_to_tensor(state) for state in states]

        @tf.custom_gradient
        def recurrence(sequences, *rest):
            first, values = list(rest[: len(states)]), rest[len(states) :]
            weights = dict(zip(names, values))
            pieces = parts.cut((sequences, first, fixed))
            done = [forward(weights, *piece) for piece in pieces]

            def gradient(*upstream):
                saved = [saved for _, saved in done]
                given = (weights, pieces, saved, parts.cut(list(upstream)))
                own, *each = parts.first_order(given, SECOND_ORDER)
                results = [
                    backward(own, *piece, saved, d) for piece, saved, d in zip(*each)
                ]
                d_sequences, d_states = parts.joined([result[:2] for result in results])
                d_weights = [
                    tf.add_n([result[2][name] for result in results]) for name in names
                ]
                return d_sequences, *d_states, *d_weights

            return tuple(parts.joined([results for results, _ in done])), gradient

        results = list(recurrence(sequences, *states, *weights.values()))
        outputs = results.pop(0) if return_sequences else None
        if return_sequences:
            outputs.set_shape([*sequences.shape[:2], self.cell.output_size])
        for state, start in zip(results, states):
            state.set_shape(start.shape)
        return outputs, results

    def _program(self, *options):
        """The program of these options; noise and masks make a plan of their own."""
        options = (*options, parts.COMPILE)
        if options not in self._programs:
            program = Program(self.cell, *options[:2])
            both = (program.forward, program.backward)
            self._programs[options] = tuple(map(parts.program, both))
        return self._programs[options]

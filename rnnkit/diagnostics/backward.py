"""A recurrent layer whose way back is seen: exact gradients of states, step by step."""

import tensorflow as tf
from keras import tree

from rnnkit.layers.cell_function import CellFunction
from rnnkit.layers.inner_loop import in_reading_order, time_major, where
from rnnkit.layers.recurrent import Recurrent
from rnnkit.ops import parts, scan

ZERO = tf.UnconnectedGradients.ZERO


class SeenRun:
    """One run of a recurrent layer, forward in a loop and backward in one of its own.

    What the way back sees leaves it as the gradients of `carriers`, zeros that the
    outputs do not depend on:

        dL/ds_t of every state, `(batch, time, ...)`, the total derivative;
        what is left at t of the gradient that arrives at the end, at the last real step
            that any reaches: nothing that comes in before counts, `(batch, time)`,
            its norm over all states;
        what is left of dL/ds_t at t-1, before anything comes in there, `(batch,
            time)`: its norm over all states;
        the norms of what each step gives to dL/dW, `(time, weights)`.

    So a whole model is looked into by one forward and one backward pass.
    """

    def __init__(self, layer, name):
        self.layer, self.name = layer, name
        self.function = CellFunction(layer.cell)
        if isinstance(layer, Recurrent) and layer.selection().path == "hoisted":
            # Cells that XLA is known to compile.
            self._forward = parts.program(self._forward)
            self._backward = parts.program(self._backward)

    def __call__(self, sequences, states, mask, tape):
        """Outputs `(batch, time, ...)` and the last states."""
        self.like = tree.map_structure(lambda s: 0, states)
        weights = self.function.weights()
        trained = len(self.function.weight_names)
        first = tree.flatten(states)
        x = time_major(in_reading_order(self.layer, sequences))
        time, batch = tf.shape(x)[0], tf.shape(x)[1]
        if mask is None:
            self.mask = tf.ones([time, batch], tf.bool)
        else:
            self.mask = time_major(in_reading_order(self.layer, mask))
        # Wide enough for norms, whatever the layer computes in.
        self.dtype = tf.float64 if first[0].dtype == tf.float64 else tf.float32
        shapes = [tf.concat([[batch, time], tf.shape(s)[1:]], axis=0) for s in first]
        shapes += [[batch, time], [batch, time], [time, trained]]
        self.carriers = [tf.zeros(shape, self.dtype) for shape in shapes]
        tape.watch(self.carriers)

        @tf.custom_gradient
        def run(x, *rest):
            given = list(rest[len(first) : len(first) + len(weights)])
            start = list(rest[: len(first)])
            last, outputs, before = self._forward(given, x, start, self.mask)

            def gradient(d_outputs, *d_last):
                d_x, d_first, seen = self._backward(
                    given, x, before, self.mask, d_outputs, list(d_last)
                )
                return d_x, *d_first, *[None] * len(weights), *seen

            return (outputs, *last), gradient

        outputs, *last = run(x, *first, *weights, *self.carriers)
        return time_major(outputs), tree.pack_sequence_as(states, last)

    def _step(self, weights, x, states):
        return self.function(weights, x, states, self.like)

    def _forward(self, weights, x, first, mask):
        output, new = self._step(weights, x[0], first)
        # An output that is a state is one node with it: what reaches the output
        # reaches the state.
        self.place = next((k for k, s in enumerate(new) if s is output), None)

        def body(carry, inputs):
            states, previous = carry
            x, mask = inputs
            output, new = self._step(weights, x, states)
            new = [where(mask, n, s) for n, s in zip(new, states)]
            if self.place is not None:
                return (new, previous), (new[self.place], states)
            output = where(mask, output, previous[0])
            return (new, [output]), (output, states)

        previous = [] if self.place is not None else [tf.zeros_like(output)]
        (last, _), (outputs, before) = scan(body, (first, previous), (x, mask))
        return last, outputs, before

    def _backward(self, weights, x, before, real, d_outputs, d_last):
        trained = weights[: len(self.function.weight_names)]

        def body(carry, inputs):
            d_states, d_later, echo, begun = carry
            x, before, mask, d_output = inputs
            if self.place is None:
                d_output += d_later[0]
            else:
                d_states = _added(d_states, self.place, d_output)
            echo = [where(begun, e, d) for e, d in zip(echo, d_states)]
            with tf.GradientTape(persistent=True) as tape:
                tape.watch([x, before, trained])
                output, new = self._step(weights, x, before)
                if self.place is None:
                    new = [*new, output]

            def back(d_states, d_output, sources):
                d_new = d_states if self.place is not None else [*d_states, d_output]
                d_new = [where(mask, d, tf.zeros_like(d)) for d in d_new]
                return tape.gradient(new, sources, d_new, unconnected_gradients=ZERO)

            def skipped(d_states, d_before):
                return [where(mask, b, b + d) for b, d in zip(d_before, d_states)]

            d_x, d_before, d_weights = back(d_states, d_output, [x, before, trained])
            left = self._norm(echo)
            begun |= mask & (left > 0)
            nothing = tf.zeros_like(d_output)
            once = where(begun, nothing, d_output)
            echo_before = skipped(echo, back(echo, once, before))
            passed = d_before
            if self.place is None:  # without what comes in through the output
                passed = back(d_states, nothing, before)
            passed = skipped(d_states, passed)
            d_before = skipped(d_states, d_before)
            tally = [tf.norm(self._wide(d)) for d in d_weights]
            seen = (
                [self._wide(d) for d in d_states],
                left,
                self._norm(passed),
                tf.stack(tally) if tally else tf.zeros([0], self.dtype),
            )
            d_later = [where(mask, nothing, d_output) for _ in d_later]
            return (d_before, d_later, echo_before, begun), (d_x, seen)

        begun = tf.zeros_like(real[0])
        d_later = [] if self.place is not None else [tf.zeros_like(d_outputs[0])]
        carry = d_last, d_later, [tf.zeros_like(d) for d in d_last], begun
        inputs = x, before, real, d_outputs
        (d_first, *_), (d_x, seen) = scan(body, carry, inputs, reverse=True)
        d_states, echo, passed, tally = seen
        major = [time_major(v) for v in (*d_states, echo, passed)]
        return d_x, d_first, [*major, tally]

    def _wide(self, value):
        return tf.cast(tf.convert_to_tensor(value), self.dtype)

    def _norm(self, values):
        """The norm of each row over all tensors, `(batch,)`."""
        rows = [self._wide(v) for v in values]
        rows = [tf.reshape(v, [tf.shape(v)[0], -1]) for v in rows]
        return tf.norm(tf.concat(rows, axis=-1), axis=-1)


def _added(values, place, more):
    return [v + more if k == place else v for k, v in enumerate(values)]

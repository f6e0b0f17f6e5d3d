"""The fast recurrence on TensorFlow.

Three ideas, none of them special to a cell:

1. Hoisting. The input product is one product over all steps, before the loop. The
   backward loop holds only what must go step by step; every weight gradient is one
   product over batch · time, after it.
2. Replay. Backward, a step is differentiated as it is written, but every product in
   it takes its value from the forward pass and hands its gradient to us. So the
   loop never multiplies a matrix twice, and any cell written with `step` is fast.
3. Parts. XLA compiles the whole recurrence, but on a CPU runs the small operations
   of a step on one core. So the batch is cut into as many parts as there are
   cores, each a compiled program of its own, and TensorFlow runs them side by side.
"""

import os

import tensorflow as tf

from rnnkit.ops import scan
from rnnkit.recurrence.bind import bind, weights_of

SECOND_ORDER = (
    "The hoisted recurrence has no second derivatives. Build the layer with "
    'path="loop" where you differentiate a gradient.'
)


class Hoisted:
    """The hoisted recurrence of one cell; compiles once for each shape.

    Calling it takes
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
        self._eager = tf.function(self._run, autograph=False)
        self._programs = {}

    def __call__(self, *args, **kwargs):
        run = self._eager if tf.executing_eagerly() else self._run
        return run(*args, **kwargs)

    def _run(
        self,
        sequences,
        states,
        mask,
        whole,
        steps,
        *,
        go_backwards=False,
        return_sequences=True,
    ):
        dtype = self.cell.compute_dtype
        weights = {k: tf.cast(v, dtype) for k, v in weights_of(self.cell).items()}
        names = list(weights)
        fixed = {"mask": mask, "whole": whole, "steps": steps}
        forward, backward = self._program(go_backwards, return_sequences)
        states = [tf.convert_to_tensor(state) for state in states]

        @tf.custom_gradient
        def recurrence(sequences, *rest):
            first, values = list(rest[: len(states)]), rest[len(states) :]
            weights = dict(zip(names, values))
            parts = _cut((sequences, first, fixed))
            done = [forward(weights, *part) for part in parts]

            def gradient(*upstream):
                given = _cut(list(upstream))
                results = [
                    backward(weights, *part, saved, d)
                    for part, (_, saved), d in zip(parts, done, given)
                ]
                d_sequences, d_states = _joined([result[:2] for result in results])
                d_weights = [
                    tf.add_n([result[2][name] for result in results]) for name in names
                ]
                return _once(d_sequences, *d_states, *d_weights)

            return tuple(_joined([results for results, _ in done])), gradient

        results = list(recurrence(sequences, *states, *weights.values()))
        outputs = results.pop(0) if return_sequences else None
        if return_sequences:
            outputs.set_shape([*sequences.shape[:2], self.cell.output_size])
        for state, start in zip(results, states):
            state.set_shape(start.shape)
        return outputs, results

    def _program(self, *options):
        if options not in self._programs:
            program = _Program(self.cell, *options)
            compiled = dict(jit_compile=True, autograph=False)
            self._programs[options] = (
                tf.function(program.forward, **compiled),
                tf.function(program.backward, **compiled),
            )
        return self._programs[options]


class _Program:
    """Forward and backward pass of one part of the batch."""

    def __init__(self, cell, go_backwards, return_sequences):
        self.cell = cell
        self.go_backwards = go_backwards
        self.return_sequences = return_sequences

    def forward(self, weights, sequences, states, fixed):
        cell = bind(self.cell, weights)
        x = cell.project(self._time_major(sequences))
        per_step = self._per_step(fixed)
        products = self._products(cell, x, states, fixed, per_step)
        matrices = [cell.matrix(name, gates) for name, gates in products]

        def body(states, inputs):
            x_t, step = inputs
            values = []

            def product(a, name, gates=()):
                kernel, bias = matrices[len(values)]
                y = tf.matmul(a, kernel)
                values.append(y if bias is None else y + bias)
                return values[-1]

            new = _advance(cell, x_t, states, product, fixed, step)
            return new, (states, values)

        last, (before, values) = scan(body, list(states), (x, per_step))
        results = last
        if self.return_sequences:
            outputs = tf.concat([before[0][1:], last[0][tf.newaxis]], axis=0)
            results = [tf.transpose(outputs, [1, 0, 2]), *last]
        return results, (x, before, values)

    def backward(self, weights, sequences, states, fixed, saved, upstream):
        cell = bind(self.cell, weights)
        x, before, values = saved
        per_step = self._per_step(fixed)
        products = self._products(cell, x, states, fixed, per_step)
        names = list(weights)

        with tf.GradientTape() as matrices_tape:
            matrices_tape.watch(list(weights.values()))
            matrices = [cell.matrix(name, gates) for name, gates in products]
        transposed = [tf.transpose(kernel) for kernel, _ in matrices]

        def replayed(x_t, states, values, step, weights):
            """One step's gradient function, with `a` of every product beside it."""
            bound, operands = bind(self.cell, weights), []

            def product(a, name, gates=()):
                k = len(operands)
                operands.append(a)
                return _replay(a, values[k], transposed[k])

            new = _advance(bound, x_t, states, product, fixed, step)
            return new, operands

        used = self._weights_in_step(x, before, values, per_step, weights, replayed)

        def body(carry, inputs):
            d_states, d_used = carry
            x_t, states, values, step, *d_output = inputs
            if d_output:
                d_states = [d_states[0] + d_output[0], *d_states[1:]]
            sources = [x_t, states, values, {k: weights[k] for k in used}]
            with tf.GradientTape() as tape:
                tape.watch(sources)
                new, operands = replayed(x_t, states, values, step, weights)
            d_x, d_states, d_values, d_step = tape.gradient(
                new,
                sources,
                output_gradients=d_states,
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
            d_used = {k: d_used[k] + d_step[k] for k in used}
            return (d_states, d_used), (d_x, d_values, operands)

        d_used = {k: tf.zeros_like(weights[k]) for k in used}
        inputs = [x, before, values, per_step]
        d_last = list(upstream)
        if self.return_sequences:
            inputs.append(tf.transpose(d_last.pop(0), [1, 0, 2]))
        inputs = tf.nest.map_structure(_flip, inputs)
        carry = (d_last, d_used)
        (d_states, d_used), given = scan(body, carry, inputs)
        d_x, d_values, operands = tf.nest.map_structure(_flip, given)

        with tf.GradientTape() as input_tape:
            input_tape.watch([sequences, *weights.values()])
            x = cell.project(self._time_major(sequences))
        d_sequences, d_weights = input_tape.gradient(x, (sequences, weights), d_x)
        d_matrices = [
            (_weight_gradient(a, d_y), d_y if bias is None else _sum(d_y))
            for a, d_y, (_, bias) in zip(operands, d_values, matrices)
        ]
        targets = [t for pair in matrices for t in pair if t is not None]
        flows = [
            d
            for pair, grads in zip(matrices, d_matrices)
            for t, d in zip(pair, grads)
            if t is not None
        ]
        through = matrices_tape.gradient(targets, weights, flows) if targets else {}
        total = {
            name: _add(
                weights[name],
                d_weights[name],
                through.get(name),
                d_used.get(name),
            )
            for name in names
        }
        return d_sequences, d_states, total

    def _products(self, cell, x, states, fixed, per_step):
        """Which matrices a step multiplies with, in order; found by tracing one."""
        found = []

        def product(a, name, gates=()):
            found.append((name, gates))
            return cell.product(a, name, gates)

        step = tf.nest.map_structure(_first, per_step)
        _advance(cell, _first(x), states, product, fixed, step)
        return found

    def _weights_in_step(self, x, before, values, per_step, weights, replayed):
        """Names of the weights that a step uses outside its products."""
        first = tf.nest.map_structure(_first, (x, before, values, per_step))
        with tf.GradientTape() as tape:
            tape.watch(list(weights.values()))
            new, _ = replayed(*first, weights)
        gradients = tape.gradient(new, weights)
        return [name for name, g in gradients.items() if g is not None]

    def _per_step(self, fixed):
        per_step = {k: self._time_major(v) for k, v in fixed["steps"].items()}
        if fixed["mask"] is not None:
            per_step["mask"] = self._time_major(fixed["mask"])[..., tf.newaxis]
        return per_step

    def _time_major(self, x):
        x = tf.transpose(x, [1, 0, *range(2, x.shape.rank)])
        return _flip(x) if self.go_backwards else x


def _advance(cell, x_t, states, product, fixed, step):
    """One step, masked: where the mask is False every state stays as it was."""
    noise = {**fixed["whole"], **step}
    mask = noise.pop("mask", None)
    new = cell.transition(x_t, states, product, noise)
    if mask is None:
        return new
    return [tf.where(mask, n, s) for n, s in zip(new, states)]


def _replay(a, value, transposed):
    """`value`, known already, as the product of `a` with a matrix.

    The gradient of the value is handed over whole, to become a weight gradient after
    the loop; the gradient of `a` is its product with the transposed matrix.
    """

    @tf.custom_gradient
    def product(a, value):
        return tf.identity(value), lambda d: (tf.matmul(d, transposed), d)

    return product(a, value)


@tf.custom_gradient
def _once(*gradients):
    def again(*_):
        raise NotImplementedError(SECOND_ORDER)

    return gradients, again


def _weight_gradient(a, d):
    a, d = (tf.reshape(v, [-1, v.shape[-1]]) for v in (a, d))
    return tf.matmul(a, d, transpose_a=True)


def _sum(d):
    return tf.reduce_sum(d, axis=[0, 1])


def _add(like, *gradients):
    known = [g for g in gradients if g is not None]
    return tf.add_n(known) if known else tf.zeros_like(like)


def _first(x):
    return tf.zeros(tf.shape(x)[1:], x.dtype)


def _flip(x):
    return tf.reverse(x, [0])


def _parts(batch):
    """How many parts to cut a batch into; `batch` is None where it is unknown."""
    if tf.config.list_logical_devices("GPU"):
        return 1
    cores = min(os.cpu_count() or 1, 8)
    return cores if batch is None else max(1, min(cores, batch // 4))


def _cut(values):
    """Cut a tree of batch-major tensors into a list of trees."""
    flat = tf.nest.flatten(values)
    tensors = [v for v in flat if v is not None]
    batch = tensors[0].shape[0]
    parts = _parts(batch)
    if parts == 1:
        return [values]
    size = tf.shape(tensors[0])[0] if batch is None else batch
    sizes = [size // parts] * (parts - 1)
    sizes.append(size - sum(sizes))
    cut = [
        [None] * parts if v is None else tf.split(v, sizes, axis=0, num=parts)
        for v in flat
    ]
    return [tf.nest.pack_sequence_as(values, list(part)) for part in zip(*cut)]


def _joined(parts):
    if len(parts) == 1:
        return parts[0]
    return tf.nest.map_structure(lambda *v: tf.concat(v, axis=0), *parts)

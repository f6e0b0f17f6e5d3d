"""Forward and backward pass of the hoisted recurrence, over one part of a batch."""

import itertools

import tensorflow as tf

from rnnkit.ops import scan
from rnnkit.recurrence.bind import bind
from rnnkit.recurrence.plan import advance, make_plan, recording, replaying


class Program:
    """The two passes, as functions of tensors for `tf.function` to compile."""

    def __init__(self, cell, go_backwards, return_sequences):
        self.cell = cell
        self.go_backwards = go_backwards
        self.return_sequences = return_sequences
        self.plan = None

    def forward(self, weights, batch, fixed):
        """The results, and what `backward` needs of what was computed."""
        sequences, states = batch
        cell = bind(self.cell, weights)
        whole, steps = fixed["whole"], self._steps(fixed)
        x = cell.project(self._time_major(sequences))
        if self.plan is None:
            self.plan = make_plan(self.cell, weights, x, states, whole, steps)
        plan = self.plan
        matrices = [cell.matrix(*product) for product in plan.products]

        def multiply(cell, k, a, name, gates):
            kernel, bias = matrices[k]
            y = tf.matmul(a, kernel)
            return y if bias is None else y + bias

        def body(states, inputs):
            x_t, step = inputs
            bound, product, values, activated = recording(self.cell, weights, multiply)
            new = advance(bound, x_t, states, product, whole, step)
            activated = [y for _, y in activated]
            kept = _kept("value", values, plan), _kept("activation", activated, plan)
            return new, (states, *kept)

        last, (before, values, activated) = scan(body, list(states), (x, steps))
        results = last
        if self.return_sequences:
            outputs = tf.concat([before[0][1:], last[0][tf.newaxis]], axis=0)
            results = [tf.transpose(outputs, [1, 0, 2]), *last]
        kept_x = [x] if ("x", 0) in plan.kept else []
        return results, (kept_x, before, values, activated)

    def backward(self, weights, batch, fixed, saved, upstream):
        """Gradients of the weights, and of the sequences and the first states."""
        sequences, _ = batch
        plan, whole = self.plan, fixed["whole"]
        kept_x, before, values, activated = saved
        with tf.GradientTape() as matrices_tape:
            matrices_tape.watch(list(weights.values()))
            cell = bind(self.cell, weights)
            matrices = [cell.matrix(*product) for product in plan.products]
        transposed = [tf.transpose(kernel) for kernel, _ in matrices]
        used = {name: weights[name] for name in plan.weights}
        batch = tf.shape(before[0])[1]
        widths = [kernel.shape[-1] for kernel, _ in matrices]
        gates = len(self.cell.gates) * self.cell.units
        dtype = before[0].dtype

        def body(carry, inputs):
            d_states, d_used = carry
            kept_x, states, kept_values, kept, step, *d_output = inputs
            if d_output:
                d_states = [d_states[0] + d_output[0], *d_states[1:]]
            # What backward does not read of x and of the products may be anything.
            x = kept_x[0] if kept_x else tf.zeros([batch, gates], dtype)
            given = {
                f"value_{k}": tf.zeros([batch, w], dtype) for k, w in enumerate(widths)
            }
            given.update(kept_values)
            values = [given[f"value_{k}"] for k in range(len(widths))]
            sources = [x, values, states, used]
            with tf.GradientTape() as tape:
                tape.watch(sources)
                known = (kept.get(f"activation_{k}") for k in itertools.count())
                bound, product, operands = replaying(
                    self.cell,
                    {**weights, **used},
                    values,
                    known,
                    transposed,
                    plan.again,
                )
                new = advance(bound, x, states, product, whole, step)
            d_x, d_values, d_states, d_step = tape.gradient(
                new,
                sources,
                output_gradients=d_states,
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
            d_used = {k: d + tf.cast(d_step[k], d.dtype) for k, d in d_used.items()}
            d_values = [d for d, shared in zip(d_values, plan.shared) if not shared]
            operands = [a for a, k in zip(operands, plan.aliases) if k is None]
            return (d_states, d_used), (d_x, d_values, operands)

        d_last = list(upstream)
        inputs = [kept_x, before, values, activated, self._steps(fixed)]
        if self.return_sequences:
            inputs.append(tf.transpose(d_last.pop(0), [1, 0, 2]))
        # Sums over many steps, which half precision would cut short.
        wide = {k: tf.float32 if v.dtype.size < 4 else v.dtype for k, v in used.items()}
        nothing = {k: tf.zeros_like(v, wide[k]) for k, v in used.items()}
        (d_states, d_used), given = scan(body, (d_last, nothing), inputs, reverse=True)
        d_used = {k: tf.cast(d, used[k].dtype) for k, d in d_used.items()}
        d_x, d_values, operands = given
        d_values, operands = iter(d_values), iter(operands)
        d_values = [d_x if shared else next(d_values) for shared in plan.shared]
        operands = [next(operands) if k is None else before[k] for k in plan.aliases]

        flows = []  # (matrix or bias, its gradient)
        for a, d, (kernel, bias) in zip(operands, d_values, matrices):
            flows.append((kernel, tf.matmul(_rows(a), _rows(d), transpose_a=True)))
            if bias is not None:
                flows.append((bias, tf.reduce_sum(d, axis=[0, 1])))
        targets, gradients = [f[0] for f in flows], [f[1] for f in flows]
        through = matrices_tape.gradient(targets, weights, gradients) if flows else {}
        with tf.GradientTape() as input_tape:
            input_tape.watch([sequences, *weights.values()])
            x = bind(self.cell, weights).project(self._time_major(sequences))
        d_sequences, d_inputs = input_tape.gradient(x, (sequences, weights), d_x)
        sums = {
            name: [g.get(name) for g in (d_inputs, through, d_used)] for name in weights
        }
        d_weights = {
            name: tf.add_n(
                [g for g in gradients if g is not None] or [0 * weights[name]]
            )
            for name, gradients in sums.items()
        }
        return d_weights, (d_sequences, d_states)

    def _steps(self, fixed):
        steps = {k: self._time_major(v) for k, v in fixed["steps"].items()}
        if fixed["mask"] is not None:
            steps["mask"] = self._time_major(fixed["mask"])[..., tf.newaxis]
        return steps

    def _time_major(self, x):
        x = tf.transpose(x, [1, 0, *range(2, x.shape.rank)])
        return tf.reverse(x, [0]) if self.go_backwards else x


def _kept(kind, values, plan):
    return {f"{kind}_{k}": v for k, v in enumerate(values) if (kind, k) in plan.kept}


def _rows(x):
    return tf.reshape(x, [-1, x.shape[-1]])

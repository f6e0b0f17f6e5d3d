"""The Jacobian of the state by the state before, at every step."""

import functools

import keras
import numpy as np
from keras import tree

from rnnkit.diagnostics.inside import name_of, needs_tensorflow, nothing_ran
from rnnkit.diagnostics.state_jacobians import BLOCK, StepJacobians
from rnnkit.layers.cell_function import CellFunction
from rnnkit.layers.inner_loop import (
    as_rows,
    in_reading_order,
    recurrent_layers,
    replaced,
    time_major,
    where,
)
from rnnkit.ops import scan
from rnnkit.ops.tracing import graph


def step_jacobians(layer, x, **call):
    """The derivative of the state at t by the state at t-1, exact, at every step.

    All states count: of an LSTM h and c, side by side. Dropouts are off. A masked
    step is the identity. Steps are in the order in which the layer makes them.

    Nothing is differentiated before it is asked for. A cell of `rnnkit.cells` that
    goes unit by unit but for its products costs gates · units² multiply-adds a step
    and sequence (see `elementwise.jacobian`), any other the backward pass of one step
    for each unit of the state, all steps side by side.

    Args:
        layer: A recurrent layer of rnnkit's or Keras', or what holds some:
            Bidirectional, DeepRecurrent, a model.
        x: What the layer is called on: of a layer `(batch, time, features)`.
        **call: What else it is called with: `mask`, `initial_state`.

    Returns:
        A `StepJacobians`; of a layer or model that holds recurrent layers a dict of
        them by the layers' names.

    Raises:
        ValueError: There is no recurrent layer, or none that runs over a sequence.
        RuntimeError: The backend is not TensorFlow.
    """
    needs_tensorflow()
    inside = recurrent_layers(layer)
    x = tree.map_structure(_tensor, x)
    call = {k: tree.map_structure(_tensor, v) for k, v in call.items()}
    if not layer.built:
        layer(x, **call)
    runs = []

    def run(x, call):
        def forward(one, sequences, states, mask):
            run = _Run(one, name_of(one, [r.name for r in runs]), states)
            outputs, last, seen = run.forward(sequences, states, mask)
            runs.append(run)
            kept.append(seen)
            return outputs, last

        kept = []
        with keras.StatelessScope(), replaced(inside, forward):
            layer(x, training=False, **call)
        return kept

    seen = graph(run)(x, call)
    if not runs:
        raise nothing_ran(layer.name)
    found = {run.name: run.result(*kept) for run, kept in zip(runs, seen)}
    return found[layer.name] if inside == [layer] else found


def _tensor(value):
    import tensorflow as tf

    return None if value is None else tf.convert_to_tensor(value)


class _Run:
    """One run of a recurrent layer: its steps, and their Jacobians."""

    def __init__(self, layer, name, states):
        self.layer, self.name = layer, name
        self.function = CellFunction(layer.cell)
        self.like = tree.map_structure(lambda s: 0, states)

    def forward(self, sequences, states, mask):
        """Outputs, last states, and what was read: inputs, states before, mask."""
        weights = self.function.weights()
        xs = [time_major(in_reading_order(self.layer, sequences))]
        if mask is not None:
            xs.append(time_major(in_reading_order(self.layer, mask)))

        def body(states, inputs):
            output, new = self.function(weights, inputs[0], states, self.like)
            if len(inputs) > 1:
                new = [where(inputs[1], n, s) for n, s in zip(new, states)]
            return new, (output, states)

        last, (outputs, before) = scan(body, tree.flatten(states), xs)
        seen = xs[0], before, xs[1] if len(xs) > 1 else None
        last = tree.pack_sequence_as(states, last)
        return time_major(outputs), last, seen

    def result(self, x, before, mask):
        """The `StepJacobians` of `(time, batch, ...)` tensors."""
        sizes = [int(np.prod(s.shape[2:])) for s in before]
        compute = graph(self._rows, reduce_retracing=True)

        def block(first, last):
            steps, batch = last - first, x.shape[1]
            rows = [as_rows(v[first:last]) for v in (x, *before)]
            width = max(1, BLOCK // sum(sizes) ** 2)
            parts = [
                compute([r[k : k + width] for r in rows]).numpy()
                for k in range(0, steps * batch, width)
            ]
            found = np.concatenate(parts)
            found = found.reshape(steps, batch, *found.shape[1:]).swapaxes(0, 1)
            if mask is not None:
                keep = mask.numpy()[first:last].T[..., None, None]
                found = np.where(keep, found, np.eye(sum(sizes), dtype=found.dtype))
            return found

        return StepJacobians(
            name=self.name,
            states=dict(zip(self.function.state_names, sizes)),
            batch=x.shape[1],
            steps=x.shape[0],
            mask=None if mask is None else mask.numpy().T,
            go_backwards=self.layer.go_backwards,
            block=block,
        )

    def _rows(self, rows):
        """The Jacobians of steps that stand side by side as the rows of a batch."""
        from rnnkit.diagnostics import elementwise

        x, *states = rows
        if elementwise.knows(self.layer.cell):
            return elementwise.jacobian(self.layer.cell, x, states)
        return _by_autodiff(functools.partial(self._step, x), states)

    def _step(self, x, states):
        return self.function(self.function.weights(), x, states, self.like)[1]


def _by_autodiff(step, states):
    """`(rows, state, state)`: every row's own, by one pass for each unit."""
    import tensorflow as tf

    def flat(states):
        return tf.concat([tf.reshape(s, [tf.shape(s)[0], -1]) for s in states], -1)

    shapes = [s.shape[1:] for s in states]
    together = flat(states)
    with tf.GradientTape() as tape:
        tape.watch(together)
        parts = tf.split(together, [int(np.prod(shape)) for shape in shapes], axis=-1)
        given = [tf.reshape(p, [-1, *shape]) for p, shape in zip(parts, shapes)]
        new = flat(step(given))
    return tape.batch_jacobian(new, together)

"""What a cell's step needs, found by tracing it once."""

import re
from typing import NamedTuple

import tensorflow as tf
from keras import activations

from rnnkit.recurrence.bind import bind
from rnnkit.recurrence.selection import DrawingStep

# Derivatives of activations that need their value only: d φ(z) as (φ(z), d) gives.
BY_VALUE = {
    activations.sigmoid: lambda y, d: d * y * (1 - y),
    activations.tanh: lambda y, d: d * (1 - y * y),
    activations.relu: lambda y, d: tf.where(y > 0, d, tf.zeros_like(d)),
}
_VALUE_UNUSED = {"Shape", "ShapeN", "Size", "Rank", "ZerosLike"}
_DRAWS = re.compile(
    "(?!Stateless).*(Random|TruncatedNormal|Multinomial|Stateful(Standard|Uniform)"
    "|Rng|Assign)"
)


class Plan(NamedTuple):
    """What the forward pass keeps and the backward pass expects."""

    products: list  # (name, gates) of every product of a step, in order
    weights: list  # names of the weights that a step uses outside its products
    kept: set  # ("x", 0), ("value", k), ("activation", k) that backward reads
    aliases: list  # for each product, the state that it multiplies, or None
    shared: list  # for each product, whether its gradient is that of x
    again: set  # activations that backward computes again, from what it has


def advance(cell, x, states, product, whole, step):
    """One step, masked: where the mask is False every state stays as it was."""
    noise = {**whole, **step}
    mask = noise.pop("mask", None)
    new = cell.transition(x, states, product, noise)
    if mask is None:
        return new
    return [tf.where(mask, n, s) for n, s in zip(new, states)]


def recording(cell, weights, multiply):
    """A bound cell and product that note what they compute.

    Returns the cell, the product, and the lists of values and of activations, these
    as pairs of what went in and what came out.
    """
    values, activated = [], []
    cell = bind(cell, weights)

    def product(a, name, gates=()):
        values.append(multiply(cell, len(values), a, name, gates))
        return values[-1]

    def note(function):
        def noted(z):
            activated.append((z, function(z)))
            return activated[-1][1]

        return noted

    _replace_activations(cell, note)
    return cell, product, values, activated


def replaying(cell, weights, values, activated, transposed, again):
    """A bound cell and product that take what was noted, and differentiate it.

    A product's value hands its gradient over whole, to become a weight gradient
    after the loop; the gradient of what it multiplies is a product with the
    transposed matrix. An activation's gradient follows from its value, which is
    computed once more where `again` says so.

    Returns the cell, the product, and the list of what was multiplied.
    """
    operands = []
    known = enumerate(activated)
    cell = bind(cell, weights)

    def product(a, name, gates=()):
        k = len(operands)
        operands.append(a)

        @tf.custom_gradient
        def replayed(a, value):
            return tf.identity(value), lambda d: (tf.matmul(d, transposed[k]), d)

        return replayed(a, values[k])

    def replay(function):
        by_value = BY_VALUE[function]

        def replayed(z):
            k, value = next(known)
            value = function(z) if k in again else value

            @tf.custom_gradient
            def activation(z):
                return tf.identity(value), lambda d: by_value(value, d)

            return activation(z)

        return replayed

    _replace_activations(cell, replay)
    return cell, product, operands


def _replace_activations(cell, replacement):
    for name in ("activation", "recurrent_activation"):
        function = getattr(cell, name, None)
        if function in BY_VALUE:
            vars(cell)[name] = replacement(function)


def make_plan(cell, weights, x, states, whole, steps):
    """Trace one step of `cell` and its gradient.

    Arguments are those of the sequence, of which only shapes count: `x` and `steps`
    are `(time, batch, ...)`. The trace uses a small batch of known size, whatever
    the real one is, so that equal shapes are seen to be equal.
    """
    plan = []

    def probe(weights, *values):
        plan.append(_probe(cell, weights, *values))
        return values[0]

    def specs(values, axes):
        return tf.nest.map_structure(
            lambda v: tf.TensorSpec([2, *v.shape[axes:]], v.dtype), values
        )

    traced = tf.function(probe, autograph=False).get_concrete_function(
        {k: tf.TensorSpec(v.shape, v.dtype) for k, v in weights.items()},
        specs(x, 2),
        specs(list(states), 1),
        specs(whole, 1),
        specs(steps, 2),
    )
    _refuse_draws(cell, traced.graph)
    return plan[0]


def _refuse_draws(cell, graph):
    """Raise DrawingStep where a step draws random numbers, which backward would draw
    anew: by TensorFlow's generators, or by a seed that it moves on."""
    written = graph.as_graph_def()
    nodes = [*written.node, *(n for f in written.library.function for n in f.node_def)]
    if draws := [node.op for node in nodes if _DRAWS.match(node.op)]:
        name = type(cell).__name__
        raise DrawingStep(
            f"A step of {name} draws random numbers or changes a variable "
            f"({draws[0]}), which the fast path would do once more for the gradient. "
            f'Take path="loop", or let {name} draw before the sequence, in '
            "`draw_noise`."
        )


def _probe(cell, weights, x, states, whole, step):
    products = []

    def multiply(cell, k, a, name, gates):
        products.append((name, gates))
        return cell.product(a, name, gates)

    bound, product, values, activated = recording(cell, weights, multiply)
    advance(bound, x, states, product, whole, step)
    # What an activation is of may come from kept values alone, as the tanh of a cell
    # does: to compute it again is as fast as to keep it, and takes no memory.
    needed = {("needed", k): v for k, v in enumerate([x, *values])}
    stops = {**needed, **{("known", k): y for k, (_, y) in enumerate(activated)}}
    again = {
        k
        for k, (z, _) in enumerate(activated)
        if not _reached([z], stops) & needed.keys()
    }
    activated = [y for _, y in activated]

    leaves = {("x", 0): tf.identity(x)}
    leaves.update({("value", k): tf.identity(v) for k, v in enumerate(values)})
    leaves.update({("activation", k): tf.identity(v) for k, v in enumerate(activated)})
    values = [leaves["value", k] for k in range(len(values))]
    activated = [leaves["activation", k] for k in range(len(activated))]
    transposed = [tf.transpose(bound.matrix(*which)[0]) for which in products]
    sources = [leaves["x", 0], values, states, weights]
    bound, product, operands = replaying(
        cell, weights, values, activated, transposed, again
    )
    new = advance(bound, sources[0], states, product, whole, step)
    upstream = [tf.ones_like(v) for v in new]
    # Not by a tape: what calls us may have told this thread's tapes to stand still,
    # as `keras.remat` does, and the plan is kept for all calls.
    given = tf.nest.flatten(sources)
    found = tf.gradients(new, given, upstream, stop_gradients=given)
    d_x, d_values, d_states, d_weights = tf.nest.pack_sequence_as(sources, found)

    aliases = [
        next((k for k, s in enumerate(states) if s is operand), None)
        for operand in operands
    ]
    outputs = [d_x, *d_values, *d_states, *d_weights.values()]
    outputs += [a for a, alias in zip(operands, aliases) if alias is None]
    return Plan(
        products=products,
        weights=[name for name, d in d_weights.items() if d is not None],
        kept=_reached([v for v in outputs if v is not None], leaves),
        aliases=aliases,
        shared=[d is d_x for d in d_values],
        again=again,
    )


def _reached(outputs, leaves):
    """The leaves whose values the outputs depend on."""
    names = {leaf.op.name: key for key, leaf in leaves.items()}
    queue, seen, found = list(outputs), set(), set()
    while queue:
        tensor = queue.pop()
        if tensor.name in seen:
            continue
        seen.add(tensor.name)
        op = tensor.op
        if op.name in names:
            found.add(names[op.name])
        elif op.type == "IdentityN":
            queue.append(op.inputs[tensor.value_index])
        elif op.type not in _VALUE_UNUSED:
            queue.extend(op.inputs)
    return found

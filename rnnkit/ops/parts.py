"""A batch in parts, one to a core, each a compiled program of its own; on TensorFlow.

XLA compiles a whole recurrence, but on a CPU runs the small operations of a step on
one core. TensorFlow runs several such programs side by side.
"""

import tensorflow as tf

from rnnkit.ops.devices import cores, has_gpu
from rnnkit.ops.tracing import graph

# Whether XLA compiles the programs. Without it they give the same numbers, more
# slowly, but start at once: for tests of many options on tiny shapes.
COMPILE = True


def program(function):
    """The function, compiled as `COMPILE` says."""
    return graph(function, jit_compile=COMPILE)


def _count(batch):
    """How many parts to cut a batch into; `batch` is None where it is unknown.

    Every shape is compiled on its own, so parts of unequal size are worth it only
    for a batch that is large.
    """
    if has_gpu():
        return 1
    most = min(cores(), 8)
    if batch is None:
        return most
    parts = max(1, min(most, batch // 4))
    return parts if batch % parts == 0 or batch >= 8 * parts else 1


def cut(values, parts=None):
    """Cut a tree of batch-major tensors (None where there is none) into trees.

    Args:
        values: The tree.
        parts: How many; by default as many as suit the batch.
    """
    flat = tf.nest.flatten(values)
    tensors = [v for v in flat if v is not None]
    batch = tensors[0].shape[0]
    parts = parts or _count(batch)
    if parts == 1:
        return [values]
    size = tf.shape(tensors[0])[0] if batch is None else batch
    sizes = [size // parts] * (parts - 1)
    sizes.append(size - sum(sizes))
    columns = [
        [None] * parts if v is None else tf.split(v, sizes, axis=0, num=parts)
        for v in flat
    ]
    return [tf.nest.pack_sequence_as(values, list(part)) for part in zip(*columns)]


def joined(parts):
    """The trees of the parts as one, set together along the batch."""
    if len(parts) == 1:
        return parts[0]
    return tf.nest.map_structure(lambda *v: tf.concat(v, axis=0), *parts)

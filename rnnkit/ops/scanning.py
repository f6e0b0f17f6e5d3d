"""A loop over the leading axis, on every backend."""

import keras
from keras import ops, tree


def scan(f, carry, xs, *, length=None, reverse=False, unroll=False):
    """Run `carry, y = f(carry, x)` over the leading axis of `xs`.

    Unlike `keras.ops.scan`, `y` may have any structure, a length that is unknown
    until run time works under XLA, and second derivatives exist.

    Args:
        f: Function of a carry and one slice of `xs`, both trees of tensors.
        carry: Tree of tensors, whose shapes `f` keeps.
        xs: Tree of tensors of one length, `(time, ...)`; it may be empty.
        length: Number of steps, where `xs` is empty.
        reverse: Whether to start at the end; `y` stays in the order of `xs`.
        unroll: Whether to write the loop out; the length must be known.

    Returns:
        The last carry, and the tree of all `y`, `(time, ...)`.
    """
    known = [x.shape[0] for x in tree.flatten(xs)]
    length = known[0] if known else length
    if length is None and not known:
        raise ValueError("A scan over nothing needs `length`, the number of steps.")
    if unroll:
        return _unrolled(f, carry, xs, length, reverse)
    if keras.backend.backend() == "tensorflow":
        return _tensorflow(f, carry, xs, length, reverse)
    if keras.backend.backend() == "jax":
        import jax

        return jax.lax.scan(f, carry, xs, length, reverse=reverse)
    return _unrolled(f, carry, xs, length, reverse)


def _unrolled(f, carry, xs, length, reverse):
    if length is None:
        raise ValueError("unroll=True needs a known number of steps.")
    ys = []
    for t in reversed(range(length)) if reverse else range(length):
        carry, y = f(carry, tree.map_structure(lambda x, t=t: x[t], xs))
        ys.append(y)
    ys = ys[::-1] if reverse else ys
    return carry, tree.map_structure(lambda *y: ops.stack(y), *ys)


def _tensorflow(f, carry, xs, length, reverse):
    import tensorflow as tf

    if tf.executing_eagerly():
        return _unrolled(f, carry, xs, length, reverse)
    xs = tree.map_structure(tf.convert_to_tensor, xs)
    carry = tree.map_structure(tf.convert_to_tensor, carry)
    flat = tree.flatten(xs)
    known = length
    if length is None:
        length = tf.shape(flat[0])[0]

    # What one step gives is known once it has been traced: nothing of this is run.
    first = tree.map_structure(lambda x: tf.zeros(tf.shape(x)[1:], x.dtype), xs)
    for x, full in zip(tree.flatten(first), flat):
        x.set_shape(full.shape[1:])
    like = f(carry, first)[1]
    arrays = [
        tf.TensorArray(y.dtype, size=length, element_shape=y.shape)
        for y in tree.flatten(like)
    ]

    def body(k, carry, arrays):
        t = length - 1 - k if reverse else k
        new, y = f(carry, tree.map_structure(lambda x: tf.gather(x, t), xs))
        for old, value in zip(tree.flatten(carry), tree.flatten(new)):
            value.set_shape(old.shape)
        arrays = [a.write(t, v) for a, v in zip(arrays, tree.flatten(y))]
        return k + 1, new, arrays

    _, carry, arrays = tf.while_loop(
        lambda k, *_: k < length,
        body,
        (tf.constant(0), carry, arrays),
        maximum_iterations=length,
    )
    stacked = []
    for array, y in zip(arrays, tree.flatten(like)):
        value = array.stack()
        value.set_shape([known, *y.shape])
        stacked.append(value)
    return carry, tree.pack_sequence_as(like, stacked)

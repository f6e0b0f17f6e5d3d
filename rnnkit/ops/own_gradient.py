"""A function that brings its own gradient, and has no second one; on TensorFlow."""

import tensorflow as tf

from rnnkit.ops.tracing import graph


def own_gradient(forward, backward, words):
    """A differentiable function of two passes, into neither of which a tape looks.

    So it does not matter how many tapes there are, or whether one is persistent: what
    they would record of the passes cannot leave a program that XLA has compiled.

    Args:
        forward: `(given, fixed) → (results, saved)`, trees of tensors.
        backward: `(given, fixed, saved, upstream) → gradients`, a tree like `given`;
            `upstream` is a tree like `results`.
        words: What is said where a gradient is differentiated.

    Returns:
        Function of `given`, which gradients are of, and `fixed`; gives the results.
    """
    forward, backward = _unseen(forward), _refusing(_unseen(backward), words)

    def run(given, fixed):
        flat = [tf.convert_to_tensor(v) for v in tf.nest.flatten(given)]

        @tf.custom_gradient
        def passes(*flat):
            own = tf.nest.pack_sequence_as(given, flat)
            results, saved = forward(own, fixed)

            def gradient(*upstream):
                upstream = tf.nest.pack_sequence_as(results, upstream)
                return tf.nest.flatten(backward(own, fixed, saved, upstream))

            return results, gradient

        return passes(*flat)

    return run


def _unseen(function):
    """The function, in a graph of its own where it runs eagerly, and of no gradient."""
    in_graph = graph(function)

    def run(*args):
        run = in_graph if tf.executing_eagerly() else function
        return _cut_off(run(*_cut_off(args)))

    return run


def _cut_off(values):
    """The same tree, of which no tape knows where it came from."""
    return tf.nest.map_structure(
        lambda v: tf.stop_gradient(v) if _is_real(v) else v, values
    )


def _is_real(v):
    return tf.is_tensor(v) and v.dtype.is_floating


def _refusing(function, words):
    """The function; to take a gradient of what it gives raises `words`."""

    def run(*args):
        flat = tf.nest.flatten(args)
        real = [k for k, v in enumerate(flat) if _is_real(v)]

        @tf.custom_gradient
        def once(*values):
            for k, v in zip(real, values):
                flat[k] = v

            def gradient(*_):
                raise NotImplementedError(words)

            return function(*tf.nest.pack_sequence_as(args, flat)), gradient

        return once(*[flat[k] for k in real])

    return run

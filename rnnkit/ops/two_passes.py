"""A function with a gradient of its own, compiled and in parts; on TensorFlow."""

import tensorflow as tf

from rnnkit.ops import parts
from rnnkit.ops.tracing import graph


def two_passes(forward, backward, second_order):
    """A differentiable function of a batch, whose two passes are compiled programs.

    Each runs in parts side by side, see `rnnkit.ops.parts`. No tape looks into them:
    what it would record cannot leave a program that XLA has compiled. So it does not
    matter how many tapes there are, or whether one is persistent.

    Args:
        forward: `(weights, batch, fixed) → (results, saved)`, trees of tensors, of
            which all but the weights are batch-major.
        backward: `(weights, batch, fixed, saved, upstream) → (gradients of the weights,
            gradients of the batch)`, trees like these; `upstream` is one like the
            results.
        second_order: What is said where a gradient is differentiated.

    Returns:
        Function of `weights` and `batch`, which gradients are of, and of `fixed`; gives
        the results.
    """

    def backward_or_refused(*args):
        found = backward(*args)
        if any(d is None for d in tf.nest.flatten(found)):
            raise NotImplementedError(second_order)  # traced where no tape records
        return found

    forward, backward_part = map(parts.program, (forward, backward_or_refused))

    def whole_forward(weights, batch, fixed):
        done = [forward(weights, *piece) for piece in parts.cut((batch, fixed))]
        saved = [saved for _, saved in done]
        return parts.joined([results for results, _ in done]), saved

    def whole_backward(weights, batch, fixed, saved, upstream):
        # As many parts as there were, whatever sizes are known of what is cut here.
        pieces, ds = (parts.cut(v, len(saved)) for v in ((batch, fixed), upstream))
        found = [
            backward_part(weights, *piece, one, d)
            for piece, one, d in zip(pieces, saved, ds, strict=True)
        ]
        d_weights = [each for each, _ in found]
        d_weights = tf.nest.map_structure(lambda *d: tf.add_n(d), *d_weights)
        return d_weights, parts.joined([each for _, each in found])

    whole_forward = _unseen(whole_forward)
    whole_backward = _refusing(_unseen(whole_backward), second_order)

    def run(weights, batch, fixed):
        given = weights, batch

        @tf.custom_gradient
        def passes(*flat):
            weights, batch = tf.nest.pack_sequence_as(given, flat)
            results, saved = whole_forward(weights, batch, fixed)

            def gradient(*upstream):
                upstream = tf.nest.pack_sequence_as(results, upstream)
                found = whole_backward(weights, batch, fixed, saved, upstream)
                return tf.nest.flatten(found)

            return results, gradient

        return passes(*map(tf.convert_to_tensor, tf.nest.flatten(given)))

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

"""Functions that keep a loop a loop where values are at hand."""

import functools

import keras


@functools.cache
def traced(function):
    """The function; on TensorFlow traced where it is called eagerly.

    Arguments are tensors, in any structure, and whatever can be a key of a dict. A
    new size is no new trace.
    """
    if keras.backend.backend() != "tensorflow":
        return function
    import tensorflow as tf

    in_graph = compiled(function)

    @functools.wraps(function)
    def run(*args):
        return in_graph(*args) if tf.executing_eagerly() else function(*args)

    return run


def known(x):
    """The values of a tensor as an array; None where they are not known yet."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return keras.ops.convert_to_numpy(x) if tf.executing_eagerly() else None
    if keras.backend.backend() == "jax":
        import jax

        if isinstance(x, jax.core.Tracer):
            return None
    return keras.ops.convert_to_numpy(x)


def compiled(function):
    """The function; on TensorFlow in a graph of its own, one for all sizes."""
    if keras.backend.backend() != "tensorflow":
        return function
    return graph(function, reduce_retracing=True)


def graph(function, **options):
    """A `tf.function` that may see many shapes, and does not warn of it.

    Each is compiled once, as sequences come in few lengths.
    """
    import tensorflow as tf

    made = tf.function(function, autograph=False, **options)
    made._omit_frequent_tracing_warning = True
    return made

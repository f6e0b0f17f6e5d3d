"""Outputs, states and all gradients of a run, by name."""

import numpy as np
from keras import tree


def measured(run, layer, sequence, initial_state=None, **compile_options):
    """What `run(sequence, initial_state) -> (output, states)` gives, and its gradients.

    The loss weighs each output and state number at random, so that every gradient
    differs. Returns a dict: "output", "state 0" …, and "gradient of …" for the
    inputs, the initial states and each trainable weight of `layer`. With
    `compile_options` the whole is one `tf.function` of these options.
    """
    import tensorflow as tf  # gradients are TensorFlow's; cells alone need none

    sequence = tf.convert_to_tensor(sequence, layer.compute_dtype)
    given = [tf.convert_to_tensor(s, layer.compute_dtype) for s in initial_state or []]
    weights = layer.trainable_weights

    def whole(sequence, given):
        with tf.GradientTape() as tape:
            tape.watch([sequence, *given])
            results = run(sequence, given or None)
            loss = sum(_weighed(leaf, i) for i, leaf in enumerate(tree.flatten(results)))
        targets = [sequence, *given, *[weight.value for weight in weights]]
        return results, tape.gradient(loss, targets)

    if compile_options:
        whole = tf.function(whole, **compile_options)
    (output, states), gradients = whole(sequence, given)
    found = {"output": output}
    found |= {f"state {i}": state for i, state in enumerate(tree.flatten(states))}
    names = ["the inputs", *[f"initial state {i}" for i in range(len(given))]]
    names += [_name(weight, i) for i, weight in enumerate(weights)]
    for name, gradient in zip(names, gradients, strict=True):
        if gradient is None:
            raise AssertionError(f"{layer.name}: no gradient of {name}")
        found[f"gradient of {name}"] = tf.convert_to_tensor(gradient)
    return found


def _name(weight, index):
    """A weight's name, with its number where several share one."""
    return f"{weight.path.rpartition('/')[-1]} ({index})"


def _weighed(leaf, index):
    import tensorflow as tf

    shape = leaf.shape.as_list()
    if None in shape:
        return tf.reduce_sum(tf.sin(leaf * (index + 1)))
    weight = np.random.default_rng(100 + index).normal(size=shape)
    return tf.reduce_sum(leaf * tf.cast(weight, leaf.dtype))

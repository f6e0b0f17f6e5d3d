"""Everything a recurrent layer gives on TensorFlow, and every gradient, by name."""

import numpy as np
from keras import tree


class Probe:
    """Runs a layer and differentiates what it gives.

    `probe(sequence, initial_state, mask)` returns a dict: "output", "state 0" …, and
    "gradient of …" for the inputs, the initial states and each trainable weight. The
    loss weighs each number of output and states at random, so that no two gradients
    are alike.

    Args:
        layer: A built layer; its compute type is that of the run.
        run: `run(sequence, initial_state, mask) -> (output, states)`.
        graph: Whether to trace (once a shape) or to run eagerly.
        xla: Whether to compile with XLA.
        unknown_sizes: Whether batch and time are unknown when it is traced.
    """

    def __init__(self, layer, run, graph=True, xla=False, unknown_sizes=False):
        import tensorflow as tf  # only gradients need it

        self.layer = layer
        self.run = run
        self.unknown_sizes = unknown_sizes
        traced = tf.function(self._differentiated, jit_compile=xla, autograph=False)
        self.call = traced if graph else self._differentiated

    def __call__(self, sequence, initial_state=None, mask=None):
        import tensorflow as tf

        dtype = self.layer.compute_dtype
        sequence = tf.convert_to_tensor(sequence, dtype)
        given = [tf.convert_to_tensor(s, dtype) for s in initial_state or []]
        mask = None if mask is None else tf.convert_to_tensor(mask)
        (output, states), gradients = self._called(sequence, given, mask)
        found = {"output": output}
        found |= {f"state {i}": state for i, state in enumerate(tree.flatten(states))}
        names = ["the inputs", *[f"initial state {i}" for i in range(len(given))]]
        names += [_name(*pair) for pair in enumerate(self.layer.trainable_weights)]
        for name, gradient in zip(names, gradients, strict=True):
            found[f"gradient of {name}"] = gradient
        return found

    def _called(self, *given):
        if self.unknown_sizes and self.call != self._differentiated:
            sequence, states, mask = given
            specs = (
                _spec(sequence, (None, None, sequence.shape[-1])),
                [_spec(state, (None, state.shape[-1])) for state in states],
                None if mask is None else _spec(mask, (None, None)),
            )
            return self.call.get_concrete_function(*specs)(*given)
        return self.call(*given)

    def _differentiated(self, sequence, given, mask):
        import tensorflow as tf

        weights = [weight.value for weight in self.layer.trainable_weights]
        with tf.GradientTape() as tape:
            tape.watch([sequence, *given])
            results = self.run(sequence, given or None, mask)
            parts = enumerate(tree.flatten(results))
            loss = sum(self._weighed(part, index) for index, part in parts)
        targets = [sequence, *given, *weights]
        gradients = tape.gradient(loss, targets, unconnected_gradients="zero")
        return results, [tf.convert_to_tensor(gradient) for gradient in gradients]

    def _weighed(self, part, index):
        import tensorflow as tf

        if self.unknown_sizes:
            return tf.reduce_sum(tf.sin(part * (index + 1)))
        weight = np.random.default_rng(100 + index).normal(size=part.shape)
        return tf.reduce_sum(part * tf.cast(weight, part.dtype))


def _name(index, weight):
    """A weight's name, and its number, as several may share a name."""
    return f"{weight.path.rpartition('/')[-1]} ({index})"


def _spec(tensor, shape):
    import tensorflow as tf

    return tf.TensorSpec(shape, tensor.dtype)

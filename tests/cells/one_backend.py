"""Runs all that has no path of its own on KERAS_BACKEND; writes an .npz."""

import sys

import keras
import numpy as np
from keras import ops

from rnnkit.layers import Recurrent
from rnnkit.losses import ctc_loss
from rnnkit.testing import subjects
from tests.discovered import cells


def main(path):
    """One step, and a masked sequence, of each cell."""
    numbers = {}
    mask = ops.convert_to_tensor(subjects.masks()["with a fully masked row"])
    for cell_class in cells():
        name = cell_class.__name__
        plain = Recurrent(
            cell_class(6), path="loop", return_sequences=True, return_state=True
        )
        layer = subjects.built(plain)
        sequence = subjects.tensor(layer, subjects.inputs())
        given = [subjects.tensor(layer, s) for s in subjects.states(layer)]
        results = {
            "step": layer.cell(sequence[:, 0], given),
            "sequence": layer(sequence, initial_state=given, mask=mask),
        }
        for kind, (output, *states) in results.items():
            states = states[0] if isinstance(states[0], (list, tuple)) else states
            for part, value in enumerate([output, *states]):
                numbers[f"{name} {kind} {part}"] = ops.convert_to_numpy(value)
    numbers["CTC"], numbers["CTC gradient"] = ctc()
    np.savez(path, **numbers)


def ctc():
    """The losses of a padded batch, and the gradient of their sum."""
    rng = np.random.default_rng(1)
    logits = 3 * rng.normal(size=(3, 9, 5)).astype("float32")
    labels = rng.integers(1, 5, size=(3, 3))
    lengths = np.array([3, 0, 2]), np.array([9, 7, 8])

    def losses(x):
        return ctc_loss(labels, x, *lengths)

    if keras.backend.backend() == "jax":
        import jax

        slope = jax.grad(lambda x: losses(x).sum())(logits)
    elif keras.backend.backend() == "torch":
        x = ops.convert_to_tensor(logits).requires_grad_()
        losses(x).sum().backward()
        slope = x.grad
    else:
        import tensorflow as tf

        x = tf.constant(logits)
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(losses(x))
        slope = tape.gradient(total, x)
    return [ops.convert_to_numpy(value) for value in (losses(logits), slope)]


if __name__ == "__main__":
    main(sys.argv[1])

"""Runs every layer without state on KERAS_BACKEND; writes an .npz."""

import sys

import keras
import numpy as np
from keras import ops

from tests.layers.front_ends import FRAMEWISE, MADE, OF_SAMPLES, batch_of


def main(path):
    """Outputs and masks by hand and in a model, and the slope at the input."""
    numbers = {}
    for name, make in MADE.items():
        layer = make()
        x, mask = batch_of(name)
        layer.build(x.shape)
        rng = np.random.default_rng(1)
        values = [rng.normal(size=w.shape) for w in layer.weights]
        squares = ["variance" in w.name for w in layer.weights]
        layer.set_weights(
            [np.abs(v) if square else v for v, square in zip(values, squares)]
        )
        numbers[f"{name} masked"] = layer(x, mask=mask)
        if name in FRAMEWISE:
            numbers[f"{name} mask"] = layer.compute_mask(x, mask)
        if name in OF_SAMPLES:
            numbers[f"{name} short"] = layer(x[:, :3], mask=mask[:, :3])
            numbers[f"{name} counts"] = layer.frame_counts(mask.sum(1))
        numbers[f"{name} predict"] = keras.Sequential([layer]).predict(x, verbose=0)
        numbers[f"{name} slope"] = slope(layer, x[:1])
    found = {name: ops.convert_to_numpy(value) for name, value in numbers.items()}
    np.savez(path, **found)


def slope(layer, x):
    """The gradient of the sum of squared outputs to the input."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.grad(lambda x: (layer(x) ** 2).sum())(x)
    if keras.backend.backend() == "torch":
        x = ops.convert_to_tensor(x).requires_grad_()
        (layer(x) ** 2).sum().backward()
        return x.grad
    import tensorflow as tf

    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(layer(x) ** 2)
    return tape.gradient(total, x)


if __name__ == "__main__":
    main(sys.argv[1])

"""Nets that learn to hold what they were told: whose weights are then looked at."""

import keras
import numpy as np

import rnnkit
from rnnkit import diagnostics

UNITS = 32


def told(rng, count, steps, bits=False):
    """What is told at the first step, to be held to the last, through noise.

    Returns:
        x `(count, steps, 1)`, a number from -1 to 1, or -1 or 1, then noise; and the
        number, `(count, 1)`.
    """
    x = 0.02 * rng.normal(size=(count, steps, 1)).astype("float32")
    first = rng.uniform(-1, 1, count)
    x[:, 0, 0] = np.sign(first) if bits else first
    return x, x[:, 0]


def holders(rng, activations, steps, batches):
    """Nets of one unit and of many that have learnt to hold a number.

    They learn side by side, each by itself.

    Returns:
        Dict of `(activation, units)` to the recurrent layer.
    """
    inputs = keras.Input((steps, 1))
    layers, outputs = {}, []
    for activation in activations:
        for units in (1, UNITS):
            layer = rnnkit.layers.SimpleRNN(units, activation=activation, path="loop")
            layers[activation, units] = layer
            outputs.append(keras.layers.Dense(1)(layer(inputs)))
    model = keras.Model(inputs, outputs)
    clipped = rnnkit.training.LayerClipping(keras.optimizers.Adam(1e-2), 1.0)
    model.compile(clipped, ["mse"] * len(outputs), jit_compile=False)
    x, y = told(rng, 64 * batches, steps)
    model.fit(x, [y] * len(outputs), batch_size=64, verbose=0)
    return layers


def memory(layers, units, steps):
    """`ActivationMemory` of the trained nets of so many units, from what they are told.

    Step 0 is right after a number from -1 to 1, a line each.
    """
    numbers = np.linspace(-1, 1, 20, dtype="float32")[:, None, None]
    states = {}
    for (activation, size), layer in layers.items():
        if size == units:
            after = np.array(layer(numbers))
            _, kernel, bias = layer.get_weights()
            found = diagnostics.activation_memory(
                kernel.T, after, bias, steps, activations=(activation,)
            )
            states |= found.states
    return diagnostics.ActivationMemory(states)


def bit_holder(rng, steps, batches):
    """A net of two units that has learnt to hold a bit: the layer, and its readout."""
    start = keras.initializers.Identity(0.8)
    layer = rnnkit.layers.SimpleRNN(2, recurrent_initializer=start, path="loop")
    model = keras.Sequential([layer, keras.layers.Dense(1)])
    optimizer = keras.optimizers.Adam(2e-2, global_clipnorm=1.0)
    model.compile(optimizer, "mse", jit_compile=False)
    x, y = told(rng, 64 * batches, steps, bits=True)
    model.fit(x, y, batch_size=64, verbose=0)
    return layer, model.layers[-1]

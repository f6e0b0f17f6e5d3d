"""What activations remember of one input, long after it."""

import dataclasses

import keras
import numpy as np

ACTIVATIONS = ("sigmoid", "tanh", "relu", "elu")


@dataclasses.dataclass(frozen=True, eq=False)
class ActivationMemory:
    """The states that follow one input, by the activation.

    Attributes:
        states: `(steps + 1, inputs, units)` by the activation's name; step 0 is right
            after the input.
        spread: How far apart different inputs still are, relative to step 0, by name,
            `(steps + 1,)`: the mean over the units of the standard deviation over
            the inputs. 0: nothing is remembered.
    """

    states: dict

    @property
    def spread(self):
        with np.errstate(over="ignore", invalid="ignore"):
            apart = {k: s.std(axis=1).mean(axis=-1) for k, s in self.states.items()}
            return {k: a / a[0] for k, a in apart.items()}

    def plot(self, path=None):
        """Draw states over the steps, a panel an activation, a line an input.

        Of many units the first three, each in a colour of its own.

        Args:
            path: Where to write the picture, any format of matplotlib's.

        Returns:
            The `matplotlib.figure.Figure`.
        """
        from rnnkit.diagnostics.drawing_dynamics import draw_memory

        return draw_memory(self, path)


def activation_memory(
    W, x=None, b=0.0, steps=50, activations=ACTIVATIONS, inputs=20, seed=0
):
    """What is left of one input after t steps in which nothing more comes in.

        h_0 = x
        h_t = φ(W h_{t-1} + b)

    Args:
        W: `(units, units)`, or a number: one unit.
        x: First states, `(inputs, units)`; None: `inputs` drawn from the standard
            normal distribution.
        b: Bias, a number or `(units,)`.
        steps: Number of steps.
        activations: Names of Keras' activations.
        inputs: How many to draw.
        seed: Of the drawing.

    Returns:
        `ActivationMemory`.
    """
    W = np.atleast_2d(np.asarray(W, "float64"))
    if x is None:
        x = np.random.default_rng(seed).normal(size=(inputs, len(W)))
    x = np.asarray(x, "float64").reshape(-1, len(W))
    states = {}
    for name in activations:
        phi, h, seen = keras.activations.get(name), x, [x]
        for _ in range(steps):
            z = keras.ops.convert_to_tensor(h @ W.T + b, "float64")
            h = keras.ops.convert_to_numpy(phi(z))
            seen.append(h)
        states[name] = np.array(seen)
    return ActivationMemory(states)

"""What `gradient_flow` found: plain arrays."""

import dataclasses
from typing import ClassVar

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class LayerFlow:
    """The gradient on its way back through one recurrent layer.

    Steps are in the order in which the layer makes them.

    Attributes:
        name: Of the layer.
        gradients: dL/ds_t by the state's name, `(batch, time, units)`: the total
            derivative, through all later steps and, where the output is a state,
            through that step's output.
        left: Norm over all states of what is left at step t of the gradient that
            arrives at the end, without what the outputs before add, `(batch,
            time)`: its fall is how fast the layer forgets.
        passed: Norm over all states of what of dL/ds_t goes on to step t-1, without
            what any output adds on the way, `(batch, time)`.
        weights: Norm of what step t gives to dL/dW, summed over the batch, by the
            trainable weight's name, `(time,)`. The norm alone: the gradients
            themselves would be as large as the weights, at every step.
        mask: `(batch, time)`; all True without a mask.
        go_backwards: Whether step 0 reads the last input.
        axes: Names of the axes of each array, or of each in a dict of them.
    """

    axes: ClassVar[dict] = {
        "gradients": ("batch", "time", "units"),
        "norms": ("batch", "time"),
        "total": ("batch", "time"),
        "left": ("batch", "time"),
        "passed": ("batch", "time"),
        "weights": ("time",),
        "mask": ("batch", "time"),
    }

    name: str
    gradients: dict
    left: np.ndarray
    passed: np.ndarray
    weights: dict
    mask: np.ndarray
    go_backwards: bool

    @property
    def norms(self):
        """Norm of dL/ds_t by the state's name, `(batch, time)`."""
        return {name: _norm(g) for name, g in self.gradients.items()}

    @property
    def total(self):
        """Norm of dL/ds_t over all states, `(batch, time)`."""
        return np.sqrt(sum(norm**2 for norm in self.norms.values()))

    @property
    def omega(self):
        """How far the gradient is from keeping its norm, summed over the steps.

            Ω = Σ_t (‖dL/ds_{t+1} · ds_{t+1}/ds_t‖ / ‖dL/ds_{t+1}‖ - 1)²

        The mean over the batch; steps that no gradient reaches count nothing. See
        `rnnkit.training.VanishingGradientRegularizer`.
        """
        total = self.total
        inner = self.mask & (np.cumsum(self.mask, axis=1) > 1) & (total > 0)
        ratio = np.divide(self.passed, total, out=np.ones_like(total), where=inner)
        return float(np.sum((ratio - 1) ** 2) / len(total))

    def plot(self, path=None):
        """Draw dL/ds_t and the share of dL/dW by step.

        Args:
            path: Where to write the picture, any format of matplotlib's.

        Returns:
            The `matplotlib.figure.Figure`.
        """
        from rnnkit.diagnostics.drawing import draw_flow

        return draw_flow([self], path)


@dataclasses.dataclass(frozen=True, eq=False)
class ModelFlow:
    """The gradient on its way back through every recurrent layer of a model.

    Attributes:
        loss: The loss of the batch.
        layers: `LayerFlow` by the layer's name, in the order in which they ran.
    """

    loss: float
    layers: dict

    def __getitem__(self, name):
        return self.layers[name]

    def plot(self, path=None):
        """Draw dL/ds_t and the share of dL/dW by step, a row a layer.

        Args:
            path: Where to write the picture, any format of matplotlib's.

        Returns:
            The `matplotlib.figure.Figure`.
        """
        from rnnkit.diagnostics.drawing import draw_flow

        return draw_flow([*self.layers.values()], path)


def _norm(gradient):
    rows = gradient.reshape(*gradient.shape[:2], -1)
    return np.linalg.norm(rows, axis=-1)

"""What `step_jacobians` found: plain arrays, computed when they are asked for."""

import dataclasses
import functools
from collections.abc import Callable
from typing import ClassVar

import numpy as np

BLOCK = 2**24  # numbers of Jacobians that are held at once


@dataclasses.dataclass(frozen=True, eq=False)
class StepJacobians:
    """The Jacobians of a recurrent layer's steps, in the order they are made.

    Attributes:
        name: Of the layer.
        states: Width of every state by its name; they stand side by side in the
            axes `state`.
        batch, steps: Number of sequences, and of steps of each.
        mask: `(batch, time)` of booleans, or None.
        go_backwards: Whether step 0 reads the last input.
        block: `block(first, last)` computes the Jacobians of some steps, `(batch,
            steps, state, state before)`.
        axes: Names of the axes of each array.
    """

    axes: ClassVar[dict] = {
        "jacobians": ("batch", "time", "state", "state before"),
        "products": ("batch", "state", "state before"),
        "singular_values": ("batch", "time", "state"),
        "spectral_radius": ("batch", "time"),
        "influence": ("batch", "time"),
        "mask": ("batch", "time"),
    }

    name: str
    states: dict
    batch: int
    steps: int
    mask: np.ndarray | None
    go_backwards: bool
    block: Callable = dataclasses.field(repr=False)

    @functools.cached_property
    def jacobians(self):
        """All of them, `(batch, time, state, state before)`, kept."""
        return self.block(0, self.steps)

    @functools.cached_property
    def spectral_radius(self):
        """The largest eigenvalue's magnitude, `(batch, time)`.

        About 10 state³ operations a step and sequence.
        """
        return self._each_step(lambda j: np.abs(np.linalg.eigvals(j)).max(axis=-1))

    @functools.cached_property
    def singular_values(self):
        """Falling, `(batch, time, state)`: `[..., :k]` are the top k.

        About 3 state³ operations a step and sequence.
        """
        return self._each_step(lambda j: np.linalg.svd(j, compute_uv=False))

    def products(self, first, last):
        """The derivative of the state after step `last` by that after step `first`.

        `(batch, state, state before)`; first = -1 means the initial state.

        Raises: `ValueError` for steps that are none, or that go back in time.
        """
        if not -1 <= first <= last < self.steps:
            raise ValueError(
                f"The state after step {last} by that after step {first}: steps are "
                f"0 to {self.steps - 1}, -1 is before the first, and the influence "
                "goes forward."
            )
        product = self._identity()
        for t in range(first + 1, last + 1):
            product = self.block(t, t + 1)[:, 0] @ product
        return product

    @functools.cached_property
    def influence(self):
        """How far a change of each state is felt at the end, `(batch, time)`.

        The largest singular value of the derivative of the last state by the state
        after step t: of one unit of change, at most so much is left. 1 at the last
        step. One product of matrices and one decomposition a step and sequence.
        """
        product = self._identity()
        norms = np.ones((self.batch, self.steps), product.dtype)
        for t in range(self.steps - 1, 0, -1):
            product = product @ self.block(t, t + 1)[:, 0]
            norms[:, t - 1] = np.linalg.norm(product, 2, axis=(-2, -1))
        return norms

    def plot(self, path=None):
        """Draw stretch and spectral radius of the steps, and what reaches the end.

        Args:
            path: Where to write the picture, any format of matplotlib's.

        Returns:
            The `matplotlib.figure.Figure`.
        """
        from rnnkit.diagnostics.drawing import draw_jacobians

        return draw_jacobians(self, path)

    def _identity(self):
        eye = np.eye(sum(self.states.values()), dtype=self.block(0, 1).dtype)
        return np.broadcast_to(eye, (self.batch, *eye.shape))

    def _each_step(self, measure):
        """A measure of every Jacobian, some steps at a time."""
        if "jacobians" in vars(self):
            return measure(self.jacobians)
        width = max(1, BLOCK // (self.batch * sum(self.states.values()) ** 2))
        firsts = range(0, self.steps, width)
        blocks = (self.block(k, min(k + width, self.steps)) for k in firsts)
        return np.concatenate([measure(block) for block in blocks], axis=1)

"""What a translation pays for the words of its source that it passed over."""

import dataclasses

from keras import ops


@dataclasses.dataclass(frozen=True)
class WuCoverage:
    """beta * Σ_i ln(min(Σ_j a_ij, 1)), added to the score

    `a_ij` is the attention that target token j pays to source position i; what is left
    of a position that none looked at is 1e-30.

    Args:
        beta: Weight.
        mask: Which positions of the source count, booleans `(batch, positions)`; by
            default all, padding too.

    Reference: [Wu et al., 2016](https://arxiv.org/abs/1609.08144)
    """

    beta: float = 0.2
    mask: object = None

    def __call__(self, sums):
        """Of summed attention `(batch, width, positions)`: `(batch, width)`."""
        costs = ops.log(ops.clip(ops.cast(sums, "float32"), 1e-30, 1.0))
        if self.mask is not None:
            mask = ops.convert_to_tensor(self.mask, dtype="bool")
            costs = ops.where(mask[:, None], costs, 0.0)
        return self.beta * ops.sum(costs, axis=-1)

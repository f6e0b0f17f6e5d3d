"""The length penalty of Google's translator."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class WuLength:
    """score / ((5 + length) / 6) ** alpha

    Reference: [Wu et al., 2016](https://arxiv.org/abs/1609.08144)
    """

    alpha: float = 0.6

    def __call__(self, scores, lengths):
        return scores / ((5.0 + lengths) / 6.0) ** self.alpha

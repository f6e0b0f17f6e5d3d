"""How probable a model finds each token of a text."""

import dataclasses
import html
import math

import numpy as np

WORD_BEGINS = "▁"  # a space, in SentencePiece's pieces


@dataclasses.dataclass(frozen=True)
class Scores:
    """The tokens of a text, and what a model thinks of each.

    A notebook shows the text coloured: the paler a token, the more probable.

    Attributes:
        tokens: The tokens that were predicted, `str`, `(n,)`; of SentencePiece with
            "▁" where a word begins.
        log_probs: ln p(token | all before it), nats, float64 `(n,)`.
    """

    tokens: tuple
    log_probs: np.ndarray

    def __len__(self):
        return len(self.tokens)

    def __array__(self, dtype=None, copy=None):
        """ln p of the tokens, as NumPy's functions take them."""
        return np.array(self.log_probs, dtype, copy=copy)

    @property
    def perplexity(self):
        """exp of the mean of -ln p."""
        return math.exp(-self.log_probs.mean())

    def _repr_html_(self):
        pieces = any(token.startswith(WORD_BEGINS) for token in self.tokens)
        spaced = not pieces and any(len(token) > 1 for token in self.tokens)
        spans = []
        for token, log_prob in zip(self.tokens, self.log_probs):
            strength = min(-log_prob / 12, 1)  # full at p = 6e-6
            shown = html.escape(token).replace("\n", "↵").replace(WORD_BEGINS, " ")
            spans.append(
                f'<span style="background: rgba(234, 88, 12, {strength:.2f})" '
                f'title="p = {math.exp(log_prob):.3g}">{shown}</span>'
                + "<br>"
                * token.count("\n")
            )
        return (" " if spaced else "").join(spans)

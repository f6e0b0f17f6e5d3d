"""Softmax over every word, trained on a sample of them."""

import keras
import numpy as np
from keras import ops

from rnnkit.layers.frames import whole
from rnnkit.layers.heads.base import logits, logits_of
from rnnkit.layers.heads.full import FullSoftmax
from rnnkit.registration import export


@export
class SampledSoftmax(FullSoftmax):
    """Softmax over every word, trained on a sample of them.

    `head(h)` and `head.nats` are those of `FullSoftmax`, with the same weights.
    `head.loss` takes the target and a sample S of `samples` words, the same for all
    rows and others in each call:

        loss = ln Z - s_y    Z = exp(s_y) + sum_{w in S, w != y} exp(s_w) / e_w

    with s the logits and e_w how often w is expected in S, so that Z is in the mean
    that of the full softmax. The loss is less in the mean, as a logarithm is concave,
    and with it the gradient is off; both by less the larger the sample. With as many
    samples as words every word is in S once, and both are exact.

    S is drawn in layers: the proposal's mass is cut into `samples` equal parts and from
    each comes one word. A word with the mass of a part or more is always there.

    Args:
        vocabulary_size: Number of words.
        samples: Words in S.
        proposal: How often each word is to be drawn, `(vocabulary,)`: their counts in
            the text, where a word that has none counts as one; or `"log_uniform"`,
            which fits words whose ids are in falling order of frequency:
            P(w) ~ ln((w + 2) / (w + 1)).
        use_bias: Whether there is a bias.
        seed: Of the drawing.

    Raises:
        ValueError: More samples than words, or the proposal does not fit the words.

    Reference: [Bengio and Senécal, 2008](https://doi.org/10.1109/TNN.2007.912312);
    [Jean et al., 2015](https://arxiv.org/abs/1412.2007)
    """

    def __init__(
        self,
        vocabulary_size,
        samples,
        proposal="log_uniform",
        use_bias=True,
        seed=None,
        **kwargs,
    ):
        super().__init__(vocabulary_size, use_bias, **kwargs)
        self.samples = whole("samples", samples)
        if self.samples > self.vocabulary_size:
            raise ValueError(
                f"{samples} samples cannot be drawn of {vocabulary_size} words: give "
                "at most as many samples as there are words."
            )
        self.proposal = proposal
        if not isinstance(proposal, str):
            self.proposal = np.asarray(proposal).tolist()
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        shares = _shares(self.proposal, self.vocabulary_size)
        expected, self._bits = expected_counts(shares, self.samples)
        order = np.argsort(-expected, kind="stable")  # those always there come first
        self._ends = np.cumsum(expected[order]).astype("int32")
        self._words = order.astype("int32")
        self._log_expected = (
            np.log(expected.astype("float64")) - self._bits * np.log(2.0)
        ).astype("float32")

    def draw(self):
        """A sample, ids `(samples,)`, and ln of how often each is expected in one."""
        part = 2**self._bits
        place = keras.random.randint(
            (self.samples,), 0, part, dtype="int32", seed=self.seed_generator
        )
        place = place + part * ops.arange(self.samples, dtype="int32")
        found = ops.searchsorted(ops.convert_to_tensor(self._ends), place, side="right")
        words = ops.take(ops.convert_to_tensor(self._words), found, axis=0)
        return words, ops.take(ops.convert_to_tensor(self._log_expected), words, axis=0)

    def training_nats(self, h, targets):
        words, log_expected = self.draw()
        kernel = ops.take(self.kernel, words, axis=0)
        bias = None if self.bias is None else ops.take(self.bias, words, axis=0)
        others = logits(h, kernel, bias) - log_expected
        others = ops.where(words == targets[:, None], -1e30, others)
        own = logits_of(h, targets, self.kernel, self.bias)
        every = ops.concatenate([own[:, None], others], axis=1)
        return ops.logsumexp(every, axis=1) - own

    def get_config(self):
        return {
            **super().get_config(),
            "samples": self.samples,
            "proposal": self.proposal,
            "seed": self.seed,
        }


def _shares(proposal, vocabulary_size):
    """The proposal as float64 numbers above 0, `(vocabulary,)`, with sum 1."""
    if isinstance(proposal, str):
        if proposal != "log_uniform":
            raise ValueError(
                'proposal is "log_uniform" or a number for each word, not '
                f"{proposal!r}."
            )
        rank = np.arange(vocabulary_size)
        mass = np.log1p(1 / (rank + 1.0))
    else:
        mass = np.asarray(proposal, "float64")
        if mass.shape != (vocabulary_size,) or not (mass >= 0).all():
            raise ValueError(
                f"A proposal for {vocabulary_size} words has a number of 0 or more for "
                f"each, got {mass.shape}, the least {mass.min(initial=0)}."
            )
        mass = np.maximum(mass, 1)
    return mass / mass.sum()


def expected_counts(shares, samples):
    """How often each word is expected in a sample, none more than once.

    They are whole numbers, as counts of the places that a draw can fall on; so what is
    drawn is exactly as probable as is reckoned.

    Args:
        shares: Of the proposal, float64 `(vocabulary,)`.
        samples: Words in a sample.

    Returns:
        int64 `(vocabulary,)`, in units of `2 ** -bits`, with the sum
        `samples * 2 ** bits`; and bits.
    """
    # What lies above 1 is given to the others until none is left above.
    expected = samples * shares
    while (over := expected > 1 + 1e-12).any():
        expected[over] = 1
        free = expected < 1
        expected[free] *= (samples - (~free).sum()) / expected[free].sum()
    bits = 30 - int(np.ceil(np.log2(samples)))
    order = np.argsort(-expected, kind="stable")
    ends = np.round(np.cumsum(expected[order]) * 2**bits).astype("int64")
    ends[-1] = samples * 2**bits
    counts = np.empty(len(ends), "int64")
    counts[order] = np.diff(ends, prepend=0)
    return counts, bits

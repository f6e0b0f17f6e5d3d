"""A second model, such as a language model, that has its say."""

import math

from keras import ops, tree

from rnnkit.decoding.processors.base import Processor
from rnnkit.decoding.rules import finite, log_probabilities, step_of
from rnnkit.decoding.scorers.base import NEVER


class ShallowFusion(Processor):
    """ln p + weight * ln q, q being another model over the same symbols

        words = translator.target_vocabulary
        model = LanguageModel(words, [LSTM(512)], embedding_dim=256)
        ids = [[words.start, *words.encode(text), words.end] for text in texts]
        ...  # model.fit on text_streams(np.concatenate(ids), words, 64, 35)
        fusion = ShallowFusion(model.step, model.initial_state, 0.3)
        translator.translate(sources, processors=[fusion])

    Symbol i of one is symbol i of the other: of two models of text, both have the same
    vocabulary. What the other never saw in training, such as an end after each text,
    it thinks improbable, and so will the search.

    Args:
        next_step: As a search takes it.
        state: Its state before the first token, a tree of `(batch, ...)`; or a
            function of the batch's size that gives it, where searches are of several.
        weight: What a nat of it counts; less than 0 takes it away.
        start: The token it begins with; by default that of the search.

    Raises:
        ValueError: It has another number of symbols, or a state of a batch
            that is not the search's, or may not be.

    Reference: [Gulcehre et al., 2015](https://arxiv.org/abs/1503.03535)
    """

    def __init__(self, next_step, state, weight, start=None):
        self.next_step = next_step
        self.state = state
        self.weight = weight
        self.begin = start

    @property
    def highest(self):
        return 0.0 if self.weight >= 0 else math.inf

    def start(self, batch_size):
        if callable(self.state):
            return self.state(batch_size)
        for size in (s[0] for s in map(ops.shape, tree.flatten(self.state)) if len(s)):
            known = isinstance(size, int)
            if known and not (isinstance(batch_size, int) and size == batch_size):
                raise ValueError(
                    f"The model to fuse has a state for a batch of {size}, and the "
                    "search is of other batches too: give the function that makes it, "
                    "such as model.initial_state."
                )
        return self.state

    def __call__(self, log_probs, state, history):
        last = history.last
        if self.begin is not None:
            last = ops.where(history.step == 0, self.begin, last)
        logits, state, _ = step_of(self.next_step, last, state, None)
        if logits.shape[-1] != log_probs.shape[-1]:
            raise ValueError(
                f"The model to fuse has {logits.shape[-1]} symbols, the search "
                f"{log_probs.shape[-1]}."
            )
        other = finite(log_probabilities(logits))
        known = other > NEVER / 10
        fused = log_probs + self.weight * ops.where(known, other, 0.0)
        if self.weight > 0:  # what it thinks impossible is so
            fused = ops.where(known, fused, NEVER)
        return fused, state

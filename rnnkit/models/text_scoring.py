"""A text read by a language model from beginning to end, its state carried."""

import functools

import numpy as np
from keras import ops

from rnnkit.data.vocabulary import check_same
from rnnkit.models.scores import Scores
from rnnkit.ops.tracing import compiled

STEPS = 256  # tokens in a window


def ids_of(vocabulary, text):
    """The ids of a text that is to be predicted, int32 `(n,)`.

    Where the vocabulary has a line end, the text begins after one, and every token of
    it is predicted; elsewhere all but the first.

    Args:
        vocabulary: Encodes the text.
        text: `str`; or ids, integers `(n,)`.

    Raises:
        ValueError: No token is left to be predicted; a symbol is not in the vocabulary;
            `text` is neither of these.
    """
    ids = vocabulary.encode(text) if isinstance(text, str) else text
    ids = np.asarray(ids).reshape(-1)
    if len(ids) and not np.issubdtype(ids.dtype, np.integer):
        raise ValueError(
            f"A text is one str, or integer ids, got {ids.dtype} such as {ids[0]!r}."
        )
    if vocabulary.start is not None:
        ids = np.insert(ids, 0, vocabulary.start)
    if len(ids) < 2:
        raise ValueError(
            f"There is nothing to predict in a text of {len(ids)} tokens: it needs one "
            "to begin after and one more."
        )
    check_ids(vocabulary, ids)
    return ids.astype("int32")


def check_ids(vocabulary, ids):
    """See that ids `(n,)` are of a vocabulary.

    Raises:
        ValueError: One is not.
    """
    wrong = (ids < 0) | (ids >= vocabulary.size)
    if wrong.any():
        raise ValueError(
            f"{ids[wrong][0]} is no id of the model's vocabulary, which has "
            f"{vocabulary.size:,}: is the text encoded by another?"
        )


def check_streams(vocabulary, streams):
    """See that `TextStreams` are of a vocabulary.

    Raises:
        ValueError: They were made of a text with another, or hold an id that is not of
            this one.
    """
    check_same(streams.vocabulary, vocabulary, "streams")
    check_ids(vocabulary, streams.extremes)


def tokens_of(model, text):
    """What is read and what is to be predicted of a text, as `ids_of` has it.

    Returns:
        ids `(n,)`, each followed by the target of the same place, `(n,)`; and the
        targets as `str`.
    """
    ids = ids_of(model.vocabulary, text)
    return ids[:-1], ids[1:], tuple(model.vocabulary.names(ids[1:]))


def windows(ids, targets, steps):
    """Cut into windows `(1, steps)`: yields ids, targets, and how many are real."""
    for start in range(0, len(ids), steps):
        x, y = ids[None, start : start + steps], targets[None, start : start + steps]
        real = x.shape[1]
        filled = [(0, 0), (0, steps - real)]
        yield np.pad(x, filled), np.pad(y, filled), real


class TextScorer:
    """`LanguageModel.score`: keeps the compiled window of one model."""

    def __init__(self, model):
        self.model = model

    def __call__(self, text):
        ids, targets, tokens = tokens_of(self.model, text)
        return Scores(tokens, -self.read(ids, targets)[0])

    def read(self, ids, targets, outputs=False):
        """Nats of every target, float64 `(n,)`, and the last layer's outputs.

        Args:
            ids, targets: As `tokens_of` gives them.
            outputs: Whether these are wanted, `(n, units)`; else they are None.
        """
        steps = min(STEPS, len(ids))
        states, nats, read = self.model.initial_state(1), [], []
        for x, y, real in windows(ids, targets, steps):
            cost, h, states = self._window(x, y, states)
            nats.append(ops.convert_to_numpy(cost)[0, :real])
            if outputs:
                read.append(ops.convert_to_numpy(h)[0, :real])
        nats = np.concatenate(nats).astype("float64")
        return nats, np.concatenate(read) if outputs else None

    @functools.cached_property
    def _window(self):
        def window(ids, targets, states):
            h, states = self.model.read(ids, states)
            return self.model.nats_after(h, targets), h, states

        return compiled(window)

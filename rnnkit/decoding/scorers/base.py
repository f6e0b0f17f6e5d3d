"""What weighs the prefixes of a search: an automaton that reads their symbols."""

import keras
import numpy as np
from keras import ops

NEVER = -1e30  # the log-weight of what cannot be
LARGEST = 2**27  # entries of a table


class Scorer:
    """An automaton that weighs each symbol by those before it.

    A state is a tree of tensors `(batch, beam, ...)`, and depends on what was read
    alone. What a state gives for a prefix that was forbidden is not read.

    Args:
        symbols: The symbols by id: strings, None for the blank.
    """

    def __init__(self, symbols):
        self.symbols = tuple(symbols)

    def start(self, batch_size, beam_width):
        """The state of the empty prefix."""
        raise NotImplementedError

    def scores(self, state):
        """Log-weights of going on by each symbol, `(batch, beam, symbols)`.

        `NEVER` where it is forbidden.
        """
        raise NotImplementedError

    def advance(self, state, symbols):
        """The state after one symbol, `(batch, beam)`; after -1 as it was."""
        raise NotImplementedError

    def finish(self, state):
        """Log-weights of ending here, `(batch, beam)`."""
        raise NotImplementedError


class TableScorer(Scorer):
    """An automaton that is written out, every state by every symbol.

    Args:
        symbols: The symbols by id: strings, None for the blank.
        targets: Next states, integers `(states, symbols)`.
        weights: Log-weights, `(states, symbols)`.
        ends: Log-weights of ending, `(states,)`.
        start: The state of the empty prefix.
    """

    def __init__(self, symbols, targets, weights, ends, start=0):
        super().__init__(symbols)
        self._targets = constant(np.ravel(targets), "int32")
        self._weights = constant(weights, "float32")
        self._ends = constant(ends, "float32")
        self._start = int(start)

    def start(self, batch_size, beam_width):
        return ops.full((batch_size, beam_width), self._start, dtype="int32")

    def scores(self, state):
        return ops.take(self._weights, state, axis=0)

    def advance(self, state, symbols):
        place = state * len(self.symbols) + ops.maximum(symbols, 0)
        return ops.where(symbols < 0, state, ops.take(self._targets, place))

    def finish(self, state):
        return ops.take(self._ends, state)


def constant(values, dtype):
    """A tensor that programs take as an input, however large it is."""
    values = np.asarray(values, dtype)
    if keras.backend.backend() != "tensorflow":
        return ops.convert_to_tensor(values)
    import tensorflow as tf

    with tf.init_scope():
        return tf.constant(values)


def spread(values, like):
    """Numbers as tensors `(batch, beam)`, so that programs take them as inputs."""
    zero = ops.zeros_like(like, dtype="float32")
    return [zero + value for value in values]


def check_size(name, states, symbols):
    """Refuse a table that would be too large.

    Raises:
        ValueError: It has more than 2^27 entries.
    """
    if states * symbols > LARGEST:
        raise ValueError(
            f"{name} would be a table of {states} states by {symbols} symbols; "
            f"{LARGEST} entries are the most. Prune the model, or use fewer symbols."
        )


def spelt(text, symbols, what):
    """The ids of a string or of ids, `what` in words.

    Raises:
        ValueError: It is empty, or has what is no symbol.
    """
    known = {s: k for k, s in enumerate(symbols) if s is not None}
    ids = []
    for item in text:
        place = known.get(item, -1) if isinstance(item, str) else int(item)
        if not 0 <= place < len(symbols) or symbols[place] is None:
            raise ValueError(f"{what} has {item!r}, which is none of the symbols.")
        ids.append(place)
    if not ids:
        raise ValueError(f"{what} is empty: give it one symbol at least.")
    return ids

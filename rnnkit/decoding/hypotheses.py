"""What a search finds, and its rows: `width` hypotheses to an item of the batch."""

from typing import NamedTuple

import keras
import numpy as np
from keras import ops, tree

from rnnkit.decoding.scorers.base import NEVER


class Hypotheses(NamedTuple):
    """The best sequences of each item, the best first."""

    tokens: object  # the end among them, -1 after it; (batch, n_best, length)
    scores: object  # what they are ordered by; below -1e29: there is none
    lengths: object  # the end counts; (batch, n_best)
    log_probs: object  # of each token, as the model has it; 0 after the last
    ended: object  # by the end; else cut at the greatest length; (batch, n_best)
    attention: object  # (batch, n_best, length, ...), or () where the model gives none

    def checked(self, every=False):
        """`check` where this has values; within what is being compiled nothing."""
        return self.check(every) if has_values(self.scores) else self

    def check(self, every=False):
        """Raise where an item has no sequence at all; return self.

        Args:
            every: Whether to raise too where it has fewer than asked for.

        Raises:
            ValueError: As it says; names the first such item.
        """
        missing = ops.convert_to_numpy(self.scores) <= NEVER / 10
        none = np.flatnonzero(missing.any(1) if every else missing[:, 0])
        if len(none):
            raise ValueError(
                f"Item {none[0]} of the batch has no sequence: its logits are NaN or "
                "infinite, or everything was forbidden it."
            )
        return self


class Grown(NamedTuple):
    """Hypotheses under way, or those that have ended; `(batch, width, ...)` each."""

    tokens: object
    log_probs: object
    scores: object
    lengths: object
    attention: object


def nothing(batch, width, size, attention):
    """No tokens, and scores of `NEVER`; `attention` is one step's, `(rows, ...)`."""
    shape = (batch, width)
    return Grown(
        tokens=ops.full((*shape, size), -1, dtype="int32"),
        log_probs=ops.zeros((*shape, size)),
        scores=ops.full(shape, NEVER),
        lengths=ops.zeros(shape, dtype="int32"),
        attention=tree.map_structure(
            lambda a: ops.zeros((*shape, size, *ops.shape(a)[1:]), a.dtype), attention
        ),
    )


def repeated(values, width):
    """A tree of `(batch, ...)` as rows `(batch * width, ...)`."""

    def repeat(x):
        x = ops.convert_to_tensor(x)
        batch, *others = ops.shape(x)
        return flat(ops.broadcast_to(x[:, None], (batch, width, *others)))

    return tree.map_structure(repeat, values)


def flat(x):
    """`(batch, width, ...)` as rows, `(batch * width, ...)`."""
    batch, width, *others = ops.shape(x)
    return ops.reshape(x, (batch * width, *others))


def folded(x, width):
    """Rows as `(batch, width, ...)`."""
    rows, *others = ops.shape(x)
    return ops.reshape(x, (rows // width, width, *others))


def chosen(values, index):
    """Of a tree of `(batch, width, ...)` the hypotheses `index`, `(batch, count)`."""
    if not (leaves := tree.flatten(values)):
        return values
    batch, count = ops.shape(index)
    width = ops.shape(leaves[0])[1]
    rows = index + width * ops.arange(batch, dtype="int32")[:, None]
    rows = ops.reshape(rows, (-1,))

    def choose(x):
        x = ops.take(flat(x), rows, axis=0)
        return ops.reshape(x, (batch, count, *ops.shape(x)[1:]))

    return tree.map_structure(choose, values)


def step_by_step(x, index):
    """Of `(batch, width, length, ...)` at each step the hypothesis that `index`,
    `(batch, count, length)`, has there; zero where that is -1."""
    batch, width, length, *others = ops.shape(x)
    item = ops.arange(batch, dtype="int32")[:, None, None]
    place = ops.arange(length, dtype="int32")
    places = (item * width + ops.maximum(index, 0)) * length + place
    found = ops.take(ops.reshape(x, (-1, *others)), ops.reshape(places, (-1,)), axis=0)
    found = ops.reshape(found, (*ops.shape(index), *others))
    return where(index >= 0, found, ops.zeros_like(found))


def joined(a, b):
    """Two trees of `(batch, width, ...)` side by side."""
    return tree.map_structure(lambda x, y: ops.concatenate([x, y], axis=1), a, b)


def where(condition, a, b):
    """Where a condition over the first axes holds, `a`, else `b`; trees."""

    def select(x, y):
        ones = [1] * (len(x.shape) - len(condition.shape))
        return ops.where(ops.reshape(condition, (*ops.shape(condition), *ones)), x, y)

    return tree.map_structure(select, a, b)


def put(x, step, value):
    """`(batch, width, length, ...)` with a value `(batch, width, ...)` at a step."""
    here = ops.arange(ops.shape(x)[2], dtype="int32") == step
    here = ops.reshape(here, (-1, *[1] * (len(x.shape) - 3)))
    return ops.where(here, ops.expand_dims(value, 2), x)


def kept(new, old):
    """A tree of what a step gives with the types and known shapes of what it got."""

    def keep(new, old):
        new = ops.cast(new, old.dtype)
        if hasattr(new, "set_shape"):
            new.set_shape(old.shape)
        return new

    return tree.map_structure(keep, new, old)


def size_of(max_length, size):
    """The length of the arrays, known before anything runs.

    Raises:
        ValueError: It is not known, or less than 1.
    """
    if size is None:
        try:
            size = int(np.max(ops.convert_to_numpy(max_length)))
        except (TypeError, NotImplementedError):
            raise ValueError(
                "max_length is known only as this runs: say `size`, the most it can be."
            ) from None
    if isinstance(size, int) and size < 1:  # else a tensor
        raise ValueError(f"max_length must be 1 or more, got {size}.")
    return size


def batch_of(start, *trees):
    """How many items there are.

    Raises:
        ValueError: Nothing tells.
    """
    for value in [*tree.flatten(trees), start]:
        shape = () if value is None else ops.shape(value)
        if shape:
            return shape[0]
    raise ValueError("How large is the batch? Give `start` a token for each item.")


def per_item(value, batch):
    """An integer for all items, or one for each, as int32 `(batch,)`."""
    return ops.broadcast_to(ops.convert_to_tensor(value, dtype="int32"), (batch,))


def has_values(x):
    """Whether a tensor is no part of a program that is being compiled."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.executing_eagerly()
    if keras.backend.backend() == "jax":
        import jax

        return not isinstance(x, jax.core.Tracer)
    return True

"""What a search may write: lengths, forced tokens, and the processors in turn."""

from typing import NamedTuple

from keras import ops, tree

from rnnkit.decoding.hypotheses import per_item
from rnnkit.decoding.scorers.base import NEVER


class History(NamedTuple):
    """What the rows of a search have written so far."""

    tokens: object  # (rows, length), -1 from `step` on
    last: object  # the last token, at first the start, (rows,)
    step: object  # how many tokens


class Rules:
    """Turns a model's log-probabilities into what is added to the scores.

    Args:
        end: The end token, or None.
        min_length: The least length, of all or of each item.
        prefix: Tokens that are forced, `(length,)` or `(batch, length)`, -1 where the
            search is free; or None.
        processors: A list of `Processor`.
        size: The greatest length.

    Raises:
        ValueError: More is forced than there is room for; or the processors are no
            list.
    """

    def __init__(self, end, min_length, prefix, processors, size):
        if not isinstance(processors, (list, tuple)):
            raise ValueError(f"processors are a list, got {processors!r}.")
        known = isinstance(size, int)
        if known and isinstance(min_length, int) and min_length > size:
            raise ValueError(f"min_length is {min_length}, but max_length {size}.")
        if prefix is not None:
            prefix = ops.convert_to_tensor(prefix, dtype="int32")
            length = prefix.shape[-1]
            if known and length is not None and length > size:
                raise ValueError(
                    f"prefix has {length} tokens, but max_length is {size}."
                )
            padding = [[0, 0]] * (len(prefix.shape) - 1) + [[0, size]]
            prefix = ops.pad(prefix, padding, constant_values=-1)[..., :size]
        self.end = end
        self.min_length = min_length
        self.prefix = prefix
        self.processors = tuple(processors)
        self.size = size

    def start(self, batch):
        """A state for each item, a tree of `(batch, ...)`."""
        prefix = ()
        if self.prefix is not None:
            prefix = ops.broadcast_to(self.prefix, (batch, self.size))
        return {
            "min_length": per_item(self.min_length, batch),
            "prefix": prefix,
            "processors": [p.start(batch) for p in self.processors],
        }

    def __call__(self, log_probs, state, history):
        """What is added to the scores, `(rows, symbols)`, and the new state."""
        own, states = log_probs, []
        if self.processors or self.prefix is not None:
            own = log_probs = finite(log_probs)
        for processor, s in zip(self.processors, state["processors"]):
            changed, s = processor(log_probs, s, history)
            # What is forbidden stays so, however it is weighed.
            log_probs = ops.where(log_probs > NEVER / 10, finite(changed), NEVER)
            states.append(s)
        symbols = ops.arange(ops.shape(own)[1], dtype="int32")
        if self.end is not None and not _is_zero(self.min_length):
            early = history.step + 1 < state["min_length"]
            early = (symbols == self.end) & early[:, None]
            log_probs = ops.where(early, NEVER, log_probs)
        if self.prefix is not None:
            forced = ops.take(state["prefix"], history.step, axis=1)[:, None]
            wanted = ops.where(symbols == forced, own, NEVER)
            log_probs = ops.where(forced < 0, log_probs, wanted)
        return log_probs, {**state, "processors": states}


def _is_zero(value):
    return isinstance(value, int) and value == 0


def log_probabilities(logits):
    """ln softmax of logits `(rows, symbols)`, float32; NaN and -inf may be among them.

    Raises:
        ValueError: There are fewer than 2 symbols.
    """
    if logits.shape[-1] is not None and logits.shape[-1] < 2:
        raise ValueError("next_step gives logits of 1 symbol: there is no choice.")
    return ops.log_softmax(ops.cast(logits, "float32"), axis=-1)


def finite(log_probs):
    """The same, `NEVER` where it is less or no number."""
    return ops.where(log_probs > NEVER, log_probs, NEVER)


def step_of(next_step, tokens, state, constants):
    """Call `next_step`: logits, the state, and the attention, () where it has none."""
    given = (tokens, state) if constants is None else (tokens, state, constants)
    logits, state, *attention = next_step(*given)
    if not attention or attention[0] is None:
        return logits, state, ()
    return logits, state, attention[0]


def step_of_leaves(next_step, like, tokens, leaves, constants):
    """`step_of` with the leaves of a state in place of the tree `like`."""
    state = tree.pack_sequence_as(like, leaves)
    logits, state, attention = step_of(next_step, tokens, state, constants)
    return logits, tree.flatten(state), attention

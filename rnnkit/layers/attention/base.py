"""The base of every attention: how queries read a memory."""

import keras
from keras import ops

from rnnkit.layers.frames import zero_masked
from rnnkit.recurrence import loop


class Attention(keras.layers.Layer):
    """Weighs the steps of a memory by what each query asks of them.

        e_tu = score(s_t, h_u)
        a_tu = exp(e_tu) / sum_v exp(e_tv)
        c_t = sum_u a_tu h_u

    with u and v over the steps of the memory that are not masked. A subclass
    implements `score`, and `keys` where the memory goes through a weight first. An
    attention with a state, which looks at where it looked before, is a
    `StatefulAttention`.

    Called on a query `(batch, targets, units)` and a memory `(batch, source,
    features)` it gives the context c, `(batch, targets, features)`, and with
    `return_attention_scores=True` also the weights a, `(batch, targets, source)`,
    zero at masked steps of the memory. Where the query is masked both are zero. A
    memory that is masked throughout gives zeros. Weights are computed in float32 at
    least.

    One step at a time, as a decoder needs it, the same is

        prepared = attention.prepare(memory, mask)
        state = attention.initial_state(prepared)
        context, weights, state = attention.step(query, prepared, state)

    with a query `(batch, units)`. `prepared` and `state` are trees of tensors with the
    batch first, to be repeated or gathered with the batch.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    # What a kind says of itself

    def keys(self, memory):
        """What `score` compares a query with, computed once: `(batch, source, …)`."""
        return memory

    def score(self, query, keys):
        """`(batch, targets, units)` and keys to e, `(batch, targets, source)`."""
        raise NotImplementedError(f"{type(self).__name__} has no `score`.")

    # The protocol of steps

    def prepare(self, memory, mask=None):
        """What of a memory serves every step: a tree of tensors, the batch first.

        Args:
            memory: `(batch, source, features)`.
            mask: `(batch, source)`, False at the steps that are not to be read, or
                None.
        """
        memory = zero_masked(ops.cast(memory, self.compute_dtype), mask)
        prepared = {"memory": memory, "keys": self.keys(memory)}
        if mask is not None:
            prepared["mask"] = ops.cast(mask, "bool")
        return prepared

    def initial_state(self, prepared):
        """The state before the first step, a tree of tensors; here an empty one."""
        return ()

    def step(self, query, prepared, state, training=False, noise=()):
        """One step: query `(batch, units)` to context, weights and the new state.

        The context is `(batch, features)`, the weights `(batch, source)`, float32.
        `noise` is one step of what `draw_noise` drew.
        """
        context, weights, state = self.attend(ops.expand_dims(query, 1), prepared)
        return context[:, 0], weights[:, 0], state

    def attend(self, query, prepared, state=(), mask=None, training=False):
        """All steps: query `(batch, targets, units)` to contexts, weights, last state.

        Without a state this is one computation for all steps. With one it is a loop,
        in which a masked step, where `mask` `(batch, targets)` is False, keeps the
        state.
        """
        query = ops.cast(query, self.compute_dtype)
        e = self.score(query, prepared["keys"])
        weights = masked_softmax(e, prepared.get("mask"))
        return self.context(weights, prepared), weights, state

    def draw_noise(self, prepared, targets):
        """What training draws at random: a tree of `(batch, targets, …)`."""
        return ()

    # What kinds share

    def context(self, weights, prepared):
        """c of weights `(batch, targets, source)`."""
        return ops.matmul(ops.cast(weights, self.compute_dtype), prepared["memory"])

    def weight(self, name):
        """A variable, in the dtype of computation, inside a call or not."""
        return ops.cast(getattr(self, name), self.compute_dtype)

    def times(self, x, name):
        """`(…, width)` times a weight matrix.

        As one product of matrices: XLA cannot differentiate what TensorFlow makes of
        more axes in a loop over a length that is not known before.
        """
        y = ops.matmul(ops.reshape(x, (-1, x.shape[-1])), self.weight(name))
        return ops.reshape(y, (*ops.shape(x)[:-1], y.shape[-1]))

    # A layer

    def call(
        self,
        query,
        memory,
        query_mask=None,
        memory_mask=None,
        training=False,
        return_attention_scores=False,
    ):
        prepared = self.prepare(memory, memory_mask)
        state = self.initial_state(prepared)
        context, weights, _ = self.attend(query, prepared, state, query_mask, training)
        context = zero_masked(context, query_mask)
        if not return_attention_scores:
            return context
        weights = zero_masked(weights, query_mask)
        return context, ops.cast(weights, self.compute_dtype)

    def compute_output_shape(self, query_shape, memory_shape):
        return *query_shape[:-1], memory_shape[-1]

    def compute_output_spec(
        self, query, memory, *masks, return_attention_scores=False, **kwargs
    ):
        shape = self.compute_output_shape(query.shape, memory.shape)
        context = keras.KerasTensor(shape, self.compute_dtype)
        if not return_attention_scores:
            return context
        shape = (*query.shape[:-1], memory.shape[1])
        return context, keras.KerasTensor(shape, self.compute_dtype)


class StatefulAttention(Attention):
    """An attention whose weights depend on where it looked before.

    A subclass implements `initial_state` and `step`; all steps are a loop over these.
    """

    def step(self, query, prepared, state, training=False, noise=()):
        raise NotImplementedError(f"{type(self).__name__} has no `step`.")

    def attend(self, query, prepared, state=(), mask=None, training=False):
        noise = self.draw_noise(prepared, ops.shape(query)[1]) if training else ()

        def step(inputs, state):
            query, noise = inputs
            *found, state = self.step(query, prepared, state, training, noise)
            return tuple(found), state

        (context, weights), state = loop(step, (query, noise), state, mask)
        return context, weights, state


def wide(x):
    """`x` in float32, or float64 where it is that."""
    return ops.cast(x, keras.backend.result_type(x.dtype, "float32"))


def masked_softmax(scores, mask=None):
    """Weights over the last axis, wide; zero where the mask is False.

    Args:
        scores: `(batch, targets, source)`, or more axes between.
        mask: `(batch, source)` or None. A row without True gets zeros.
    """
    scores = wide(scores)
    if mask is None:
        return ops.softmax(scores, axis=-1)
    mask = ops.expand_dims(mask, tuple(range(1, len(scores.shape) - 1)))
    scores = ops.where(mask, scores, -1e30)
    powers = ops.exp(scores - ops.max(scores, axis=-1, keepdims=True))
    powers = ops.where(mask, powers, 0)
    total = ops.sum(powers, axis=-1, keepdims=True)
    return powers / ops.where(total > 0, total, 1)

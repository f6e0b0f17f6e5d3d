"""Attention that only goes forward."""

import keras
from keras import ops

from rnnkit.layers.attention.base import Attention, StatefulAttention, wide
from rnnkit.ops import linear_recurrence
from rnnkit.registration import export


@export
class MonotonicAttention(StatefulAttention):
    """Reads one step of the memory for each query, and never one before the last read.

    From where it read last it goes forward, stops at step u with the probability p_tu
    and reads h_u. In training the weights are the probabilities that it reads there,
    over all ways of going, and so it can be learnt:

        p_tu = sigmoid(score(s_t, h_u) + r + n_tu)
        q_tu = (1 - p_t{u-1}) q_t{u-1} + a_{t-1}u      # it comes as far as u
        a_tu = p_tu q_tu
        c_t = sum_u a_tu h_u

    with a_0 = 1 at the first step of the memory and n normal noise, which drives p
    to 0 or 1. At inference there is no noise and p is 1 where it is above 1/2 and else
    0: the first such step is read, alone. Weights may sum to less than 1: where it
    has gone past the end it reads zeros, then and ever after.

    For the rest see `rnnkit.layers.Attention`.

    Weights: those of `attention`, and the number `bias` r.

    Args:
        attention: What gives the score: an attention without a state, such as
            `AdditiveAttention(units, normalize=True)`.
        noise: Standard deviation of n, in training.
        initial_bias: r before training; the smaller, the further it goes at first.
        hard: Whether inference stops or goes on, 1 or 0, and does not weigh.
        seed: Seed of the noise.

    Raises:
        ValueError: An attention that has a state or is not one of scores.

    Reference: [Raffel et al., 2017](https://arxiv.org/abs/1704.00784), equations (8)
    to (16); q is computed without the division of their equation (16).
    """

    def __init__(
        self,
        attention,
        noise=1.0,
        initial_bias=-1.0,
        hard=True,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        scored = isinstance(attention, Attention) and (
            type(attention).score is not Attention.score
        )
        if not scored or isinstance(attention, StatefulAttention):
            raise ValueError(
                "MonotonicAttention stops by the scores of an attention without a "
                f"state, such as AdditiveAttention(units): {attention!r}."
            )
        if noise < 0:
            raise ValueError(f"noise must be 0 or more, got {noise!r}.")
        self.attention = attention
        self.noise = noise
        self.initial_bias = initial_bias
        self.hard = hard
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, query_shape, memory_shape):
        if not self.attention.built:
            self.attention.build(query_shape, memory_shape)
        begin = keras.initializers.Constant(self.initial_bias)
        self.bias = self.add_weight(shape=(), initializer=begin, name="bias")

    def keys(self, memory):
        return self.attention.keys(memory)

    def initial_state(self, prepared):
        """It stands at the first step of the memory: a_0, `(batch, source)`."""
        nothing = ops.zeros_like(wide(prepared["memory"][..., 0]))
        first = ops.arange(ops.shape(nothing)[1], dtype="int32") == 0
        return (nothing + ops.cast(first, nothing.dtype),)

    def draw_noise(self, prepared, targets):
        batch, source = ops.shape(prepared["memory"])[:2]
        return self.noise * keras.random.normal(
            (batch, targets, source), dtype="float32", seed=self.seed_generator
        )

    def step(self, query, prepared, state, training=False, noise=()):
        (before,) = state
        query = ops.cast(query, self.compute_dtype)
        e = self.attention.score(ops.expand_dims(query, 1), prepared["keys"])
        e = wide(e[:, 0]) + wide(self.bias)
        if training:
            e = e + ops.cast(noise, e.dtype)
        stop = ops.sigmoid(e) if training or not self.hard else e > 0
        stop = ops.cast(stop, e.dtype)
        if "mask" in prepared:
            stop = ops.where(prepared["mask"], stop, 0)
        # What has gone past the step before u comes to u.
        passed = ops.pad(1 - stop[:, :-1], [[0, 0], [1, 0]])
        weights = stop * linear_recurrence(passed, before)
        context = self.context(ops.expand_dims(weights, 1), prepared)
        return context[:, 0], weights, (weights,)

    def get_config(self):
        return {
            **super().get_config(),
            "attention": keras.saving.serialize_keras_object(self.attention),
            "noise": self.noise,
            "initial_bias": self.initial_bias,
            "hard": self.hard,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        attention = keras.saving.deserialize_keras_object(config["attention"])
        return cls(**{**config, "attention": attention})

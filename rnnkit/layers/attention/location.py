"""Additive attention that sees where it has looked before."""

from keras import ops

from rnnkit.layers.attention.additive import AdditiveAttention
from rnnkit.layers.attention.base import StatefulAttention, masked_softmax, wide
from rnnkit.layers.frames import whole
from rnnkit.registration import export


class HistoryAttention(StatefulAttention, AdditiveAttention):
    """Additive attention with a record of the weights of past steps in its state.

    A subclass implements `trace`, what of the record is seen, and `record`.
    """

    def trace(self, seen):
        """`(batch, source)` to what is added in the tanh, `(batch, source, units)`."""
        raise NotImplementedError(f"{type(self).__name__} has no `trace`.")

    def record(self, seen, weights):
        """The record after a step with these weights; here their sum."""
        return seen + weights

    def initial_state(self, prepared):
        """Nothing has been looked at: zeros, `(batch, source)`."""
        return (ops.zeros_like(wide(prepared["memory"][..., 0])),)

    def step(self, query, prepared, state, training=False, noise=()):
        (seen,) = state
        query = ops.cast(query, self.compute_dtype)
        query = self.times(query, "query_kernel")
        trace = self.trace(ops.cast(seen, self.compute_dtype))
        e = self.energy(ops.expand_dims(query, 1) + prepared["keys"] + trace)
        weights = masked_softmax(e[:, None], prepared.get("mask"))
        context = self.context(weights, prepared)
        return context[:, 0], weights[:, 0], (self.record(seen, weights[:, 0]),)


@export
class CoverageAttention(HistoryAttention):
    """Additive attention that knows how much of each step it has read.

        k_tu = sum_r a_ru, r < t
        e_tu = v . tanh(W s_t + V h_u + w k_tu + b)

    `rnnkit.losses.coverage_loss` is the loss that goes with it. For the rest see
    `rnnkit.layers.AdditiveAttention`, whose arguments it takes.

    Weights: those of additive attention and `coverage_kernel` w, `(units,)`.

    Reference: [Tu et al., 2016](https://arxiv.org/abs/1601.04811);
    [See et al., 2017](https://arxiv.org/abs/1704.04368), equations (10) and (11)
    """

    def build(self, query_shape, memory_shape):
        super().build(query_shape, memory_shape)
        self.coverage_kernel = self.add_weight(
            shape=(self.units,), name="coverage_kernel"
        )

    def trace(self, seen):
        return ops.expand_dims(seen, -1) * self.weight("coverage_kernel")


@export
class LocationAttention(HistoryAttention):
    """Additive attention that sees the weights around each step of the memory.

        f_t = F * a_{t-1}                          # a convolution over the memory
        e_tu = v . tanh(W s_t + V h_u + U f_tu + b)

    with a_0 = 0, and with `cumulative=True` the sum of all a before t in the place of
    a_{t-1}. For the rest see `rnnkit.layers.AdditiveAttention`.

    Weights: those of additive attention; `location_filters` F, `(kernel_size, 1,
    filters)`; `location_kernel` U, `(filters, units)`.

    Args:
        units: Width of the network.
        filters: Number of filters of the convolution.
        kernel_size: How many steps of the memory a filter sees, half to each side.
        cumulative: Whether it sees the sum of all past weights, not the last ones.
        **kwargs: `normalize` and Keras' layer arguments.

    Reference: [Chorowski et al., 2015](https://arxiv.org/abs/1506.07503), equations
    (8) and (9); [Shen et al., 2018](https://arxiv.org/abs/1712.05884), section 2.2,
    for `cumulative`
    """

    def __init__(self, units, filters=32, kernel_size=31, cumulative=False, **kwargs):
        super().__init__(units, **kwargs)
        self.filters = whole("filters", filters)
        self.kernel_size = whole("kernel_size", kernel_size)
        self.cumulative = cumulative

    def build(self, query_shape, memory_shape):
        super().build(query_shape, memory_shape)
        self.location_filters = self.add_weight(
            shape=(self.kernel_size, 1, self.filters), name="location_filters"
        )
        self.location_kernel = self.add_weight(
            shape=(self.filters, self.units), name="location_kernel"
        )

    def trace(self, seen):
        f = ops.conv(
            ops.expand_dims(seen, -1),
            self.weight("location_filters"),
            padding="same",
            data_format="channels_last",
        )
        return self.times(f, "location_kernel")

    def record(self, seen, weights):
        return seen + weights if self.cumulative else weights

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "cumulative": self.cumulative,
        }

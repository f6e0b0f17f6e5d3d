"""The layers of the network that reads a story with a question in mind."""

import keras
from keras import ops

import rnnkit


@rnnkit.export
class SentenceEncoding(keras.layers.Layer):
    """One vector for each sentence: its words' vectors, weighted by their places.

        x_k = sum_j l_jk v_jk,   l_jk = (1 - j / J) - (k / d) (1 - 2 j / J)

    with j from 1 over the J words and k from 1 over the d features, so that the order
    of the words counts. Ids `(batch, sentences, words)`, 0 where there is no word, to
    `(batch, sentences, units)`.

    Args:
        size: Number of ids.
        units: d.

    Reference: [Sukhbaatar et al., 2015](https://arxiv.org/abs/1503.08895), 4.1
    """

    def __init__(self, size, units, **kwargs):
        super().__init__(**kwargs)
        self.size, self.units = size, units

    def build(self, input_shape):
        self.embeddings = self.add_weight(
            shape=(self.size, self.units),
            initializer=keras.initializers.RandomNormal(0.0, 0.5),
            name="embeddings",
        )

    def call(self, ids):
        real = ops.cast(ids > 0, self.compute_dtype)  # (batch, sentences, words)
        total = ops.maximum(ops.sum(real, axis=-1, keepdims=True), 1)
        place = ops.expand_dims(ops.cumsum(real, axis=-1) / total, -1)  # j / J
        feature = ops.arange(1, self.units + 1, dtype=self.compute_dtype) / self.units
        weights = (1 - place) - feature * (1 - 2 * place)
        weights = weights * ops.expand_dims(real, -1)
        return ops.sum(ops.take(self.embeddings, ids, axis=0) * weights, axis=-2)

    def get_config(self):
        return {**super().get_config(), "size": self.size, "units": self.units}


@rnnkit.export
class QueryReduction(keras.layers.Layer):
    """Reads sentence after sentence, and turns the question into an easier one.

        z_t = sigmoid(w_z . (x_t * q_t) + b_z)      # whether sentence t matters to q_t
        r_t = sigmoid(w_r . (x_t * q_t) + b_r)
        g_t = tanh(W_x x_t + W_q q_t + b)           # the question after sentence t
        h_t = (1 - z_t) h_{t-1} + z_t r_t g_t

    No gate sees h_{t-1}. So all steps are one product with what each of them takes
    from each sentence, which is an attention:

        h_t = sum_s a_ts r_s g_s,   a_ts = z_s prod_{s < u <= t} (1 - z_u)

    Called on sentences x and questions q, both `(batch, time, units)`, it gives h,
    `(batch, time, units)`, and a, `(batch, time, time)`. Where `real`,
    `(batch, time)`, is False there is no sentence, and what was before stays.

    Weights: `gate_kernel` w_z and w_r, `(units, 2)`; `gate_bias`, `(2,)`; `kernel` W_x
    above W_q, `(2 * units, units)`; `bias` b, `(units,)`.

    Args:
        units: Width of sentences and questions.
        go_backwards: Read from the last sentence to the first.
        decay: L2 penalty of the kernels.
        closed: b_z begins at minus this: at first few sentences matter.

    Reference: [Seo et al., 2017](https://arxiv.org/abs/1606.04582)
    """

    def __init__(self, units, go_backwards=False, decay=0.0, closed=2.5, **kwargs):
        super().__init__(**kwargs)
        self.units, self.go_backwards = units, go_backwards
        self.decay, self.closed = decay, closed

    def build(self, *shapes):
        options = dict(
            initializer="lecun_normal", regularizer=keras.regularizers.L2(self.decay)
        )
        shape = (self.units, 2)
        self.gate_kernel = self.add_weight(shape=shape, name="gate_kernel", **options)
        self.gate_bias = self.add_weight(
            shape=(2,),
            initializer=lambda shape, dtype: ops.cast([-self.closed, 0.0], dtype),
            name="gate_bias",
        )
        shape = (2 * self.units, self.units)
        self.kernel = self.add_weight(shape=shape, name="kernel", **options)
        self.bias = self.add_weight(
            shape=(self.units,), initializer="zeros", name="bias"
        )

    def call(self, sentences, questions, real=None):
        gates = ops.matmul(sentences * questions, self.gate_kernel) + self.gate_bias
        z, r = gates[..., 0], ops.sigmoid(gates[..., 1:])
        both = ops.concatenate([sentences, questions], axis=-1)
        g = ops.tanh(ops.matmul(both, self.kernel) + self.bias)
        a = self.attention(z, real)
        return ops.matmul(a, r * g), a

    def attention(self, z, real):
        """a, of what is inside the sigmoid of z_t, `(batch, time)`."""
        taken, kept = ops.log_sigmoid(z), ops.log_sigmoid(-z)
        if real is not None:
            taken, kept = ops.where(real, taken, -1e9), ops.where(real, kept, 0.0)
        if self.go_backwards:
            taken, kept = ops.flip(taken, axis=1), ops.flip(kept, axis=1)
        since = ops.cumsum(kept, axis=1)
        # log of prod (1 - z_u), s < u <= t
        between = ops.expand_dims(since, 2) - ops.expand_dims(since, 1)
        places = ops.arange(ops.shape(z)[1])
        before = ops.expand_dims(places, 1) >= places
        logs = ops.where(before, between + ops.expand_dims(taken, 1), -1e9)
        a = ops.exp(logs)
        return ops.flip(a, axis=(1, 2)) if self.go_backwards else a

    def compute_output_spec(self, sentences, questions, real=None):
        batch, time, _ = sentences.shape
        shapes = (batch, time, self.units), (batch, time, time)
        return tuple(keras.KerasTensor(shape, self.compute_dtype) for shape in shapes)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "go_backwards": self.go_backwards,
            "decay": self.decay,
            "closed": self.closed,
        }

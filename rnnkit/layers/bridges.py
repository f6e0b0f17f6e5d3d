"""From the last states of an encoder to the first states of a decoder.

Where both have the same states, none is needed: a decoder takes what an encoder with
`return_state=True` returns after its output.
"""

import keras
from keras import ops

from rnnkit.layers.frames import whole
from rnnkit.registration import export

MERGES = {
    "concat": lambda f, b: ops.concatenate([f, b], axis=-1),
    "sum": lambda f, b: f + b,
    "ave": lambda f, b: (f + b) / 2,
}


@export
class Bridge(keras.layers.Layer):
    """Makes one of the states of both directions.

        s = [f; b]           "concat", as wide as both
        s = f + b            "sum"
        s = (f + b) / 2      "ave"

    Called on the states that `Bidirectional`, or a stack of them, returns after its
    output, a list of `(batch, units)`, it gives a list half as long, in the order of
    the states of layers that read forwards.

    Args:
        merge_mode: "concat", "sum" or "ave".
        layers: Number of bidirectional layers that the states are of.

    Raises:
        ValueError: Another merge mode; states that are not of so many layers.
    """

    def __init__(self, merge_mode="concat", layers=1, **kwargs):
        super().__init__(**kwargs)
        if merge_mode not in MERGES:
            raise ValueError(
                f"merge_mode must be one of {tuple(MERGES)}, got {merge_mode!r}."
            )
        self.merge_mode = merge_mode
        self.layers = whole("layers", layers)

    def call(self, states):
        count, left = divmod(len(states), 2 * self.layers)
        if left or not count:
            raise ValueError(
                f"{self.name} merges the states of {self.layers} bidirectional layers "
                f"and cannot share {len(states)} states out among them: give the "
                "states alone, without the output, and set `layers`."
            )
        merge, found = MERGES[self.merge_mode], []
        for start in range(0, len(states), 2 * count):
            forward = states[start : start + count]
            backward = states[start + count : start + 2 * count]
            found += [merge(f, b) for f, b in zip(forward, backward)]
        return found

    def get_config(self):
        return {
            **super().get_config(),
            "merge_mode": self.merge_mode,
            "layers": self.layers,
        }


@export
class DenseBridge(keras.layers.Layer):
    """Makes states of any number and width from all states of an encoder.

        s_k = tanh(W_k [e_1; e_2; ...] + b_k)

    Called on a list of states `(batch, units)`, the e, it gives a list of states
    `(batch, units_k)`.

    Weights: `kernel`, all W side by side, `(sum of the encoder's widths, sum of
    units)`; `bias` likewise.

    Args:
        units: Widths of the decoder's states, a list; of an LSTM's two are the same.

    Reference: [Bahdanau et al., 2015](https://arxiv.org/abs/1409.0473), section A.2.2
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        units = units if isinstance(units, (list, tuple)) else [units]
        self.units = [whole("units", one) for one in units]

    def build(self, states_shape):
        width, columns = sum(shape[-1] for shape in states_shape), sum(self.units)
        self.kernel = self.add_weight(shape=(width, columns), name="kernel")
        self.bias = self.add_weight(shape=(columns,), initializer="zeros", name="bias")

    def call(self, states):
        e = ops.concatenate(list(states), axis=-1)
        s = ops.tanh(ops.matmul(e, self.kernel) + self.bias)
        ends = [sum(self.units[:k]) for k in range(1, len(self.units))]
        return ops.split(s, ends, axis=-1) if ends else [s]

    def get_config(self):
        return {**super().get_config(), "units": self.units}

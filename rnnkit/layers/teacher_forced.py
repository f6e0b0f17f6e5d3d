"""Training of what reads its own outputs, on the true ones."""

import keras
from keras import ops

from rnnkit.cells import JordanCell
from rnnkit.layers.masks import first_of
from rnnkit.ops import compact
from rnnkit.registration import export


@export
class TeacherForced(keras.layers.Layer):
    """A Jordan layer that reads the true outputs in place of its own.

        jordan = Jordan(64, output_units=3, return_sequences=True)
        training = keras.Model([x, y], TeacherForced(jordan)(x, y))
        inference = keras.Model(x, jordan(x))

    As its output is its only memory, no step waits for another: all are computed at
    once. The weights are the layer's. Where its own outputs are the true ones, so are
    the outputs of both.

    Args:
        layer: A `Jordan` layer with `return_sequences=True`, or `Recurrent` over a
            `JordanCell`.

    Call arguments: sequences `(batch, time, features)`; targets, the true outputs,
    `(batch, time, output_units)`, of which step t reads those before it; `mask`
    `(batch, time)`: a masked step's target is not read, and its output is the one
    before it.

    Raises:
        ValueError: The layer's outputs are not all it remembers, it reads backwards,
            gives its last output alone, carries its state from batch to batch, or makes
            masked outputs zero.

    Reference: [Goodfellow et al., 2016](https://www.deeplearningbook.org/contents/rnn.html),
    section 10.2.1
    """

    def __init__(self, layer, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(getattr(layer, "cell", None), JordanCell):
            raise ValueError(
                f"{layer.name} remembers more than its outputs: only a Jordan layer "
                "can be given all of them at once."
            )
        if layer.go_backwards or not layer.return_sequences or layer.return_state:
            raise ValueError(
                f"{layer.name} must read forwards and give every output: leave "
                "go_backwards and return_state, and set return_sequences=True."
            )
        if layer.stateful or layer.zero_output_for_mask:
            raise ValueError(
                f"{layer.name} is stateful or has zero_output_for_mask=True: leave "
                "both, which need its loop over time."
            )
        self.layer = layer
        self.supports_masking = True

    def build(self, sequences_shape, targets_shape):
        if not self.layer.built:
            self.layer.build(sequences_shape)
        self.built = True

    def call(self, sequences, targets, sequences_mask=None, training=False):
        cell = self.layer.cell
        if training and cell.noisy:
            raise ValueError(
                f"{self.layer.name} has dropout or zoneout, which is drawn for a loop "
                "over time: leave them out, or train without TeacherForced."
            )
        sequences = ops.cast(sequences, cell.compute_dtype)
        batch, time = ops.shape(sequences)[:2]
        (start,) = self.layer.initial_state(batch)
        start = ops.expand_dims(start, 1)
        known = ops.concatenate([start, ops.cast(targets, start.dtype)], axis=1)
        mask = first_of(sequences_mask)
        if mask is None:
            return cell.forced(sequences, known[:, :-1])
        # The place of the last step that counts, for each; 0 is before the first.
        mask = ops.cast(mask, "bool")
        places = ops.arange(1, time + 1, dtype="int32")
        real, _ = compact(mask, ops.broadcast_to(places, (batch, time)), fill=0)
        seen = ops.cumsum(ops.cast(mask, "int32"), axis=1)
        last = ops.take_along_axis(real, ops.maximum(seen - 1, 0), axis=1)
        last = ops.where(seen > 0, last, 0)
        before = ops.pad(last[:, :-1], [[0, 0], [1, 0]])
        outputs = cell.forced(sequences, _at(known, before))
        outputs = _at(outputs, ops.maximum(last - 1, 0))
        return ops.where(ops.expand_dims(last > 0, -1), outputs, 0)

    def compute_output_shape(self, sequences_shape, targets_shape):
        return self.layer.compute_output_shape(sequences_shape)

    def compute_mask(self, sequences, previous_mask=None):
        return first_of(previous_mask)

    def get_config(self):
        layer = keras.saving.serialize_keras_object(self.layer)
        return {**super().get_config(), "layer": layer}

    @classmethod
    def from_config(cls, config):
        layer = keras.saving.deserialize_keras_object(config["layer"])
        return cls(**{**config, "layer": layer})


def _at(values, places):
    """The rows of `(batch, time, width)` at places `(batch, time)`."""
    return ops.take_along_axis(values, ops.expand_dims(places, -1), axis=1)

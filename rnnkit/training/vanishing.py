"""The regulariser that asks gradients to keep their norm on the way back."""

import keras
from keras import tree

from rnnkit.cells.noise import noises
from rnnkit.layers.cell_function import CellFunction
from rnnkit.layers.inner_loop import (
    as_rows,
    in_reading_order,
    recurrent_layers,
    replaced,
    time_major,
    where,
)
from rnnkit.ops import scan
from rnnkit.registration import export


@export
class VanishingGradientRegularizer(keras.layers.Wrapper):
    """A recurrent layer, trained so that its gradients neither vanish nor explode.

        Ω = Σ_t (‖dL/ds_{t+1} · ds_{t+1}/ds_t‖ / ‖dL/ds_{t+1}‖ - 1)²

    with s all states of a step side by side, the mean over the batch. What it gives
    to the weights' gradient is `strength` times its immediate partial derivative: the
    inputs, the states and dL/ds are held fixed, and the weights count where one step
    uses them. For a `PreActivationRNN` this touches the recurrent kernel alone, as
    in the reference; elsewhere every weight that the Jacobian of a step depends on.
    The loss that `fit` shows is without Ω; `rnnkit.diagnostics.gradient_flow` tells it,
    as `omega` of each layer.

        layer = VanishingGradientRegularizer(rnnkit.layers.SimpleRNN(50), strength=2.0)

    Trains on TensorFlow, in the plain loop; a training step takes six to seven times
    as long as without Ω on the fast path (`python -m benchmarks omega`). At inference
    it is the layer.

    Args:
        layer: A recurrent layer, or one that holds some, without dropout and zoneout.
        strength: Factor of Ω.

    Raises:
        ValueError: No recurrent layer, one that draws noise, or half precision.

    Reference: [Pascanu et al., 2013](https://arxiv.org/abs/1211.5063), equations 9, 10
    """

    def __init__(self, layer, strength=1.0, **kwargs):
        super().__init__(layer, **kwargs)
        self.strength = strength
        self.supports_masking = True
        self.supports_jit = layer.supports_jit
        for one in self.inside:
            _refuse_noise(one)

    @property
    def inside(self):
        """The recurrent layers that are regularised."""
        return recurrent_layers(self.layer)

    def call(self, sequences, initial_state=None, mask=None, training=False):
        call = {"initial_state": initial_state, "mask": mask, "training": training}
        if not training:
            return self.layer(sequences, **call)
        if keras.backend.backend() != "tensorflow":
            raise RuntimeError(
                f"{self.name} trains on TensorFlow, the backend is "
                f"{keras.backend.backend()}."
            )
        with replaced(self.inside, self._loop):
            return self.layer(sequences, **call)

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)

    def compute_mask(self, sequences, mask=None):
        return self.layer.compute_mask(sequences, mask)

    def get_config(self):
        return {**super().get_config(), "strength": self.strength}

    def _loop(self, layer, sequences, states, mask):
        import tensorflow as tf

        if sequences.dtype.size < 4:
            raise ValueError(
                f"{self.name} needs float32: a loss that is scaled, as half precision "
                "asks for, would not scale Ω."
            )
        step = CellFunction(layer.cell)
        like = tree.map_structure(lambda s: 0, states)
        first, weights = tree.flatten(states), step.weights()
        x = time_major(in_reading_order(layer, sequences))
        if mask is None:
            mask = tf.ones(tf.shape(x)[:2], tf.bool)
        else:
            mask = time_major(in_reading_order(layer, mask))
        shape = tf.shape(x)[:2]
        nothing = [
            tf.zeros(tf.concat([shape, tf.shape(s)[1:]], axis=0), s.dtype)
            for s in first
        ]
        seen = []

        @tf.custom_gradient
        def tap(*given):
            """Zeros to add to the states; on the way back, Ω's gradient."""

            def gradient(*d_states):
                pull = self._pull(step, given[: len(weights)], like, *seen, d_states)
                return *pull, *[None] * len(nothing)

            return [tf.identity(v) for v in given[len(weights) :]], gradient

        def body(carry, inputs):
            states, previous = carry
            x, mask, more = inputs
            output, new = step(weights, x, states, like)
            place = next((k for k, s in enumerate(new) if s is output), None)
            new = [where(mask, n, s) + d for n, s, d in zip(new, states, more)]
            output = where(mask, output, previous) if place is None else new[place]
            return (new, output), (output, states)

        output, _ = step(weights, x[0], first, like)
        carry = first, tf.zeros_like(output)
        inputs = x, mask, tap(*weights, *nothing)
        (last, _), (outputs, before) = scan(body, carry, inputs)
        seen.extend([x, before, mask])
        return time_major(outputs), tree.pack_sequence_as(states, last)

    def _pull(self, step, weights, like, x, before, mask, d_states):
        """`strength` times the derivatives of Ω by the weights."""
        import tensorflow as tf

        batch = tf.shape(x)[1]
        counts = mask & (tf.cumsum(tf.cast(mask, "int32")) > 1)
        x, before = as_rows(x), [as_rows(s) for s in before]
        # Only the direction counts: brought to 1, so that nothing underflows.
        d_states = [as_rows(d) for d in d_states]
        largest = tf.reduce_max(tf.abs(_side_by_side(d_states)), axis=-1)
        counts = tf.reshape(counts, [-1]) & (largest > 0)
        scale = tf.where(counts, largest, tf.ones_like(largest))
        d_states = [
            d / tf.reshape(scale, [-1] + [1] * (d.shape.rank - 1)) for d in d_states
        ]
        with tf.GradientTape() as outer:
            outer.watch(weights)
            with tf.GradientTape() as inner:
                inner.watch(before)
                _, new = step(weights, x, before, like)
            back = inner.gradient(new, before, d_states, unconnected_gradients=_zero())
            ratio = _norm(back) / _norm(d_states)
            each = tf.where(counts, tf.square(ratio - 1), tf.zeros_like(ratio))
            omega = tf.reduce_sum(each) / tf.cast(batch, each.dtype)
            # Keras adds up the gradients of all replicas.
            omega *= self.strength / tf.distribute.get_strategy().num_replicas_in_sync
        return outer.gradient(omega, weights, unconnected_gradients=_zero())


def _zero():
    import tensorflow as tf

    return tf.UnconnectedGradients.ZERO


def _refuse_noise(layer):
    cell = layer.cell
    for one in getattr(cell, "cells", [cell]):
        if drawn := noises(one):
            raise ValueError(
                f"Layer {layer.name!r} has {drawn[0]}, with which Ω is not defined: "
                "set it to 0, or drop between the layers."
            )


def _side_by_side(values):
    import tensorflow as tf

    return tf.concat([tf.reshape(v, [tf.shape(v)[0], -1]) for v in values], axis=-1)


def _norm(values):
    """Of each row over all tensors; nowhere zero, where it has no derivative."""
    import tensorflow as tf

    values = _side_by_side(values)
    squares = tf.reduce_sum(tf.square(values), axis=-1)
    return tf.sqrt(tf.maximum(squares, values.dtype.as_numpy_dtype(1e-30)))

"""Stacks of recurrent layers."""

import keras
from keras import ops

from rnnkit.layers.bidirectional import Bidirectional
from rnnkit.layers.cell_steps import StackSteps
from rnnkit.layers.masks import first_of
from rnnkit.layers.stepping import initial_state, step, steps
from rnnkit.registration import export

CONNECTIONS = (None, "residual", "highway", "skip")


@export
class DeepRecurrent(keras.layers.Layer):
    """Recurrent layers one above the other, joined so that deep stacks train.

        residual:  y = x + layer(x)
        highway:   y = t * layer(x) + (1 - t) * x,  t = sigmoid(W x + b), b = -1
        skip:      every layer also sees the first input, and the output is the
                   outputs of all layers side by side

    Where a residual or highway layer changes the width, x is projected to it first.
    Masked frames count as zeros.

    Args:
        layers: Recurrent layers; all but the last with `return_sequences=True`.
        connection: None, "residual", "highway" or "skip".
        dropout: Share dropped between the layers.
        return_state: Whether the states of all layers are returned after the output.
        seed: Seed of the dropout.

    Reference: [Graves, 2013](https://arxiv.org/abs/1308.0850) for skips,
    [Zilly et al., 2017](https://arxiv.org/abs/1607.03474) for highways
    """

    def __init__(
        self,
        layers,
        connection=None,
        dropout=0.0,
        return_state=False,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if connection not in CONNECTIONS:
            raise ValueError(
                f"connection must be one of {CONNECTIONS}: {connection!r}."
            )
        if not layers:
            raise ValueError("DeepRecurrent needs at least one layer.")
        for layer in layers:
            if not layer.return_sequences and (connection or layer is not layers[-1]):
                raise ValueError(
                    f"Layer {layer.name!r} needs return_sequences=True: "
                    "what stands above it reads every step."
                )
            if isinstance(layer, keras.layers.Bidirectional) and not isinstance(
                layer, Bidirectional
            ):
                raise ValueError(
                    f"Layer {layer.name!r} is Keras' Bidirectional, which does not say "
                    "its states' sizes: take rnnkit.layers.Bidirectional."
                )
            if connection and getattr(layer, "go_backwards", False):
                raise ValueError(
                    f"Layer {layer.name!r} goes backwards, and connection="
                    f"{connection!r} would join its last step to the first of its "
                    "input: leave it None, or take Bidirectional."
                )
            if getattr(layer, "merge_mode", "concat") is None:
                raise ValueError(
                    f"Layer {layer.name!r} has merge_mode=None, two outputs; a stack "
                    'goes on with one: use "concat", "sum", "ave" or "mul".'
                )
            if connection and getattr(layer, "reduction", 1) != 1:
                raise ValueError(
                    f"Layer {layer.name!r} changes the number of frames, which "
                    f"connection={connection!r} cannot bridge: leave it None."
                )
        self.layers = list(layers)
        self.connection = connection
        self.dropout = dropout
        self.return_state = return_state
        self.seed = seed
        self.supports_masking = True
        self.supports_jit = all(layer.supports_jit for layer in layers)
        for layer in self.layers:
            layer.return_state = True
        self.between = None
        if dropout:
            policy = self.dtype_policy
            self.between = keras.layers.Dropout(dropout, seed=seed, dtype=policy)

    def build(self, input_shape):
        self.projections, self.gates = [], []
        first, shape = input_shape, input_shape
        for k, layer in enumerate(self.layers):
            if self.connection == "skip" and k:
                shape = (*shape[:-1], shape[-1] + first[-1])
            layer.build(shape)
            below, shape = shape, tuple(layer.compute_output_shape(shape)[0])
            if self.connection in ("residual", "highway"):
                change = below[-1] != shape[-1]
                self.projections.append(
                    self._dense(shape[-1], below) if change else None
                )
            if self.connection == "highway":
                gate = self._dense(
                    shape[-1], below, activation="sigmoid", bias_initializer=_closed
                )
                self.gates.append(gate)
        self.built = True

    def _dense(self, units, shape, **options):
        dense = keras.layers.Dense(units, dtype=self.dtype_policy, **options)
        dense.build(shape)
        return dense

    def call(self, sequences, initial_state=None, mask=None, training=False):
        mask = first_of(mask)
        if mask is not None:  # a connection would carry masked frames past the layers
            keep = ops.expand_dims(ops.cast(mask, "bool"), -1)
            sequences = ops.where(keep, sequences, ops.zeros_like(sequences))
        states = list(initial_state) if initial_state is not None else None
        count = sum(len(layer.state_size) for layer in self.layers)
        if states is not None and len(states) != count:
            raise ValueError(
                f"The layers of {self.name} have {count} states in all, "
                f"initial_state has {len(states)}."
            )
        first, x, outputs, last = sequences, sequences, [], []
        for k, layer in enumerate(self.layers):
            if k and self.between is not None:
                x = self.between(x, training=training)
            below = self._below(k, x, first)
            start = None
            if states is not None:
                count = len(layer.state_size)
                start, states = states[:count], states[count:]
            y, *new = layer(below, initial_state=start, mask=mask, training=training)
            mask = _passed(layer, below, mask)
            last.extend(new)
            x = self._joined(k, below, y)
            outputs.append(x)
        x = self._output(outputs)
        return (x, *last) if self.return_state else x

    def _below(self, k, x, first):
        if k and self.connection == "skip":
            return ops.concatenate([x, first], axis=-1)
        return x

    def _joined(self, k, below, y):
        if self.connection not in ("residual", "highway"):
            return y
        project = self.projections[k]
        carried = below if project is None else project(below)
        if self.connection == "residual":
            return carried + y
        t = self.gates[k](below)
        return t * y + (1 - t) * carried

    def _output(self, outputs):
        if self.connection == "skip":
            return ops.concatenate(outputs, axis=-1)
        return outputs[-1]

    def initial_state(self, batch_size):
        """The states of all layers before the first step, one flat list."""
        return [s for layer in self.layers for s in initial_state(layer, batch_size)]

    def step(self, x, state):
        """One step in time: `(batch, features)` and a state to output and state."""
        cells = [lambda x, s, _, one=layer: step(one, x, s) for layer in self.layers]
        noise = {"cells": [{} for _ in cells], "between": []}
        return self._advance(x, state, cells, noise)

    def steps(self, batch, time, width, training):
        """`step` in another's loop, `(x, state, noise)`; see `CellSteps`."""
        cells, between, first = [], [], width
        for k, layer in enumerate(self.layers):
            if k and training and self.between is not None:
                ones = ops.ones((batch, time, width), self.compute_dtype)
                between.append(self.between(ones, training=True))
            if k and self.connection == "skip":
                width += first
            cells.append(steps(layer, batch, time, width, training))
            width = layer.compute_output_shape((None, None, width))[0][-1]
        return StackSteps(self._advance, cells, between=between)

    def _advance(self, x, state, cells, noise):
        first, outputs, state, new = x, [], list(state), []
        for k, layer in enumerate(self.layers):
            if k and noise["between"]:
                x = x * noise["between"][k - 1]
            below = self._below(k, x, first)
            count = len(layer.state_size)
            y, after = cells[k](below, state[:count], noise["cells"][k])
            state, new = state[count:], new + list(after)
            x = self._joined(k, below, y)
            outputs.append(x)
        return self._output(outputs), new

    def compute_output_shape(self, input_shape, *_):
        widths, shape = [], input_shape
        for k, layer in enumerate(self.layers):
            if self.connection == "skip" and k:
                shape = (*shape[:-1], shape[-1] + input_shape[-1])
            shape, *_ = layer.compute_output_shape(shape)
            widths.append(shape[-1])
        width = sum(widths) if self.connection == "skip" else widths[-1]
        shape = (*shape[:-1], width)
        if not self.return_state:
            return shape
        sizes = [size for layer in self.layers for size in layer.state_size]
        return shape, *[(input_shape[0], size) for size in sizes]

    def compute_mask(self, sequences, mask=None):
        for layer in self.layers:
            mask = _passed(layer, sequences, mask)
        if not self.return_state:
            return mask
        return [mask] + [None for layer in self.layers for _ in layer.state_size]

    def reset_state(self):
        """Set the carried states of stateful layers to zero."""
        for layer in self.layers:
            layer.reset_state()

    def get_config(self):
        layers = [keras.saving.serialize_keras_object(layer) for layer in self.layers]
        return {
            **super().get_config(),
            "layers": layers,
            "connection": self.connection,
            "dropout": self.dropout,
            "return_state": self.return_state,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        layers = [
            keras.saving.deserialize_keras_object(layer) for layer in config["layers"]
        ]
        return cls(**{**config, "layers": layers})


def _passed(layer, sequences, mask):
    """The mask of what a layer gives."""
    return first_of(layer.compute_mask(sequences, mask))


def _closed(shape, dtype=None):
    """A gate's bias that lets the input through at first."""
    return -ops.ones(shape, dtype)

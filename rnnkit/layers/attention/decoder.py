"""The layer that runs a cell with attention over a sequence."""

import keras
from keras import ops

from rnnkit.layers.attention.cell import AttentionCell
from rnnkit.layers.frames import zero_masked
from rnnkit.recurrence import loop
from rnnkit.registration import export


@export
class AttentionDecoder(keras.layers.Layer):
    """Runs an `AttentionCell` over a sequence of targets, beside a memory.

    Called on targets `(batch, targets, features)` and a memory `(batch, source,
    memory features)`, it gives `(batch, targets, attention_units)`. Without input
    feeding the cells run as `Recurrent` does, on the fast recurrence where it can be
    had, and the attention after it; without a state of the attention's that is one
    computation for all steps. With input feeding it is a loop over the targets.

    Call arguments:
        inputs: `(batch, targets, features)`.
        memory: `(batch, source, memory features)`.
        initial_state: First states of the cells, the lowest first, as a list.
        inputs_mask: `(batch, targets)`; masked targets keep the state and repeat the
            output, zero where there was none. That of `inputs` where None.
        memory_mask: `(batch, source)`; that of `memory` where None.
        return_attention_scores: Whether the weights, `(batch, targets, source)`, are
            returned after the outputs.

    One step at a time is

        state = decoder.initial_state(memory, memory_mask, cell_state)
        output, state = decoder.step(x, state)

    with x `(batch, features)` and the state a tree, see `AttentionCell`.

    Args:
        cell: An `AttentionCell`.
        return_state: Whether the last state, the tree of `step`, is returned at the
            end.
    """

    def __init__(self, cell, return_state=False, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(cell, AttentionCell):
            raise ValueError(
                f"AttentionDecoder runs an AttentionCell, got {cell!r}: write "
                "AttentionDecoder(AttentionCell(cell, attention))."
            )
        self.cell = cell
        self.return_state = return_state
        self.supports_masking = True
        self.supports_jit = cell.supports_jit

    def build(self, inputs_shape, memory_shape):
        if not self.cell.built:
            self.cell.build(inputs_shape, memory_shape)

    def initial_state(self, memory, memory_mask=None, cell_state=None):
        """The state before the first step; see `AttentionCell.initial_state`."""
        return self.cell.initial_state(memory, memory_mask, cell_state)

    def step(self, x, state):
        """One step in time: `(batch, features)` and a state to output and state."""
        return self.cell.step(x, state)

    def call(
        self,
        inputs,
        memory,
        initial_state=None,
        inputs_mask=None,
        memory_mask=None,
        training=False,
        return_attention_scores=False,
    ):
        state = self.initial_state(memory, memory_mask, initial_state)
        if inputs_mask is not None:
            inputs_mask = ops.cast(inputs_mask, "bool")
        prepared = state.pop("memory")
        run = self._loop if self.cell.input_feeding else self._whole
        outputs, weights, state = run(inputs, state, prepared, inputs_mask, training)
        results = [outputs]
        if return_attention_scores:
            results.append(ops.cast(weights, self.compute_dtype))
        if self.return_state:
            results.append({**state, "memory": prepared})
        return tuple(results) if len(results) > 1 else outputs

    def _whole(self, x, state, prepared, mask, training):
        """The cells over all steps, then the attention."""
        states = []
        for layer, first in zip(self.cell.layers, state["cells"]):
            x, *last = layer(x, initial_state=first, mask=mask, training=training)
            states.append(list(last))
        context, weights, alignment = self.cell.attention.attend(
            x, prepared, state["alignment"], mask, training
        )
        outputs = self.cell.combine(context, x)
        if mask is not None:
            seen = ops.cumsum(ops.cast(mask, "int32"), axis=1) > 0
            outputs, weights = zero_masked(outputs, seen), zero_masked(weights, seen)
        state = {"cells": states, "alignment": alignment, "weights": weights[:, -1]}
        return outputs, weights, state

    def _loop(self, inputs, state, prepared, mask, training):
        """Cells and attention, step by step."""
        steps = self.cell.steps(prepared, *ops.shape(inputs)[:2], training)

        def step(inputs, state):
            x, noise = inputs
            output, new = steps(x, state, noise)
            return (output, new["weights"]), new

        (outputs, weights), state = loop(step, (inputs, steps.noise), state, mask)
        steps.end()
        return outputs, weights, state

    def compute_output_spec(
        self, inputs, memory, *args, return_attention_scores=False, **kwargs
    ):
        if self.return_state:
            kwargs["return_attention_scores"] = return_attention_scores
            return super().compute_output_spec(inputs, memory, *args, **kwargs)
        shape = (*inputs.shape[:2], self.cell.units)
        outputs = keras.KerasTensor(shape, self.compute_dtype)
        if not return_attention_scores:
            return outputs
        shape = (*inputs.shape[:2], memory.shape[1])
        return outputs, keras.KerasTensor(shape, self.compute_dtype)

    def get_config(self):
        cell = keras.saving.serialize_keras_object(self.cell)
        return {
            **super().get_config(),
            "cell": cell,
            "return_state": self.return_state,
        }

    @classmethod
    def from_config(cls, config):
        cell = keras.saving.deserialize_keras_object(config["cell"])
        return cls(**{**config, "cell": cell})

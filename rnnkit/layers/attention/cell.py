"""A cell that reads a memory at every step."""

import keras
from keras import ops, tree

from rnnkit.layers.attention.base import Attention
from rnnkit.layers.cell_steps import CellSteps, StackSteps
from rnnkit.layers.frames import whole
from rnnkit.layers.recurrent import Recurrent
from rnnkit.registration import export

ORDERS = ("luong", "bahdanau")


@export
class AttentionCell(keras.layers.Layer):
    """A cell, or a stack of cells, with attention to a memory.

    In Luong's order, with the attention after the cell:

        h_t = cell([x_t; a_{t-1}], h_{t-1})        # a_0 = 0
        c_t = attention(h_t, memory)
        a_t = tanh(W_c [c_t; h_t])                 # the output

    Without `input_feeding` the cell reads x_t alone. In Bahdanau's order, with the
    attention before it:

        c_t = attention(h_{t-1}, memory)
        h_t = cell([x_t; c_t], h_{t-1})
        a_t = tanh(W_c [c_t; h_t])

    where h_{t-1} is the first state of the last cell. In a stack every cell reads the
    output of the one before it.

    The memory is an argument, part of the state, which is a tree of tensors with the
    batch first:

        "cells"      the states of every cell, a list of lists
        "attention"  a_{t-1}, `(batch, attention_units)`, with input feeding
        "alignment"  what the attention carries from step to step
        "weights"    where it has looked last, `(batch, source)`, float32
        "memory"     what `attention.prepare` gives; no step changes it

    `AttentionDecoder` runs it over a sequence.

    Weights: those of the cells and of the attention, and `attention_kernel` W_c,
    `(features + cell width, attention_units)`.

    Args:
        cell: An rnnkit or Keras cell, or a list of them, the lowest first.
        attention: An attention of `rnnkit.layers`.
        attention_units: Width of a_t; that of the cell's output where None.
        input_feeding: Whether the cell sees the last a_t.
        order: "luong" or "bahdanau".

    Reference: [Luong et al., 2015](https://arxiv.org/abs/1508.04025), figures 2 and 4;
    [Bahdanau et al., 2015](https://arxiv.org/abs/1409.0473), section 3.1
    """

    def __init__(
        self,
        cell,
        attention,
        attention_units=None,
        input_feeding=True,
        order="luong",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not isinstance(attention, Attention):
            raise ValueError(
                f"attention must be one of rnnkit.layers' attentions: {attention!r}."
            )
        if order not in ORDERS:
            raise ValueError(f"order must be one of {ORDERS}, got {order!r}.")
        if order == "bahdanau" and not input_feeding:
            raise ValueError(
                'order="bahdanau" feeds the context into the cell: leave '
                "input_feeding=True."
            )
        if isinstance(cell, keras.layers.StackedRNNCells):
            cell = cell.cells
        self.cells = list(cell) if isinstance(cell, (list, tuple)) else [cell]
        if not self.cells:
            raise ValueError("AttentionCell needs at least one cell, got none.")
        self.attention = attention
        if attention_units is not None:
            attention_units = whole("attention_units", attention_units)
        self.attention_units = attention_units
        self.input_feeding = input_feeding
        self.order = order
        self.layers = [
            Recurrent(
                one,
                return_sequences=True,
                return_state=True,
                dtype=self.dtype_policy,
            )
            for one in self.cells
        ]
        self.supports_jit = all(layer.supports_jit for layer in self.layers)

    def build(self, inputs_shape, memory_shape):
        last = self.layers[-1].compute_output_shape((None, None, 1))[0][-1]
        self.units = self.attention_units or last
        query_shape = (inputs_shape[0], None, last)
        context = self.attention.compute_output_shape(query_shape, memory_shape)[-1]
        fed = context if self.order == "bahdanau" else self.units
        width = inputs_shape[-1] + (fed if self.input_feeding else 0)
        self.widths = []  # of what each cell reads
        for layer in self.layers:
            self.widths.append(width)
            layer.build((inputs_shape[0], None, width))
            width = layer.compute_output_shape((None, None, width))[0][-1]
        if not self.attention.built:
            self.attention.build(query_shape, memory_shape)
        self.attention_kernel = self.add_weight(
            shape=(context + last, self.units), name="attention_kernel"
        )

    def initial_state(self, memory, memory_mask=None, cell_state=None):
        """The state before the first step.

        Args:
            memory: `(batch, source, features)`.
            memory_mask: `(batch, source)` of booleans or None.
            cell_state: The first states of the cells, a list or tree of `(batch,
                units)`, the lowest cell first; those the cells begin with where None.

        Raises:
            ValueError: States that the cells do not have.
        """
        prepared = self.attention.prepare(memory, memory_mask)
        batch, source = ops.shape(memory)[:2]
        cells = [layer.initial_state(batch) for layer in self.layers]
        if cell_state is not None:
            cells = self._given(cells, cell_state)
        state = {
            "cells": cells,
            "alignment": self.attention.initial_state(prepared),
            "weights": ops.zeros((batch, source), self._wide),
            "memory": prepared,
        }
        if self._feeds_attention:
            state["attention"] = ops.zeros((batch, self.units), self.compute_dtype)
        return state

    def step(self, x, state):
        """One step in time: `(batch, features)` and a state to a_t and state."""
        steps = self.steps(state["memory"], ops.shape(x)[0], 1, training=False)
        output, new = steps(x, state, steps.noise)
        return output, {**new, "memory": state["memory"]}

    def steps(self, prepared, batch, time, training):
        """`step` in another's loop, `(x, state, noise)`; see `CellSteps`.

        States are without the memory, which is `prepared`.
        """
        cells = [
            CellSteps(cell, batch, time, width, training)
            for cell, width in zip(self.cells, self.widths)
        ]
        drawn = self.attention.draw_noise(prepared, time) if training else ()

        def advance(x, state, cells, noise):
            return self._advance(x, state, prepared, cells, noise, training)

        return StackSteps(advance, cells, attention=drawn)

    def _advance(self, x, state, prepared, cells, noise, training):
        x = ops.cast(x, self.compute_dtype)
        look = (prepared, state["alignment"], training, noise["attention"])
        if self.order == "bahdanau":
            before = ops.cast(state["cells"][-1][0], self.compute_dtype)
            found = self.attention.step(before, *look)
            x = ops.concatenate([x, found[0]], axis=-1)
        elif self.input_feeding:
            x = ops.concatenate([x, state["attention"]], axis=-1)
        after = []
        for cell, states, drawn in zip(cells, state["cells"], noise["cells"]):
            x, states = cell(x, states, drawn)
            after.append(list(states))
        if self.order == "luong":
            found = self.attention.step(x, *look)
        context, weights, alignment = found
        output = self.combine(context, x)
        new = {"cells": after, "alignment": alignment}
        new["weights"] = ops.cast(weights, self._wide)
        if self._feeds_attention:
            new["attention"] = output
        return output, new

    def combine(self, context, h):
        """a of c and h, `(…, attention_units)`."""
        kernel = ops.cast(self.attention_kernel, self.compute_dtype)
        both = ops.concatenate([context, h], axis=-1)
        return ops.tanh(ops.matmul(both, kernel))

    @property
    def _feeds_attention(self):
        return self.input_feeding and self.order == "luong"

    @property
    def _wide(self):
        return keras.backend.result_type(self.compute_dtype, "float32")

    def _given(self, own, given):
        """The given states in the cells' structure."""
        wanted, found = tree.flatten(own), tree.flatten(given)
        widths = [[state.shape[-1] for state in states] for states in (wanted, found)]
        if widths[0] != widths[1]:
            raise ValueError(
                f"The cells of {self.name} have states of the widths {widths[0]}, but "
                f"the initial state has {widths[1]}: put a bridge between, such as "
                f"rnnkit.layers.DenseBridge({widths[0]})."
            )
        found = [ops.cast(new, old.dtype) for new, old in zip(found, wanted)]
        return tree.pack_sequence_as(own, found)

    def get_config(self):
        save = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "cell": [save(cell) for cell in self.cells],
            "attention": save(self.attention),
            "attention_units": self.attention_units,
            "input_feeding": self.input_feeding,
            "order": self.order,
        }

    @classmethod
    def from_config(cls, config):
        load = keras.saving.deserialize_keras_object
        cells = [load(cell) for cell in config["cell"]]
        attention = load(config["attention"])
        return cls(**{**config, "cell": cells, "attention": attention})

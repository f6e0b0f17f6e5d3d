"""Recurrent layers, as they stand in a model, with another loop inside."""

import contextlib

import keras
from keras import ops

from rnnkit.layers.masks import first_of


def recurrent_layers(layer):
    """The recurrent layers of a model or layer, itself included, each once.

    Raises: `ValueError` where there is none.
    """
    every = layer._flatten_layers(include_self=True, recursive=True)
    found = list({id(x): x for x in every if isinstance(x, keras.layers.RNN)}.values())
    if not found:
        raise ValueError(f"{layer.name} has no recurrent layer in it.")
    return found


@contextlib.contextmanager
def replaced(layers, loop):
    """Within, `loop(layer, sequences, states, mask)` runs each of these layers.

    It returns the outputs, `(batch, time, ...)`, and the last states; of masked steps
    the outputs may be anything.
    """

    def inner_loop_of(layer):
        def inner_loop(sequences, initial_state, mask, training=False):
            mask = first_of(mask)
            mask = None if mask is None else ops.cast(mask, "bool")
            outputs, states = loop(layer, sequences, initial_state, mask)
            outputs = _masked(layer, outputs, mask)
            return outputs[:, -1], outputs, states

        return inner_loop

    for layer in layers:
        vars(layer)["inner_loop"] = inner_loop_of(layer)  # hides the class's own
    try:
        yield
    finally:
        for layer in layers:
            del vars(layer)["inner_loop"]


def in_reading_order(layer, values):
    """Sequences `(batch, time, ...)` in the order in which the layer reads them."""
    return ops.flip(values, axis=1) if layer.go_backwards else values


def time_major(x):
    """`(batch, time, ...)` as `(time, batch, ...)`, or back."""
    return ops.swapaxes(x, 0, 1)


def as_rows(x):
    """`(time, batch, ...)` as `(time * batch, ...)`."""
    return ops.reshape(x, (-1, *x.shape[2:]))


def where(keep, new, old):
    """Rows of `new` where `keep`, `(batch,)`, holds, and rows of `old` elsewhere."""
    return ops.where(ops.reshape(keep, (-1,) + (1,) * (len(new.shape) - 1)), new, old)


def _masked(layer, outputs, mask):
    """Outputs of masked steps: zero, if the layer says so or none came before."""
    if mask is None:
        return outputs
    seen = in_reading_order(layer, mask)
    if not layer.zero_output_for_mask:
        seen = ops.cumsum(ops.cast(seen, "int32"), axis=1) > 0
    for _ in outputs.shape[2:]:
        seen = ops.expand_dims(seen, -1)
    return ops.where(seen, outputs, 0)

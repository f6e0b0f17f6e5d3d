"""One layer at a time, one step at a time: layers of rnnkit and of Keras."""

import keras
import numpy as np
from keras import ops

from rnnkit.layers.stepping import step


def is_recurrent(layer):
    """Whether a layer carries a state from step to step."""
    return isinstance(layer, keras.layers.RNN) or (
        hasattr(layer, "step") and hasattr(layer, "initial_state")
    )


def prepare(layer):
    """Check a layer of a language model, and make it return all it knows.

    Raises:
        ValueError: The layer reads the text backwards, and so cannot predict it.
    """
    backwards = getattr(layer, "go_backwards", False)
    if backwards or hasattr(layer, "backward_layer"):
        raise ValueError(
            f"{layer.name} reads the text backwards and would see what it is to "
            "predict: use layers that read forwards."
        )
    for inner in getattr(layer, "layers", []):
        prepare(inner)
    if is_recurrent(layer):
        layer.return_sequences = True
        layer.return_state = True


def check_alone(layer, features):
    """See that a built layer of a language model treats every step alone.

    Raises:
        ValueError: It does not, and so may see what it is to predict.
    """
    x = np.random.default_rng(0).normal(size=(1, 2, features)).astype("float32")
    try:
        whole, *steps = [
            ops.convert_to_numpy(ops.cast(layer(part), "float32"))
            for part in (x, x[:, :1], x[:, 1:])
        ]
        steps = np.concatenate(steps, axis=1)
        alone = whole.shape[:-1] == steps.shape[:-1] == (1, 2) and np.allclose(
            whole, steps, rtol=1e-2, atol=1e-3, equal_nan=True
        )
    except Exception:  # noqa: BLE001 - whatever it says of a sequence so short
        alone = False
    if not alone:
        raise ValueError(
            f"{layer.name} does not treat every step alone, as it would have to where "
            "a text is written step by step; it may even see what it is to predict. "
            "Use recurrent layers, with layers such as Dense between them."
        )


def give_all(layer):
    """Make a recurrent layer, of rnnkit or Keras, return every output and its states.

    What has no states is left as it is.
    """
    inner = [getattr(layer, f"{way}_layer", None) for way in ("forward", "backward")]
    for one in (layer, *inner):
        if is_recurrent(one) or hasattr(one, "backward_layer"):
            one.return_sequences = one.return_state = True


def first_step(table, layer):
    """The first layer's step from ids on, its input product looked up in a table.

    Args:
        table: `(vocabulary, features)`, the input of the layer for every id.
        layer: The first layer.

    Returns:
        A function `(ids (batch,), state) → (output, state)`.
    """
    cell = getattr(layer, "cell", None)
    known = hasattr(cell, "project") and hasattr(cell, "transition")
    if not known or cell.compute_dtype != cell.variable_dtype:
        return lambda ids, state: step(layer, ops.take(table, ids, axis=0), state)
    projected = cell.project(table)

    def looked_up(ids, state):
        x = ops.take(projected, ids, axis=0)
        new = cell.transition(x, list(state), cell.product, {})
        return new[0], list(new)

    return looked_up

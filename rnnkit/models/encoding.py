"""A sequence through a list of layers, its mask carried by hand."""

import functools
import inspect

import keras
from keras import ops
from keras.src import backend as keras_backend

from rnnkit.layers.masks import first_of
from rnnkit.layers.spec_augment import SpecAugment

FRAMEWISE = (  # layers that treat every frame alone, once they are trained
    keras.layers.Activation,
    keras.layers.Dense,
    keras.layers.Dropout,
    keras.layers.LayerNormalization,
    keras.layers.Normalization,
    SpecAugment,
)
TRIAL = 4001  # frames, or samples, to see what a layer makes of so many


def layers_of(encoder):
    """The layers of an encoder: a list of them, a `keras.Sequential`, or one layer.

    Raises:
        ValueError: A layer goes backwards.
    """
    if isinstance(encoder, keras.Sequential):
        encoder = encoder.layers
    layers = list(encoder) if isinstance(encoder, (list, tuple)) else [encoder]
    for layer in layers:
        if getattr(layer, "go_backwards", False):
            raise ValueError(
                f"{layer.name} goes backwards: its frames come out from the last to "
                "the first, their mask does not. Take rnnkit.layers.Bidirectional; or, "
                "of Seq2Seq, reverse_source=True."
            )
    return layers


def build(layers, shape):
    """Build the layers one after another; returns the shape of the last output.

    Raises:
        ValueError: A layer changes the number of frames, but not the mask; or the last
            gives no frames.
    """
    trial = (None, TRIAL, *shape[2:])  # sequences so long
    for layer in layers:
        if not layer.built:
            layer.build(shape)
        trial, _ = after(layer, trial)
        shape = layer.compute_output_shape(shape)
    if len(shape) != 3:
        raise ValueError(
            f"The encoder gives {shape}, and is to give (batch, frames, features): has "
            f"{layers[-1].name} return_sequences=True?"
        )
    return shape


def after(layer, shape):
    """The shape `(None, frames, features)` after a built layer, and its states'.

    Raises:
        ValueError: It changes the number of frames, but not the mask.
    """
    made, states = layer.compute_output_shape(shape), []
    if isinstance(made[0], (list, tuple)):
        made, *states = made
    if isinstance(layer, keras.Model):
        return made, states
    one = 1, *shape[1:]
    mask = layer.compute_mask(ops.zeros(one), ops.ones(one[:2], "bool"))
    known = None if mask is None else first_of(mask).shape[1]
    if known is not None and known != made[1]:
        raise ValueError(
            f"{layer.name} makes {made[1]} frames of {shape[1]}, but its mask has "
            f"{known}: use a layer that makes the mask shorter too, such as "
            "rnnkit.layers.TimeDelay or PyramidalBidirectional."
        )
    return made, states


def run(layers, x, mask, training=False):
    """The output of the last layer, and which of its frames count."""
    for layer in layers:
        given = {"mask": mask, "training": training}
        takes = _arguments(type(layer))
        blind = "mask" not in takes and not isinstance(layer, FRAMEWISE)
        if mask is not None and blind:  # it may mix frames all the same
            real = ops.reshape(mask, (*ops.shape(mask), *[1] * (len(x.shape) - 2)))
            x = ops.where(real, x, ops.zeros_like(x))
        y = layer(x, **{name: given[name] for name in takes})
        mask = mask_after(layer, x, y, mask)
        x = y
    return x, mask


def mask_after(layer, x, y, mask):
    """Which frames of a layer's output `y` count."""
    if isinstance(layer, keras.Model):  # knows the masks inside it, not of them
        return keras_backend.get_keras_mask(y)
    return first_of(layer.compute_mask(x, mask))


def masks(layers, x, mask):
    """Which frames of the last output count; only a first layer reads `x` for it."""
    if any(isinstance(layer, keras.Model) for layer in layers):
        return run(layers, x, mask)[1]
    for layer in layers:
        mask, x = first_of(layer.compute_mask(x, mask)), None
    return mask


def mask_of(x, lengths):
    """The mask, `(batch, time)`, of lengths `(batch,)`; None of None."""
    if lengths is None:
        return None
    lengths = ops.cast(ops.convert_to_tensor(lengths), "int32")
    return ops.arange(ops.shape(x)[1], dtype="int32")[None] < lengths[:, None]


@functools.cache
def _arguments(layer_class):
    known = inspect.signature(layer_class.call).parameters
    return [name for name in ("mask", "training") if name in known]

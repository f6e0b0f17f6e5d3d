"""Masks as Keras hands them on: one, or a list with one for each tensor."""

from keras import ops


def first_of(mask):
    """The mask of the sequence, which comes before those of the states, without the
    axis that Keras' layers may be given behind time."""
    while isinstance(mask, (list, tuple)):
        mask = mask[0]
    if mask is not None and len(mask.shape) == 3 and mask.shape[-1] == 1:
        mask = ops.squeeze(mask, axis=-1)
    return mask

"""Masks as Keras hands them on: one, or a list with one for each tensor."""


def first_of(mask):
    """The mask of the sequence, which comes before those of the states."""
    while isinstance(mask, (list, tuple)):
        mask = mask[0]
    return mask

"""What was asked for, as a key of what is kept for it."""

import numpy as np


def frozen(options):
    """Options as a key: words and numbers by value, what has no value by what it is."""
    if isinstance(options, dict):
        return tuple((name, frozen(value)) for name, value in sorted(options.items()))
    if isinstance(options, (list, tuple, set, frozenset)):
        return tuple(map(frozen, options))
    try:
        hash(options)
    except TypeError:  # an array
        array = np.asarray(options)
        return array.shape, str(array.dtype), array.tobytes()
    return options

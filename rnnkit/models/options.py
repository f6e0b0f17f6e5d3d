"""What was asked for, as a key of what is kept for it."""

import numbers

import numpy as np

from rnnkit.decoding import Processor
from rnnkit.decoding.scorers import Scorer


def frozen(options):
    """Options as a key: words and numbers by value, what has no value by what it is.

    What weighs tokens is both, as its numbers may be set anew.
    """
    if isinstance(options, dict):
        return tuple((name, frozen(value)) for name, value in sorted(options.items()))
    if isinstance(options, (list, tuple, set, frozenset)):
        return tuple(map(frozen, options))
    if isinstance(options, (Processor, Scorer)):
        kinds = (numbers.Number, str, Processor, Scorer)
        inside = vars(options).items()
        return options, *((k, frozen(v)) for k, v in inside if isinstance(v, kinds))
    try:
        hash(options)
    except TypeError:  # an array
        array = np.asarray(options)
        return array.shape, str(array.dtype), array.tobytes()
    return options

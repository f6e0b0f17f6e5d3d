"""Runs beam searches on KERAS_BACKEND; writes an .npz."""

import sys

import numpy as np
from keras import ops

from rnnkit.decoding import WuCoverage, WuLength, beam_search
from tests.decoding.every_sequence import model, tables


def numbers():
    """What is found, by name."""
    logits, attention = (ops.convert_to_tensor(x) for x in tables(3))
    next_step, state = model(logits, attention)
    found = {}
    for early_stopping in (True, False, "never"):
        one = beam_search(
            next_step,
            state,
            start=0,
            end=2,
            max_length=np.array([5, 4, 5]),
            beam_width=4,
            n_best=3,
            min_length=2,
            prefix=[-1, 1],
            length_penalty=WuLength(0.6),
            coverage_penalty=WuCoverage(0.1),
            early_stopping=early_stopping,
        )
        found |= {f"{k}, {early_stopping}": v for k, v in one._asdict().items()}
    return {name: ops.convert_to_numpy(value) for name, value in found.items()}


if __name__ == "__main__":
    np.savez(sys.argv[1], **numbers())

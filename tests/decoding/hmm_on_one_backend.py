"""Finds best paths on KERAS_BACKEND; writes an .npz."""

import sys

import numpy as np
from keras import ops

from rnnkit.decoding import hybrid_decode, viterbi

LENGTHS = [7, 1, 0, 5]


def tables():
    """Random emissions, transitions, initial and final scores."""
    rng = np.random.default_rng(3)
    shapes = (4, 7, 3), (3, 3), (3,), (3,)
    return [rng.normal(0, 2, shape).astype("float32") for shape in shapes]


def numbers():
    """What is found, by name."""
    emissions, *rest = tables()
    found = viterbi(emissions, *rest, LENGTHS)._asdict()
    for name, value in (
        hybrid_decode(
            emissions,
            rest[1],
            rest,
            LENGTHS,
            mean_durations=[2.0, 3.0, 4.0],
            minimum_duration=2,
        )
        ._asdict()
        .items()
    ):
        found[f"hybrid {name}"] = value
    return {name: ops.convert_to_numpy(value) for name, value in found.items()}


if __name__ == "__main__":
    np.savez(sys.argv[1], **numbers())

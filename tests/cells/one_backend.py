"""Runs every public cell on the backend that KERAS_BACKEND names; writes an .npz."""

import sys

import numpy as np
from keras import ops

from rnnkit.layers import Recurrent
from rnnkit.testing import subjects
from tests.discovered import cells


def main(path):
    """One step, and a masked sequence, of each cell."""
    numbers = {}
    mask = ops.convert_to_tensor(subjects.masks()["with a fully masked row"])
    for cell_class in cells():
        name = cell_class.__name__
        plain = Recurrent(
            cell_class(6), path="loop", return_sequences=True, return_state=True
        )
        layer = subjects.built(plain)
        sequence = subjects.tensor(layer, subjects.inputs())
        given = [subjects.tensor(layer, s) for s in subjects.states(layer)]
        results = {
            "step": layer.cell(sequence[:, 0], given),
            "sequence": layer(sequence, initial_state=given, mask=mask),
        }
        for kind, (output, *states) in results.items():
            states = states[0] if isinstance(states[0], (list, tuple)) else states
            for part, value in enumerate([output, *states]):
                numbers[f"{name} {kind} {part}"] = ops.convert_to_numpy(value)
    np.savez(path, **numbers)


if __name__ == "__main__":
    main(sys.argv[1])

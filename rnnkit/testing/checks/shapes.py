"""Sizes that are unknown, one, or zero."""

import keras
import numpy as np

from rnnkit.layers import DeepRecurrent
from rnnkit.testing import subjects
from rnnkit.testing.checks.paths import available, ready
from rnnkit.testing.compare import assert_equal, broken
from rnnkit.testing.probe import Probe

FEATURES = subjects.FEATURES


def unknown_sizes_work(layer):
    """Traced once for unknown batch and time, it gives what any size gives."""
    plain = ready(layer, dtype="float64", path="loop", return_sequences=True)
    known = Probe(plain, subjects.call(plain), unknown_sizes=True, graph=False)
    for path in available(layer):
        one = subjects.twin(plain, path=path)
        unknown = Probe(one, subjects.call(one), unknown_sizes=True)
        for batch, time in ((3, 5), (1, 2)):
            given = (
                subjects.inputs((batch, time, FEATURES)),
                subjects.states(plain, batch),
                subjects.masks()["random"][:batch, :time],
            )
            promise = f"unknown sizes (path={path}, batch {batch}, time {time})"
            assert_equal(promise, layer, unknown(*given), known(*given))


def an_empty_batch_is_no_error(layer):
    """No sequences in, none out, and gradients of zero."""
    plain = ready(layer, dtype="float64", return_sequences=True)
    shape = (0, subjects.TIME, FEATURES)
    for path in available(layer):
        one = subjects.twin(plain, path=path)
        promise = f"an empty batch (path={path})"
        wanted = one.compute_output_shape(shape)
        wanted = [tuple(size) for size in wanted]
        for known in (True, False):
            probe = Probe(one, subjects.call(one), unknown_sizes=not known)
            got = probe(np.zeros(shape))
            results = [got[name] for name in got if "gradient" not in name]
            if [tuple(result.shape) for result in results] != wanted:
                raise broken(promise, layer, f"shapes other than {wanted}")
            gradients = [got[name] for name in got if "gradient" in name]
            assert_equal(promise, layer, gradients, [0 * g for g in gradients])


def shapes_are_foretold(layer):
    """`compute_output_shape` and symbolic calls tell the shapes that come."""
    promise = "shapes foretold"
    # In a stack the option would be changed in the layers that others stand on.
    for sequences in (True,) if isinstance(layer, DeepRecurrent) else (True, False):
        one = ready(layer, return_sequences=sequences)
        got = [
            tuple(part.shape) for part in one(subjects.tensor(one, subjects.inputs()))
        ]
        shape = (subjects.BATCH, subjects.TIME, FEATURES)
        told = [tuple(size) for size in one.compute_output_shape(shape)]
        symbolic = one(keras.KerasTensor(shape, dtype="float32"))
        if not got == told == [tuple(part.shape) for part in symbolic]:
            raise broken(promise, layer, f"{told} is not {got}")
        unknown = one(keras.Input((None, FEATURES)))[0].shape
        if tuple(unknown) != ((None, None) if sequences else (None,)) + got[0][-1:]:
            raise broken(promise, layer, f"{unknown} for unknown batch and time")


ALL = (unknown_sizes_work, an_empty_batch_is_no_error, shapes_are_foretold)

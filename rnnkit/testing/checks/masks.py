"""What is masked, and who else is in the batch, changes nothing."""

import keras
import numpy as np

from rnnkit.testing import subjects
from rnnkit.testing.checks.paths import available, ready
from rnnkit.testing.compare import assert_equal, broken, numbers
from rnnkit.testing.probe import Probe

PADDED = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 0, 0, 0]], bool)


def padding_is_not_read(layer):
    """Other numbers in masked steps change no output, no state and no gradient."""
    plain = ready(layer, dtype="float64", return_sequences=True)
    for path in available(layer):
        one = subjects.twin(plain, path=path)
        probe = Probe(one, subjects.call(one))
        for kind, mask in subjects.masks().items():
            results = []
            for filling in (0.0, 50.0):
                sequence = np.where(mask[..., None], subjects.inputs(), filling)
                results.append(probe(sequence, subjects.states(plain), mask))
            promise = f"not reading masked steps (path={path}, {kind})"
            assert_equal(promise, layer, *results)


def padding_is_as_if_cut_off(layer):
    """A padded sequence gives, up to its length, what it gives alone."""
    plain = ready(layer, dtype="float64", path="loop", return_sequences=True)
    sequence = subjects.inputs()
    for path in available(layer):
        one = subjects.twin(plain, path=path)
        output, *states = one(subjects.tensor(one, sequence), mask=PADDED)
        for row, length in enumerate(PADDED.sum(1)):
            alone = subjects.tensor(one, sequence[row : row + 1, :length])
            wanted, *last = plain(alone)
            got = visible(one, output[row : row + 1], length)
            promise = f"padding as if cut off (path={path}, length {length})"
            assert_equal(promise, layer, got, wanted)
            rows = [state[row : row + 1] for state in states]
            assert_equal(f"states of {promise}", layer, rows, last)


def neighbours_do_not_matter(layer):
    """A sequence gives alone what it gives in a batch."""
    plain = ready(layer, dtype="float64", path="loop", return_sequences=True)
    sequence = subjects.tensor(plain, subjects.inputs())
    together = plain(sequence)
    for path in available(layer):
        one = subjects.twin(plain, path=path)
        for row in range(subjects.BATCH):
            alone = one(sequence[row : row + 1])
            wanted = [part[row : row + 1] for part in together]
            promise = f"independence of the batch (path={path})"
            assert_equal(promise, layer, list(alone), wanted)


def masks_pass_through(layer):
    """A mask arrives from `Masking`, and goes on where there are still steps."""
    promise = "passing the mask on"
    plain = ready(layer, dtype="float64", path="loop", return_sequences=True)
    sequence = np.where(PADDED[..., None], subjects.inputs(), 0.0)
    masked = keras.layers.Masking(dtype="float64")(
        keras.ops.convert_to_tensor(sequence)
    )
    got = plain(masked)
    wanted = plain(subjects.tensor(plain, sequence), mask=PADDED)
    assert_equal(promise, layer, list(got), list(wanted))
    for sequences in (True, False):
        one = subjects.twin(plain, return_sequences=sequences, return_state=False)
        passed = one.compute_mask(masked, keras.ops.convert_to_tensor(PADDED))
        if (passed is not None) != sequences:
            raise broken(promise, layer, f"{passed} for return_sequences={sequences}")


def masked_rows_stay_finite(layer):
    """Infinities in masked steps do not reach the outputs as NaN."""
    plain = ready(layer, dtype="float32", return_sequences=True)
    mask = subjects.masks()["with a fully masked row"]
    sequence = np.where(mask[..., None], subjects.inputs(), np.inf)
    for path in available(layer):
        one = subjects.twin(plain, path=path)
        results = numbers(one(subjects.tensor(one, sequence), mask=mask))
        if not all(np.isfinite(result).all() for result in results):
            raise broken(f"finite masked steps (path={path})", layer, "NaN or inf")


def visible(layer, outputs, length):
    """The outputs of the first `length` steps, in the layer's own order."""
    length = -(-length // getattr(layer, "reduction", 1))
    if getattr(layer, "go_backwards", False):
        return outputs[:, -length:]
    return outputs[:, :length]


ALL = (
    padding_is_not_read,
    padding_is_as_if_cut_off,
    neighbours_do_not_matter,
    masks_pass_through,
    masked_rows_stay_finite,
)

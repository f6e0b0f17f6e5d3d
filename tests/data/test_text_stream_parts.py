import numpy as np
import pytest

from rnnkit.data import TextStreams


@pytest.mark.parametrize("drop_remainder", [True, False])
def test_parts_are_together_the_whole(drop_remainder):
    whole = TextStreams(np.arange(145), 4, 5, drop_remainder)
    parts = whole.parts(3)
    assert [len(part) for part in parts] == ([2, 2, 3] if drop_remainder else [2, 3, 3])
    batches = [batch for part in parts for batch in part]
    assert len(batches) == len(whole)
    for ours, theirs in zip(batches, whole, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)
    assert sum(part.predicted for part in parts) == whole.predicted
    for part in parts:
        assert len(list(part.dataset())) == len(part)


def test_more_parts_than_batches():
    with pytest.raises(ValueError, match="of 2 batches cannot be cut into 3 parts"):
        TextStreams(np.arange(21), 2, 5).parts(3)

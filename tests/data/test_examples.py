"""Labelled sequences stay together."""

import numpy as np
import pytest

from rnnkit.data import Examples


def examples(n=4):
    return Examples(
        names=tuple(f"name {i}" for i in range(n)),
        inputs=tuple(np.full((i + 1, 2), i, "float32") for i in range(n)),
        texts=tuple(f"text {i}" for i in range(n)),
        groups=tuple("ab"[i % 2] for i in range(n)),
        labels=tuple(np.full(i + 1, i, "int32") for i in range(n)),
        symbols=("p", "q"),
    )


@pytest.mark.parametrize(
    ("indices", "expected"),
    [
        ([2, 0], [2, 0]),
        (np.array([3]), [3]),
        ((i for i in (1, 1)), [1, 1]),
        ([True, False, False, True], [0, 3]),
        (np.arange(4) > 1, [2, 3]),
        ([], []),
    ],
    ids=["order", "array", "generator", "mask", "array mask", "none"],
)
def test_a_subset_keeps_each_with_its_own(indices, expected):
    subset = examples().subset(indices)
    assert len(subset) == len(expected)
    assert subset.names == tuple(f"name {i}" for i in expected)
    assert subset.texts == tuple(f"text {i}" for i in expected)
    assert subset.groups == tuple("ab"[i % 2] for i in expected)
    for i, x, y in zip(expected, subset.inputs, subset.labels, strict=True):
        assert x.shape == (i + 1, 2)
        assert (x == i).all()
        assert (y == i).all()
    assert subset.symbols == ("p", "q")


def test_without_labels_a_subset_has_none():
    whole = examples()
    bare = Examples(whole.names, whole.inputs, whole.texts, whole.groups)
    assert bare.subset([1]).labels is None


@pytest.mark.parametrize("field", ["inputs", "texts", "groups", "labels"])
def test_there_is_one_of_each(field):
    fields = dict(vars(examples()))
    fields[field] = fields[field][:3]
    with pytest.raises(ValueError, match=f"4 names, but 3 {field}"):
        Examples(**fields)


def test_an_index_beyond_the_end_is_an_error():
    with pytest.raises(IndexError):
        examples().subset([4])

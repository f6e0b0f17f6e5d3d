"""The largest values in two passes, against a sort."""

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from rnnkit.ops.largest import GROUP, largest

K = 3
MANY = 4 * GROUP * K  # from here on in groups


def agrees(x, k=K):
    found, places = map(ops.convert_to_numpy, largest(x, k))
    np.testing.assert_array_equal(found, -np.sort(-x, axis=1)[:, :k])
    np.testing.assert_array_equal(np.take_along_axis(x, places, 1), found)
    assert all(len(set(row)) == len(row) for row in places)
    assert places.dtype == "int32"


@pytest.mark.parametrize("values", [2, MANY - 1, MANY, MANY + 1, 1000, 1007])
def test_they_are_those_of_a_sort(values):
    rng = np.random.default_rng(values)
    x = rng.normal(size=(50, values)).astype("float32")
    agrees(x)
    agrees(np.round(x))  # many are equal
    x[rng.random(x.shape) < 0.9] = -np.inf
    x[0] = -np.inf
    agrees(x)


def test_they_may_all_be_in_one_group_or_in_none():
    x = np.zeros((2, 1007), "float32")
    groups = 1007 // GROUP
    x[0, [5, 5 + 3 * groups, 5 + 15 * groups]] = 1, 2, 3
    x[1, -3:] = 1, 2, 3
    agrees(x)


def test_a_row_that_is_no_number_spoils_no_other():
    x = np.random.default_rng(0).normal(size=(3, 1007)).astype("float32")
    wanted = largest(x, K)
    x[1] = np.nan
    for got, expected in zip(largest(x, K), wanted):
        np.testing.assert_array_equal(got[::2], expected[::2])
    assert np.all((largest(x, K)[1] >= 0) & (largest(x, K)[1] < 1007))


@pytest.mark.parametrize("shape", [(None, None), (None, 1007)])
def test_sizes_need_not_be_known(shape):
    run = tf.function(lambda x: largest(x, K), [tf.TensorSpec(shape)], autograph=False)
    for values in {2, 1007} if shape[1] is None else {1007}:
        x = np.random.default_rng(0).normal(size=(3, values)).astype("float32")
        for got, wanted in zip(run(x), largest(x, K)):
            np.testing.assert_array_equal(got, wanted)

"""The coverage loss counts what is read again."""

import numpy as np

from rnnkit.losses import coverage_loss

RNG = np.random.default_rng(0)


def test_it_is_the_formula():
    a = RNG.dirichlet(np.ones(5), size=(3, 4))
    mask = np.arange(4) < np.array([4, 2, 0])[:, None]
    found = np.array(coverage_loss(a, mask))
    for row in range(3):
        read = np.zeros(5)
        for t in range(4):
            wanted = np.minimum(a[row, t], read).sum() if mask[row, t] else 0.0
            np.testing.assert_allclose(found[row, t], wanted, atol=1e-6)
            read += a[row, t] * mask[row, t]
    np.testing.assert_allclose(coverage_loss(a)[0], found[0], atol=1e-6)


def test_reading_each_place_once_costs_nothing():
    assert not np.any(coverage_loss(np.eye(4)[None]))
    again = np.eye(4)[[0, 0, 1, 1]][None]
    np.testing.assert_array_equal(coverage_loss(again), [[0, 1, 0, 1]])

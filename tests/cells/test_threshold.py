"""Threshold networks as they come: exact for every binary input there is."""

import itertools

import numpy as np
import pytest
from keras import ops

from rnnkit.cells import ParityCell
from rnnkit.cells.threshold import HandSet, threshold
from rnnkit.layers import Parity, SumComparison, Summation

LONGEST = 12


def every(length):
    """All sequences of so many bits, `(2^length, length, 1)`."""
    return np.array([*itertools.product((0.0, 1.0), repeat=length)])[..., None]


def run(layer, x):
    return ops.convert_to_numpy(layer(x.astype("float32")))


def test_sums_and_parities_of_all_bits_are_exact():
    """Up to twelve: the outputs of each step are those of all shorter sequences."""
    x = every(LONGEST)
    options = {"return_sequences": True, "path": "loop"}
    sums, parities = (run(kind(**options), x)[..., 0] for kind in (Summation, Parity))
    for bits, total, parity in zip(x[..., 0].astype(int), sums, parities):
        running = list(itertools.accumulate(bits))
        assert total.tolist() == running
        assert parity.tolist() == [n % 2 for n in running]


def compared(one, other):
    layer = SumComparison(return_sequences=True, path="loop")
    found = run(layer, np.concatenate([one, other], axis=-1))[..., 0]
    wanted = one[..., 0].cumsum(1) > other[..., 0].cumsum(1)
    np.testing.assert_array_equal(found, wanted)


def test_all_pairs_of_sequences_are_compared():
    one = every(6)
    compared(np.repeat(one, len(one), 0), np.tile(one, (len(one), 1, 1)))


def test_all_courses_of_sequences_of_twelve_are_compared():
    """Where both have a one or neither has, the sums go on as they were."""
    steps = np.array([*itertools.product((-1.0, 0.0, 1.0), repeat=LONGEST)])[..., None]
    both = np.random.default_rng(0).integers(0, 2, steps.shape) * (steps == 0)
    compared(both + (steps > 0), both + (steps < 0))


def test_the_truth_table():
    cell = ParityCell()
    cell.build((None, 1))
    first, second = cell.split(cell.biased(cell.project(np.float32([[0], [1]]))))
    weights = {name: float(np.squeeze(w)) for name, w in cell.symbols().items()}
    for before, x, h1, h2, y in (
        (0, 0, 0, 0, 0),
        (0, 1, 0, 1, 1),
        (1, 0, 0, 1, 1),
        (1, 1, 1, 1, 0),
    ):
        hidden = [
            weights[f"W_{k}"] * x + weights[f"U_{k}"] * before + weights[f"b_{k}"] > 0
            for k in (1, 2)
        ]
        assert hidden == [h1, h2]
        total = weights["v_1"] * h1 + weights["v_2"] * h2 + weights["c"]
        assert (total > 0) == y
        (found,) = cell(np.float32([[x]]), [np.float32([[before]])])[1]
        assert float(found[0, 0]) == y
    assert first.shape == second.shape == (2, 1)


def test_units_watch_one_feature_each():
    x = np.random.default_rng(0).integers(0, 2, (5, 9, 3)).astype("float32")
    found = run(Parity(3, return_sequences=True, path="loop"), x)
    np.testing.assert_array_equal(found, x.cumsum(1) % 2)
    found = run(Summation(3, path="loop"), x)
    np.testing.assert_array_equal(found, x.sum(1))
    both = np.concatenate([x, x[::-1]], -1)
    found = run(SumComparison(3, path="loop"), both)
    np.testing.assert_array_equal(found, x.sum(1) > x[::-1].sum(1))


def test_threshold_units_have_no_slope():
    a = np.float32([-2, -1e-20, 0, 1e-20, 3])
    np.testing.assert_array_equal(threshold(a), [0, 0, 0, 1, 1])
    tf = pytest.importorskip("tensorflow")
    with tf.GradientTape() as tape:
        tape.watch(a := tf.constant(a))
        y = threshold(a)
    slope = tape.gradient(y, a, unconnected_gradients="zero")
    np.testing.assert_array_equal(slope, np.zeros(5))


def test_hand_set_matrices():
    np.testing.assert_array_equal(
        HandSet((1.0, 2.0), (1.0, -1.0))((4, 4)),
        [[1, 0, 2, 0], [0, 1, 0, 2], [-1, 0, -2, 0], [0, -1, 0, -2]],
    )
    np.testing.assert_array_equal(HandSet((3.0, 4.0))((4,)), [3, 3, 4, 4])
    again = HandSet.from_config(HandSet((3.0, 4.0), (1.0, 2.0)).get_config())
    assert (again.columns, again.rows) == ((3.0, 4.0), (1.0, 2.0))

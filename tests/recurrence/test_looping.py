"""The plain loop: any tree in, any tree out, masked, unrolled, of unknown length."""

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.recurrence import loop

BATCH, TIME = 2, 5
RNG = np.random.default_rng(0)
INPUTS = {"a": RNG.normal(size=(BATCH, TIME, 3)), "b": RNG.normal(size=(BATCH, TIME))}
MASK = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 0, 1]], bool)


def step(inputs, states):
    """A step over two inputs and two states, with two outputs of unlike rank."""
    total = states["total"] + tf.reduce_sum(inputs["a"], -1) * inputs["b"]
    outer = 0.5 * states["outer"] + inputs["a"][:, :, None] * inputs["a"][:, None]
    return (total, {"outer": outer}), {"total": total, "outer": outer}


def written_out(mask):
    """What `step` gives, row by row, in NumPy."""
    totals, outers = np.zeros((BATCH, TIME)), np.zeros((BATCH, TIME, 3, 3))
    for row in range(BATCH):
        total, outer = 1.0, np.ones((3, 3))
        seen_total, seen_outer = 0.0, np.zeros((3, 3))
        for t in range(TIME):
            if mask is None or mask[row, t]:
                a, b = INPUTS["a"][row, t], INPUTS["b"][row, t]
                total = total + a.sum() * b
                outer = 0.5 * outer + np.outer(a, a)
                seen_total, seen_outer = total, outer
            totals[row, t], outers[row, t] = seen_total, seen_outer
    return totals, outers


def states():
    shapes = {"total": (BATCH,), "outer": (BATCH, 3, 3)}
    return {name: tf.ones(shape, "float64") for name, shape in shapes.items()}


@pytest.mark.parametrize("mask", [None, MASK], ids=["no mask", "mask"])
@pytest.mark.parametrize("unroll", [False, True])
def test_trees_go_in_and_come_out(mask, unroll):
    def run(inputs):
        return loop(step, inputs, states(), mask, unroll=unroll)

    specs = {
        k: tf.TensorSpec([BATCH, TIME if unroll else None, *v.shape[2:]], v.dtype)
        for k, v in INPUTS.items()
    }
    for function in (run, tf.function(run, input_signature=[specs])):
        (totals, rest), last = function(INPUTS)
        wanted_totals, wanted_outers = written_out(mask)
        np.testing.assert_allclose(totals, wanted_totals)
        np.testing.assert_allclose(rest["outer"], wanted_outers)
        np.testing.assert_allclose(last["total"], wanted_totals[:, -1])
        np.testing.assert_allclose(last["outer"], wanted_outers[:, -1])


def test_without_inputs_the_length_is_given():
    def double(inputs, states):
        assert inputs is None
        return states[0], (2 * states[0],)

    def run():
        return loop(double, None, [tf.ones((BATCH, 1))], length=4)

    for function in (run, tf.function(run)):
        outputs, last = function()
        np.testing.assert_array_equal(outputs[:, :, 0], [[1, 2, 4, 8]] * BATCH)
        np.testing.assert_array_equal(last[0], [[16]] * BATCH)
    with pytest.raises(ValueError, match="needs `length`"):
        loop(double, None, [tf.ones((BATCH, 1))])

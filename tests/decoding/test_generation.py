"""The loop feeds back what is drawn, whatever it is."""

import numpy as np
import tensorflow as tf
from keras import ops

from rnnkit.decoding import generate


def test_it_feeds_back_what_it_draws():
    def next_step(tokens, state):  # scores say: the state, then one more a step
        return tokens + state["n"], {"n": state["n"] + 1}

    def draw(scores, noise):
        return scores * noise

    noise = np.array([1, 1, 2, 1], "int32")
    run = tf.function(lambda: generate(next_step, 1, {"n": 10}, draw, noise))
    for drawn, last, state in (run(), generate(next_step, 1, {"n": 10}, draw, noise)):
        assert ops.convert_to_numpy(drawn).tolist() == [11, 22, 68, 81]
        assert int(last) == 81
        assert int(state["n"]) == 14


def test_values_states_and_noise_are_any_trees():
    """A pen: points and whether it is lifted, with noise for both."""

    def next_step(pen, state):
        return {"to": pen["at"] + state[0]}, [state[0] * 0.5]

    def draw(scores, noise):
        return {"at": scores["to"] + noise["wobble"], "up": noise["up"] > 0.5}

    noise = {"wobble": np.zeros((3, 2, 2), "f"), "up": np.array([[0, 1]] * 3, "f")}
    start = {"at": np.zeros((2, 2), "f"), "up": np.array([False, False])}
    drawn, last, _ = generate(next_step, start, [np.ones((2, 2), "f")], draw, noise)
    assert drawn["at"].shape == (3, 2, 2)
    np.testing.assert_allclose(drawn["at"][:, 0, 0], [1, 1.5, 1.75])
    np.testing.assert_array_equal(last["up"], [False, True])


def test_any_number_of_steps_also_none():
    def next_step(tokens, state):
        return tokens + 1, state

    @tf.function(input_signature=[tf.TensorSpec([None])])
    def run(noise):
        return generate(next_step, 0.0, [], lambda s, n: s, noise)[0]

    assert [len(run(np.zeros(n, "f"))) for n in (0, 1, 5)] == [0, 1, 5]

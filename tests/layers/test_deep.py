"""What stacks of recurrent layers refuse."""

import keras
import numpy as np
import pytest

from rnnkit.layers import LSTM, Bidirectional, DeepRecurrent

X = np.zeros((3, 5, 4), "float32")
KERAS = keras.layers.LSTM(4, return_sequences=True)


def every(units=4, **options):
    return LSTM(units, return_sequences=True, **options)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: [], "at least one layer"),
        (lambda: [LSTM(4), every()], "needs return_sequences=True"),
        (
            lambda: [every(go_backwards=True)],
            "goes backwards, and connection='residual'",
        ),
        (
            lambda: [keras.layers.Bidirectional(KERAS), every()],
            "take rnnkit.layers.Bidirectional",
        ),
    ],
)
def test_layers_that_cannot_be_joined_are_named(make, words):
    with pytest.raises(ValueError, match=words):
        DeepRecurrent(make(), connection="residual")


def test_both_directions_may_be_joined():
    stack = DeepRecurrent([Bidirectional(every(2)), every()], connection="residual")
    assert stack(X).shape == (3, 5, 4)


@pytest.mark.parametrize("count", [1, 3, 5])
def test_states_are_those_of_all_layers(count):
    stack = DeepRecurrent([every(), every()])
    with pytest.raises(ValueError, match=f"4 states in all, initial_state has {count}"):
        stack(X, initial_state=[np.zeros((3, 4), "float32")] * count)

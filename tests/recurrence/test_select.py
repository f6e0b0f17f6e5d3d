"""Which path runs is said openly, and a path that cannot be had is refused."""

import keras
import numpy as np
import pytest

from rnnkit.cells import IndRNNCell, LayerNormLSTMCell, LSTMCell
from rnnkit.layers import GRU, LSTM, Recurrent
from rnnkit.recurrence import select


def test_without_a_gpu_the_fast_path_runs_and_says_why():
    choice = LSTM(6).selection()
    assert choice.path == "hoisted"
    assert "no GPU is at hand" in choice.reason


@pytest.mark.parametrize("cell", [IndRNNCell(6), LayerNormLSTMCell(6)])
def test_any_cell_of_rnnkit_takes_the_fast_path(cell):
    assert select(cell).path == "hoisted"


def test_a_foreign_cell_takes_the_loop_and_the_reason_is_said():
    choice = Recurrent(keras.layers.LSTMCell(6)).selection()
    assert choice.path == "loop"
    assert "is not a GatedCell" in choice.reason


def test_unroll_is_the_loops():
    assert LSTM(6, unroll=True).selection().path == "loop"
    with pytest.raises(ValueError, match="unroll=True writes the loop out"):
        LSTM(6, unroll=True, path="hoisted")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: GRU(6, path="cudnn"), "no GPU is at hand"),
        (
            lambda: Recurrent(IndRNNCell(6), path="cudnn"),
            "IndRNNCell has no cuDNN form",
        ),
        (lambda: select(keras.layers.GRUCell(6), "hoisted"), "is not a GatedCell"),
        (lambda: select(LSTMCell(6), "sideways"), "path must be one of .* 'sideways'"),
    ],
)
def test_a_path_that_cannot_be_had_is_refused_in_words(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_use_cudnn_is_heeded(monkeypatch):
    monkeypatch.setattr("rnnkit.recurrence.cudnn._gpu", lambda: True)
    assert LSTM(6).selection().path == "cudnn"
    choice = LSTM(6, use_cudnn=False).selection()
    assert choice.path == "hoisted"
    assert "use_cudnn=False" in choice.reason
    assert LSTM(6, use_cudnn=True).selection() == ("cudnn", "asked for")


def test_use_cudnn_insists_where_it_is_called_as_in_keras():
    layer = LSTM(6, use_cudnn=True)
    with pytest.raises(ValueError, match="cannot be had: no GPU is at hand"):
        layer(np.zeros((2, 3, 4)))

"""Which path runs is said openly, and a path that cannot be had is refused."""

import keras
import numpy as np
import pytest

from rnnkit.cells import GRUCell, IndRNNCell, LayerNormLSTMCell, LSTMCell
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
    monkeypatch.setattr("rnnkit.recurrence.cudnn.has_gpu", lambda: True)
    assert LSTM(6).selection().path == "cudnn"
    choice = LSTM(6, use_cudnn=False).selection()
    assert choice.path == "hoisted"
    assert "use_cudnn=False" in choice.reason
    assert LSTM(6, use_cudnn=True).selection() == ("cudnn", "asked for")


@pytest.mark.parametrize("go_backwards", [False, True])
def test_cudnns_outputs_at_masked_steps_are_the_state_carried_over(
    monkeypatch, go_backwards
):
    """With a kernel that fills them with zeros, as cuDNN does."""
    layer = LSTM(6, return_sequences=True, go_backwards=go_backwards, path="loop")
    x = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], bool)
    wanted = layer(x, mask=mask)
    seen = mask[:, ::-1] if go_backwards else mask

    def zero_filled(cell, sequences, states, mask, **kwargs):
        outputs = np.where(seen[..., None], wanted, 0)
        return None, keras.ops.convert_to_tensor(outputs), [wanted[:, -1], states[1]]

    monkeypatch.setattr("rnnkit.recurrence.cudnn.has_gpu", lambda: True)
    monkeypatch.setattr("rnnkit.recurrence.cudnn.run", zero_filled)
    layer.recurrence_path = "cudnn"
    np.testing.assert_allclose(layer(x, mask=mask), wanted)


def test_a_cell_derived_from_one_that_cudnn_has_is_not_that_one(monkeypatch):
    monkeypatch.setattr("rnnkit.recurrence.cudnn.has_gpu", lambda: True)
    for base in (LSTMCell, GRUCell):
        assert select(base(6)).path == "cudnn"
        derived = type("Derived", (base,), {})
        assert select(derived(6)).path == "hoisted"


def test_where_cudnn_refuses_the_fast_path_runs(monkeypatch):
    def refuse(*args, **kwargs):
        raise NotImplementedError

    monkeypatch.setattr("rnnkit.recurrence.cudnn.has_gpu", lambda: True)
    monkeypatch.setattr("rnnkit.recurrence.cudnn.run", refuse)
    ran = []
    monkeypatch.setattr(LSTM, "_fast", lambda self, *a: ran.append(a) or self._loop(*a))
    LSTM(6)(np.zeros((2, 3, 4)))
    assert len(ran) == 1
    with pytest.raises(ValueError, match="cuDNN cannot run this call"):
        LSTM(6, path="cudnn")(np.zeros((2, 3, 4)))


def test_use_cudnn_insists_where_it_is_called_as_in_keras():
    layer = LSTM(6, use_cudnn=True)
    with pytest.raises(ValueError, match="cannot be had: no GPU is at hand"):
        layer(np.zeros((2, 3, 4)))

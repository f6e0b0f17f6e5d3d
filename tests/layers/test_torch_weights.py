"""Weights of torch's layers give torch's outputs, and what does not fit is named."""

import warnings

import numpy as np
import pytest

from rnnkit import layers

torch = pytest.importorskip("torch", reason="torch is in the `benchmarks` extra")

X = np.random.default_rng(0).normal(size=(3, 7, 5)).astype("float32")
NAMES = {"LSTM": "LSTM", "GRU": "GRU", "SimpleRNN": "RNN"}


def of_torch(name, **options):
    torch.manual_seed(1)
    module = getattr(torch.nn, NAMES[name])(5, 4, batch_first=True, **options)
    with warnings.catch_warnings(), torch.no_grad():  # "not supported with oneDNN"
        warnings.simplefilter("ignore")
        outputs = module(torch.tensor(X))[0].numpy()
    return module.state_dict(), outputs


def make(name, **options):
    return getattr(layers, name)(4, return_sequences=True, **options)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bias", [True, False])
def test_a_layer_gives_torchs_outputs(name, bias):
    state, wanted = of_torch(name, bias=bias)
    layer = make(name, use_bias=bias)
    layers.weights_from_torch(layer, state)
    np.testing.assert_allclose(layer(X), wanted, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_two_directions_and_a_stack(name):
    state, wanted = of_torch(name, bidirectional=True, num_layers=2)
    stack = layers.DeepRecurrent([layers.Bidirectional(make(name)) for _ in range(2)])
    layers.weights_from_torch(
        stack, {f"encoder.{k}": v for k, v in state.items()}, prefix="encoder."
    )
    np.testing.assert_allclose(stack(X), wanted, atol=1e-6)


def test_a_projected_lstm_and_a_level_of_a_stack():
    state, wanted = of_torch("LSTM", proj_size=3, num_layers=2)
    below, above = (make("LSTM", projection_units=3) for _ in range(2))
    layers.weights_from_torch(below, state)
    layers.weights_from_torch(above, state, level=1)
    np.testing.assert_allclose(above(below(X)), wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "error", "words"),
    [
        (make("LSTM", use_bias=False), ValueError, "use_bias is False"),
        (layers.LSTM(6), ValueError, r"kernel is \(5, 24\), torch's l0 .*\(5, 16\)"),
        (layers.PeepholeLSTM(4), ValueError, "torch has no PeepholeLSTMCell"),
        (make("LSTM", projection_units=3), KeyError, "No 'weight_hr_l0' among torch's"),
        (
            layers.DeepRecurrent([make("LSTM")], connection="residual"),
            ValueError,
            "no connection='residual'",
        ),
    ],
)
def test_what_does_not_fit_is_named(layer, error, words):
    with pytest.raises(error, match=words):
        layers.weights_from_torch(layer, of_torch("LSTM")[0])

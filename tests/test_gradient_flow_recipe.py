"""The gradient laboratory: its gates are the LSTM's; a run that holds its claims."""

import importlib
import sys

import numpy as np
import pytest

import rnnkit
from tests.running import again, recipe, results, run

TRAIN = recipe("gradient_flow")


@pytest.fixture
def module(monkeypatch):
    """Imports a file of the recipe's folder."""
    monkeypatch.syspath_prepend(str(TRAIN.parent))
    yield importlib.import_module
    for name in ("remembering", "regimes", "holding", "experiments", "page"):
        sys.modules.pop(name, None)


def test_gates_are_those_of_the_layer(module):
    """With the gates seen, the cell's equations give what the layer gives."""
    remembering = module("remembering")
    layer = rnnkit.layers.LSTM(3, return_sequences=True, return_state=True)
    x, y, marks = remembering.marked_numbers(np.random.default_rng(0), 4, 7)
    outputs, _, cell = (np.array(v) for v in layer(x))
    seen = remembering.gates(layer, x)
    np.testing.assert_allclose(
        outputs[:, -1], seen["o"][:, -1] * np.tanh(cell), atol=1e-6
    )
    jacobians = rnnkit.diagnostics.step_jacobians(layer, x).jacobians
    np.testing.assert_allclose(
        np.diagonal(jacobians[..., 3:, 3:], axis1=-2, axis2=-1), seen["f"], atol=1e-6
    )
    rows = np.arange(4)
    np.testing.assert_array_equal(x[rows, marks, 0], y[:, 0])
    np.testing.assert_array_equal(x[..., 1].sum(axis=1), 1)
    assert set(marks) <= set(range(5))


def test_what_a_step_leaves_is_the_geometric_mean(module):
    class Flow:
        left = np.array([[0.125, 0.5, 0.5, 1.0], [16.0, 8.0, 4.0, 2.0]])

    np.testing.assert_allclose(module("regimes").factor(Flow), [0.5, 2.0])


@pytest.mark.slow
def test_smoke_holds_its_claims(tmp_path):
    command = (TRAIN, "--preset", "smoke")
    printed, status = run(tmp_path, *command)
    assert status == 0, printed
    found = results(tmp_path)
    assert set(found["tables"]["claims"]["holds"].values()) == {"yes"}
    error = "squared error, "
    assert (
        found["metrics"][error + "LSTM"]
        < 0.2 * found["baselines"][error + "simple RNN"]
    )
    assert set(found["tables"]["memory"]) >= {"one unit, trained: left after 50"}
    assert found["metrics"]["two attractors from bias"] == pytest.approx(
        -2.6556, abs=1e-4
    )
    (page,) = tmp_path.glob("runs/*/*/page.png")
    assert page.read_bytes().startswith(b"\x89PNG")
    printed, status = again(tmp_path, *command)
    assert status == 0
    assert "has finished before" in printed

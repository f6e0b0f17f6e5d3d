"""A CTC model trained on TensorFlow reads the same on JAX, and trains on there."""

import json

import keras
import numpy as np
import pytest

from rnnkit.data import Characters
from rnnkit.layers import LSTM, Bidirectional, TimeDelay
from rnnkit.models import CTCModel
from tests.elsewhere import output_of

THERE = """
import json, sys
import keras, numpy as np
import rnnkit

with np.load(sys.argv[2]) as file:
    inputs = [file[name] for name in file.files]
model = keras.saving.load_model(sys.argv[1])
read = [model.transcribe(inputs), model.transcribe(inputs, lexicon=["ab", "b"])]
loss = model.evaluate(inputs, ["ab"] * 6, return_dict=True, verbose=0)["loss"]
losses = model.fit(inputs, ["ab"] * 6, epochs=3, verbose=0).history["loss"]
print(json.dumps([keras.backend.backend(), read, loss, losses]))
"""


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_another_backend_reads_the_same(backend, tmp_path):
    pytest.importorskip("jiwer")
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(n, 3)).astype("float32") for n in (9, 14, 7, 9, 12, 5)]
    layers = [TimeDelay(6, stride=2), Bidirectional(LSTM(6, return_sequences=True))]
    model = CTCModel(layers, Characters("ab "))
    model.compile(keras.optimizers.Adam(0.05))
    model.fit(inputs, ["ab", "b", "a b"] * 2, epochs=12, verbose=0)
    model.save(tmp_path / "model.keras")
    np.savez(tmp_path / "inputs.npz", *inputs)
    files = tmp_path / "model.keras", tmp_path / "inputs.npz"
    printed = output_of(backend, "-c", THERE, *files)
    there, read, loss, losses = json.loads(printed.splitlines()[-1])
    assert there == backend
    assert read[0] == model.transcribe(inputs)
    assert read[1] == model.transcribe(inputs, lexicon=["ab", "b"])
    ours = model.evaluate(inputs, ["ab"] * 6, return_dict=True, verbose=0)["loss"]
    assert loss == pytest.approx(ours, rel=1e-4)
    assert losses[-1] < losses[0]

"""A language model from file: with its vocabulary, its states, in TensorFlow alone."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

import rnnkit
from rnnkit.data import Characters, text_streams
from rnnkit.models import LanguageModel

pytestmark = pytest.mark.xdist_group("saving")

TEXT = "the quick brown fox jumps over the lazy dog é𝄞\n" * 8
STREAMS = dict(batch_size=2, steps=10)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(3)
    layers = [rnnkit.layers.LSTM(12, path="loop"), keras.layers.LayerNormalization()]
    model = LanguageModel(Characters(TEXT, unknown="?"), layers, 5, dropout=0.1)
    model.compile("adam")
    model.fit(text_streams(TEXT, model.vocabulary, **STREAMS), verbose=0)
    return model


def test_a_file_holds_the_whole_model(model, tmp_path):
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.vocabulary == model.vocabulary
    assert again.generate("the ", 60, seed=2) == model.generate("the ", 60, seed=2)
    assert again.optimizer.iterations == model.optimizer.iterations
    assert again.optimizer.global_clipnorm == 1.0
    again.fit(text_streams(TEXT, again.vocabulary, **STREAMS), verbose=0)


def test_saved_weights_hold_the_carried_state(model, tmp_path):
    model.save_weights(tmp_path / "model.weights.h5")
    again = LanguageModel.from_config(model.get_config())
    again.load_weights(tmp_path / "model.weights.h5")
    ours, theirs = again.training_state.holders, model.training_state.holders
    assert len(ours) == 3
    for a, b in zip(ours, theirs):
        np.testing.assert_array_equal(a, b)
        assert np.abs(b).max() > 0


ALONE = """
import json, sys
sys.modules["keras"] = sys.modules["rnnkit"] = None  # cannot be imported
import tensorflow as tf
serve = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
texts = serve(
    prime=tf.constant(json.loads(sys.argv[2])), length=tf.constant(30),
    temperature=tf.constant(0.5), seed=tf.constant(4),
)["text"]
print(json.dumps([text.decode() for text in texts.numpy()]))
"""


@pytest.mark.slow
def test_an_export_runs_in_tensorflow_alone(model, tmp_path):
    model.export(tmp_path / "exported")

    def alone(primes):
        done = subprocess.run(
            [sys.executable, "-c", ALONE, tmp_path / "exported", json.dumps(primes)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    primes = ["the quick", "é𝄞Z", "", "q"]
    ours = model.generate(primes, 30, temperature=0.5, seed=4)
    theirs = alone(primes)
    assert [len(text) for text in theirs] == [39, 33, 30, 31]
    assert theirs == [text.replace("Z", "?") for text in ours]


def test_an_export_of_a_strict_vocabulary_refuses_plainly(tmp_path):
    import tensorflow as tf

    model = LanguageModel(Characters("ab"), [keras.layers.SimpleRNN(2)])
    model.export(tmp_path / "exported")
    serve = tf.saved_model.load(tmp_path / "exported").signatures["serving_default"]
    rest = dict(
        length=tf.constant(3), temperature=tf.constant(1.0), seed=tf.constant(0)
    )
    assert len(serve(prime=tf.constant(["ab"]), **rest)["text"].numpy()[0]) == 5
    with pytest.raises(tf.errors.InvalidArgumentError, match="not among the 2"):
        serve(prime=tf.constant(["abc"]), **rest)
    with pytest.raises(tf.errors.InvalidArgumentError, match="prime is empty"):
        serve(prime=tf.constant(["ab", ""]), **rest)

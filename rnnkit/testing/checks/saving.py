"""Saved, exported, converted, and read again."""

import json
import tempfile
import warnings
from pathlib import Path

import keras
import numpy as np

from rnnkit.testing import subjects
from rnnkit.testing.compare import assert_equal, broken

SHAPE = (subjects.TIME, subjects.FEATURES)


def config_returns(layer):
    """`from_config(get_config())` is the same layer, and its config plain JSON."""
    config = layer.get_config()
    json.dumps(config)
    again = type(layer).from_config(layer.get_config()).get_config()
    if again != config:
        different = {key for key in config if again.get(key) != config[key]}
        raise broken("the round trip of get_config", layer, f"{different} differ")


def keras_files_load(layer):
    """A `.keras` file gives the layer back without `custom_objects`."""
    model, x = _model(layer, path="loop")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        loaded = keras.models.load_model(path)
    kind = type(loaded.layers[-1])
    if kind is not type(layer):
        raise broken("the .keras file", layer, f"it gives a {kind.__name__}")
    assert_equal("the .keras file", layer, loaded(x), model(x), 0.0)
    assert_equal(
        "the .keras file", layer, loaded.get_weights(), model.get_weights(), 0.0
    )


def weights_files_load(layer):
    """A `.weights.h5` file gives the weights back to a new layer."""
    model, x = _model(layer, path="loop")
    other, _ = _model(layer, seed=5, path="loop")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.weights.h5"
        model.save_weights(path)
        other.load_weights(path)
    assert_equal("the .weights.h5 file", layer, other(x), model(x), 0.0)


def saved_models_export(layer):
    """`export` writes a SavedModel for any batch, which gives the same numbers."""
    import tensorflow as tf

    model, x = _model(layer)
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, format="tf_saved_model", verbose=False)
        loaded = tf.saved_model.load(folder)
        for rows in (subjects.BATCH, 1):
            got = loaded.serve(tf.constant(x[:rows]))
            assert_equal("the SavedModel", layer, got, model(x[:rows]), 2e-6)


def tflite_converts(layer):
    """TFLite runs the model, of fixed size and on `path="loop"`, with its builtins."""
    import tensorflow as tf

    model, x = _model(layer, path="loop", unroll=True)
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, verbose=False)
        converted = tf.lite.TFLiteConverter.from_saved_model(folder).convert()
    with warnings.catch_warnings():  # of the day when TensorFlow drops its own
        warnings.simplefilter("ignore")
        interpreter = tf.lite.Interpreter(model_content=converted)
    where = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(where, x.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(where, x)
    interpreter.invoke()
    got = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    assert_equal("TFLite", layer, got, model(x), 1e-5)


ALL = (
    config_returns,
    keras_files_load,
    weights_files_load,
    saved_models_export,
)
SLOW = (tflite_converts,)


def _model(layer, seed=1, **changes):
    changes = {"return_sequences": True, "return_state": False, **changes}
    chosen = subjects.altered(layer, name="subject", **changes)
    model = keras.Sequential([keras.Input(SHAPE), chosen], name="model")
    subjects.randomised(model, seed)
    return model, np.float32(subjects.inputs())

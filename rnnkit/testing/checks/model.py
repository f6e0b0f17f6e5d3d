"""What every model promises: saved, exported, resumed, distributed."""

import tempfile
from pathlib import Path

import keras

from rnnkit.testing.compare import assert_equal, broken
from rnnkit.testing.subjects import randomised


def files_load(make, data, inputs):
    """A `.keras` file gives the trained model back, and what it was compiled with."""
    model = _trained(make, data)
    loaded = _through_a_file(model)
    if type(loaded) is not type(model):
        raise broken("the .keras file", model, f"it gives a {type(loaded).__name__}")
    assert_equal("the .keras file", model, loaded(inputs), model(inputs), 0.0)


def weights_files_load(make, data, inputs):
    """A `.weights.h5` file gives the weights back to a new model."""
    model, other = _trained(make, data), make()
    other.optimizer.build(other.trainable_variables)  # its variables are in the file
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.weights.h5"
        model.save_weights(path)
        other.load_weights(path)
    assert_equal("the .weights.h5 file", model, other(inputs), model(inputs), 0.0)


def exports_run(make, data, inputs):
    """`export` writes a SavedModel; Keras' endpoint `serve` gives the same numbers."""
    import tensorflow as tf

    model = _trained(make, data)
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder)
        loaded = tf.saved_model.load(folder)
        if not loaded.signatures:
            raise broken("the SavedModel", model, "it has no signatures")
        if type(model).export is keras.Model.export:
            got = loaded.serve(tf.convert_to_tensor(inputs))
            assert_equal("the SavedModel", model, got, model(inputs), 2e-6)


def training_resumes(make, data, inputs):
    """Trained, saved, loaded and trained again is trained twice."""
    model = _trained(make, data)
    loaded = _through_a_file(model)
    for one in (model, loaded):
        _fit(one, data)
    promise = "to go on from a .keras file as if never stopped"
    assert_equal(promise, model, loaded.get_weights(), model.get_weights(), 1e-6)


def distribution_changes_nothing(make, data, inputs):
    """Inside `tf.distribute`, split over replicas, `fit` gives the same weights.

    Runs on all CPUs that TensorFlow has as logical devices.
    """
    import tensorflow as tf

    devices = [device.name for device in tf.config.list_logical_devices("CPU")]
    model = _trained(make, data)
    with tf.distribute.MirroredStrategy(devices).scope():
        spread = randomised(make())
    _fit(spread, data)
    promise = f"tf.distribute over {len(devices)} CPUs"
    assert_equal(promise, model, spread.get_weights(), model.get_weights(), 1e-5)


ALL = (
    files_load,
    weights_files_load,
    exports_run,
    training_resumes,
    distribution_changes_nothing,
)


def _trained(make, data):
    """A new model with random weights, after one pass of `fit` over the data."""
    model = randomised(make())
    _fit(model, data)
    return model


def _fit(model, data):
    model.fit(*data, shuffle=False, verbose=0)


def _through_a_file(model):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return keras.saving.load_model(path)

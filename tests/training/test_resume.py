import keras
import numpy as np
import pytest

import rnnkit
from rnnkit.training import CheckpointError, Resume, fit
from rnnkit.training.checkpoint import (
    load_checkpoint,
    save_checkpoint,
    training_variables,
)


class Batches(keras.utils.PyDataset):
    """Ten batches whose pass can begin anywhere, as a text stream's can."""

    def __init__(self, seed=0):
        super().__init__()
        rng = np.random.default_rng(seed)
        self.x = rng.normal(size=(10, 8, 3)).astype("float32")
        self.y = rng.normal(size=(10, 8, 1)).astype("float32")
        self.first = 0
        self.seen = []

    def __len__(self):
        return 10 - self.first

    def __getitem__(self, index):
        self.seen.append(self.first + index)
        return self.x[self.first + index], self.y[self.first + index]


class Killed(Exception):
    pass


class KillAfter(keras.callbacks.Callback):
    def __init__(self, batches):
        super().__init__()
        self.left = batches

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            raise Killed


def make_model():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
    )
    model.compile(keras.optimizers.Adam(0.1), loss="mse", jit_compile=False)
    return model


def train(path, every=0.0, epochs=3, callbacks=()):
    model = make_model()
    parts = [Batches(0), Batches(1)]
    resume = Resume(path, every)
    history = fit(model, parts, epochs, resume, callbacks, verbose=0, shuffle=False)
    return model, history


@pytest.mark.parametrize("batches", [1, 4, 10, 17, 29])
def test_killed_run_ends_where_the_whole_one_does(tmp_path, batches):
    whole, whole_history = train(tmp_path / "whole")
    with pytest.raises(Killed):
        train(tmp_path / "cut", callbacks=[KillAfter(batches)])
    resumed, resumed_history = train(tmp_path / "cut")
    for ours, theirs in zip(
        training_variables(resumed), training_variables(whole), strict=True
    ):
        np.testing.assert_array_equal(np.array(ours), np.array(theirs), ours.path)
    assert resumed_history == whole_history
    assert len(whole_history["loss"]) == 3


def test_a_scaled_loss_goes_on_too(tmp_path):
    text = "a b " * 12
    vocabulary = rnnkit.data.Characters(text)
    streams = rnnkit.data.text_streams(text, vocabulary, batch_size=2, steps=4)

    def train(path, callbacks=()):
        keras.utils.set_random_seed(0)
        layer = rnnkit.layers.SimpleRNN(3, path="loop")
        model = rnnkit.models.LanguageModel(
            vocabulary, [layer], 3, dtype="mixed_float16"
        )
        model.compile(run_eagerly=True)
        fit(model, [streams], 2, Resume(path, 0.0), callbacks, verbose=0)
        return model.optimizer

    whole = train(tmp_path / "a")
    with pytest.raises(Killed):
        train(tmp_path / "b", [KillAfter(streams.batches + 2)])
    resumed = train(tmp_path / "b")
    assert resumed.dynamic_scale is not None
    for ours, theirs in zip(resumed.variables, whole.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_metrics_of_compile_are_restored_too(tmp_path):
    def make():
        model = make_model()
        model.compile("adam", "mse", metrics=["mae"], jit_compile=False)
        return model

    def train(path, callbacks=()):
        data, resume = [Batches()], Resume(path, 0.0)
        return fit(make(), data, 2, resume, callbacks, verbose=0, shuffle=False)

    whole = train(tmp_path / "a")
    with pytest.raises(Killed):
        train(tmp_path / "b", [KillAfter(14)])
    np.testing.assert_allclose(train(tmp_path / "b")["mae"], whole["mae"], rtol=1e-5)


def test_seconds_between_two_writes(tmp_path):
    with pytest.raises(Killed):
        train(tmp_path / "cut", every=1e9, callbacks=[KillAfter(14)])
    resume = Resume(tmp_path / "cut")
    assert (resume.epoch, resume.batch) == (1, 0)
    assert resume.seconds > 0


def test_finished_run_trains_no_further(tmp_path):
    model, history = train(tmp_path / "done")
    again, history_again = train(tmp_path / "done")
    assert history_again == history
    for ours, theirs in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_stopping_early_is_respected(tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    _, history = train(tmp_path / "c", epochs=5, callbacks=[Stop()])
    assert len(history["loss"]) == 1


@pytest.mark.parametrize("kept", [0, 10, 500])
def test_half_a_file_is_not_loaded(tmp_path, kept):
    path = tmp_path / "cut"
    train(path, epochs=1)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(CheckpointError, match="not a whole checkpoint"):
        Resume(path)


def test_another_models_checkpoint_is_refused(tmp_path):
    train(tmp_path / "c", epochs=1)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    model.compile("adam", loss="mse", jit_compile=False)
    before = model.get_weights()
    with pytest.raises(CheckpointError, match="belongs to another model"):
        fit(model, [Batches()], 2, Resume(tmp_path / "c"), verbose=0)
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_further_callbacks_see_one_training(tmp_path):
    class Counts(keras.callbacks.Callback):
        begun = ended = epochs = 0

        def on_train_begin(self, logs=None):
            self.begun += 1

        def on_epoch_end(self, epoch, logs=None):
            self.epochs += 1

        def on_train_end(self, logs=None):
            self.ended += 1

    counts = Counts()
    stop = keras.callbacks.EarlyStopping("loss", min_delta=1e9, patience=2)
    _, history = train(tmp_path / "c", epochs=6, callbacks=[counts, stop])
    assert len(history["loss"]) == counts.epochs == 3
    assert (counts.begun, counts.ended) == (1, 1)


def test_bfloat16_is_kept_exactly(tmp_path):
    dense = keras.layers.Dense(1, dtype="bfloat16")
    model = keras.Sequential([keras.layers.Input((3,)), dense])
    model.compile("adam", "mse", jit_compile=False)
    wanted = [np.array(w, "float32") for w in model.get_weights()]
    save_checkpoint(tmp_path / "c", model, {})
    for variable in model.variables:
        variable.assign(variable + 1)
    load_checkpoint(tmp_path / "c", model)
    for variable, value in zip(model.get_weights(), wanted, strict=True):
        np.testing.assert_array_equal(np.array(variable, "float32"), value)

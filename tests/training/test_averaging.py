"""Averaged SGD against a mean taken by hand."""

import keras
import numpy as np
import pytest

import rnnkit
from rnnkit.data import Characters, text_streams
from rnnkit.training import AveragedWeights, NonMonotonicAveraging, Resume, fit


def problem():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(AveragedWeights(keras.optimizers.SGD(0.1)), "mse")
    model.set_weights([np.array([[1.0], [-1.0]]), np.array([0.5])])
    rng = np.random.default_rng(0)
    return model, rng.normal(size=(8, 2)), rng.normal(size=(8, 1))


def test_the_mean_is_uniform_from_its_start_on():
    model, x, y = problem()
    seen = []
    for k in range(6):
        if k == 2:
            model.optimizer.start_averaging()
        model.train_on_batch(x, y)
        seen.append(model.get_weights())
    last = model.get_weights()
    model.optimizer.swap()
    for weight, steps in zip(model.get_weights(), zip(*seen[2:])):
        np.testing.assert_allclose(weight, np.mean(steps, axis=0), rtol=1e-5)
    model.optimizer.swap()
    for weight, value in zip(model.get_weights(), last):
        np.testing.assert_array_equal(weight, value)


def test_before_it_averages_nothing_is_exchanged():
    model, x, y = problem()
    model.optimizer.swap()
    model.train_on_batch(x, y)
    before = model.get_weights()
    model.optimizer.swap()
    for weight, value in zip(model.get_weights(), before):
        np.testing.assert_array_equal(weight, value)


@pytest.mark.parametrize(
    ("figures", "starts"),
    [
        ([5, 4, 3, 2, 1, 0.5], None),
        ([5, 4, 4.5, 4.4, 4.3], 4),  # the best before the last two is 4
        ([5, 6, 4, 7, 8], 3),
        ([5, 6, 7], None),  # none before the last two
        ([5, 4, 6, 5.5], 3),
    ],
)
def test_it_starts_when_worse_than_the_best_some_time_before(figures, starts):
    model, x, y = problem()
    model.train_on_batch(x, y)
    callback = NonMonotonicAveraging("val_loss", patience=2)
    callback.set_model(model)
    begun = None
    for epoch, figure in enumerate(figures):
        callback.on_epoch_end(epoch, {"val_loss": figure})
        if begun is None and float(model.optimizer.averages_now):
            begun = epoch
    assert begun == starts


def test_the_mean_is_validated_and_kept():
    model, x, y = problem()
    model.train_on_batch(x, y)
    model.optimizer.start_averaging()
    callback = NonMonotonicAveraging("val_loss")
    history = model.fit(
        x,
        y,
        epochs=5,
        batch_size=8,
        validation_data=(x, y),
        verbose=0,
        callbacks=[callback],
    ).history
    kept = model.evaluate(x, y, verbose=0)
    assert history["val_loss"][-1] == pytest.approx(kept, rel=1e-5)
    assert history["loss"][-1] < kept  # the last weights are nearer than the mean


def test_killed_after_its_last_epoch_it_still_ends_with_the_mean(tmp_path):
    text = "abba" * 20
    ends, last = [], []
    for _ in range(2):  # the second finds what the first has left before its end
        keras.utils.set_random_seed(1)
        layers = [rnnkit.layers.SimpleRNN(2, path="loop")]
        model = rnnkit.models.LanguageModel(Characters(text), layers)
        model.compile(AveragedWeights(keras.optimizers.SGD(0.5)))
        resume = Resume(tmp_path / "checkpoint", 1e9)
        averaging = NonMonotonicAveraging(patience=0, history=[1.0, 2.0])
        parts = [text_streams(text, model.vocabulary, 2, 10)]
        fit(model, parts, 2, resume, [averaging], validation_data=text, verbose=0)
        ends.append(model.get_weights())
        model.optimizer.swap()
        last.append(model.get_weights())
    for whole, again in ((ends[0], ends[1]), (last[0], last[1])):
        for one, other in zip(whole, again, strict=True):
            np.testing.assert_array_equal(one, other)
    assert any(np.abs(a - b).max() > 1e-3 for a, b in zip(ends[0], last[0]))


def test_a_file_holds_it(tmp_path):
    model, x, y = problem()
    model.optimizer.build(model.trainable_variables)
    model.optimizer.start_averaging()
    model.train_on_batch(x, y)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert float(again.optimizer.averaged) == 1
    for old, new in zip(model.optimizer.variables, again.optimizer.variables):
        np.testing.assert_array_equal(old, new)


def test_fit_once_more_it_goes_on_from_the_last_weights():
    """Two trainings in a row end as one of as many epochs."""

    def trained(*epochs):
        model, x, y = problem()
        model.optimizer.build(model.trainable_variables)
        model.optimizer.start_averaging()
        callback, first = NonMonotonicAveraging("val_loss"), 0
        for last in epochs:
            model.fit(
                x,
                y,
                batch_size=8,
                initial_epoch=first,
                epochs=last,
                shuffle=False,
                validation_data=(x, y),
                verbose=0,
                callbacks=[callback],
            )
            first = last
        return model.get_weights()

    for one, two in zip(trained(4), trained(2, 4), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-6)


def test_it_finds_the_mean_within_what_scales_the_loss():
    model, x, y = problem()
    inner = AveragedWeights(keras.optimizers.SGD(0.1))
    model.compile(keras.optimizers.LossScaleOptimizer(inner), "mse")
    callback = NonMonotonicAveraging("loss", patience=0, history=[1.0, 2.0])
    model.fit(x, y, epochs=2, verbose=0, callbacks=[callback])
    assert float(inner.averaged) > 0
    assert float(inner.swapped) == 1


def test_what_it_needs_is_said():
    model, x, y = problem()
    with pytest.raises(ValueError, match="There is no val_nats among loss: give valid"):
        model.fit(x, y, verbose=0, callbacks=[NonMonotonicAveraging()])
    model.compile("adam", "mse")
    with pytest.raises(ValueError, match="AveragedWeights, not with Adam"):
        model.fit(x, y, verbose=0, callbacks=[NonMonotonicAveraging("loss")])

"""The callback that watches the gradient: its words hold, and only then are said."""

import warnings

import keras
import numpy as np
import pytest

import rnnkit
from rnnkit.diagnostics import GradientFlow, gradient_flow, memory_horizon

TIME = 30


def model_with(keep):
    """One linear unit that keeps this share of its state each step."""
    layer = keras.layers.SimpleRNN(2, activation="linear", name="rnn")
    model = keras.Sequential([layer, keras.layers.Dense(1)])
    model.build((None, TIME, 1))
    layer.set_weights([np.ones((1, 2)), keep * np.eye(2), np.zeros(2)])
    model.compile(keras.optimizers.SGD(0.0), "mse", jit_compile=False)
    draw = np.random.default_rng(0)
    return model, draw.normal(size=(4, TIME, 1)), draw.normal(size=(4, 1))


@pytest.mark.slow
def test_a_vanishing_gradient_is_said_once_in_words(tmp_path):
    model, x, y = model_with(0.62)
    watch = GradientFlow((x, y), every=1, path=tmp_path / "flow.png")
    said = (
        r"layer rnn: the gradient shrinks by 0\.62 a step; nothing older than 9 steps"
    )
    with pytest.warns(UserWarning, match=said) as caught:
        model.fit(x, y, batch_size=2, epochs=2, verbose=0, callbacks=[watch])
    assert len(caught) == 1
    assert [look["batch"] for look in watch.history] == [1, 2, 3, 4]
    found = watch.history[-1]["layers"]["rnn"]
    assert found["factor"] == pytest.approx(0.62, rel=1e-4)
    # What it says: 9 steps back there is more than 1 % left, 10 steps back less.
    flow = gradient_flow(model, x, y)["rnn"]
    assert np.all(flow.left[:, -10] >= 0.01 * flow.left[:, -1])
    assert np.all(flow.left[:, -11] < 0.01 * flow.left[:, -1])
    assert (tmp_path / "flow.png").stat().st_size > 10_000


def test_tensorboard_gets_numbers_and_a_picture(tmp_path):
    pytest.importorskip("tensorboard", reason="needs tensorboard")
    model, x, y = model_with(0.95)
    watch = GradientFlow((x, y), log_dir=tmp_path)
    model.fit(x, y, verbose=0, callbacks=[watch])
    (events,) = tmp_path.iterdir()
    written = events.read_bytes()
    assert b"gradient_flow/rnn/horizon" in written
    assert b"\x89PNG" in written


def test_an_exploding_gradient_is_said():
    model, x, y = model_with(1.3)
    watch = GradientFlow((x, y))
    with pytest.warns(UserWarning, match=r"grows by 1\.30 a step, to 2e\+03 times"):
        model.fit(x, y, verbose=0, callbacks=[watch])
    assert len(watch.history) == 1


def test_a_gradient_that_overflows_is_said_to_be_not_finite(tmp_path):
    model, x, y = model_with(1e3)
    watch = GradientFlow((x, y), path=tmp_path / "flow.png")
    watch.set_model(model)
    with pytest.warns(UserWarning, match="layer rnn: the gradient is not finite; clip"):
        watch.look()
    found = watch.history[0]["layers"]["rnn"]
    assert (found["horizon"], found["largest"]) == (0, np.inf)


def test_nothing_is_said_where_the_gradient_gets_through():
    model, x, y = model_with(0.95)
    watch = GradientFlow((x, y))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(x, y, verbose=0, callbacks=[watch])
    found = watch.history[0]["layers"]["rnn"]
    assert (found["horizon"], found["sentence"]) == (TIME - 1, None)


def test_what_is_fixed_and_comes_back_is_said_again():
    model, x, y = model_with(0.5)
    watch = GradientFlow((x, y))
    watch.set_model(model)
    for keep, says in ((0.5, True), (0.5, False), (1.0, False), (0.5, True)):
        kernel = model.layers[0].cell.recurrent_kernel
        kernel.assign(keep * np.eye(2))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            watch.look()
        assert bool(caught) == says, keep


def test_a_language_model_is_watched_as_it_is():
    text = "the quick brown fox jumps over the lazy dog " * 4
    vocabulary = rnnkit.data.Characters(text)
    streams = rnnkit.data.text_streams(text, vocabulary, batch_size=2, steps=8)
    model = rnnkit.models.LanguageModel(vocabulary, [rnnkit.layers.LSTM(4)], 3)
    model.compile("sgd")
    x, y = next(iter(streams))[:2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        watch = GradientFlow((x, y))
        model.fit(streams, epochs=1, verbose=0, callbacks=[watch])
    flow = gradient_flow(model, x, y)
    (name,) = flow.layers
    assert np.all(flow[name].norms["h"] > 0)
    assert memory_horizon(flow)[name].steps.shape == (2,)


def test_every_is_a_number_of_batches():
    with pytest.raises(ValueError, match="every"):
        GradientFlow((None, None), every=0)

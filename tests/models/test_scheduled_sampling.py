"""Training on the model's own tokens, more and more of them."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from rnnkit.cells import GRUCell
from rnnkit.data import PairBatches
from rnnkit.layers import (
    GRU,
    LSTM,
    AdditiveAttention,
    DeepRecurrent,
    MonotonicAttention,
)
from rnnkit.training import (
    Resume,
    ScheduledSampling,
    constant,
    exponential,
    fit,
    inverse_sigmoid,
    linear,
)
from tests.models.turned_words import VOCABULARY, attentive, batch, make, pairs


@pytest.fixture(params=["input feeding", "after", "plain", "deep"])
def model(request):
    return make(request.param)


def on_its_own(model, x, ratio, draw="argmax"):
    model.feeds = draw
    model.teacher_forcing.assign(ratio)
    return ops.convert_to_numpy(model(x, training=True))


NOISE = {
    "dropout": 0.3,
    "recurrent_dropout": 0.3,
    "weight_dropout": 0.3,
    "zoneout": 0.2,
}


def noisy_stack():
    options = {"return_sequences": True, "path": "loop", **NOISE}
    layers = [LSTM(8, **options), LSTM(6, **options), LSTM(5, **options)]
    return DeepRecurrent(layers, connection="skip", dropout=0.3)


DRAWING = {  # decoders for which training is something else than inference
    "noisy feeding": lambda: attentive(cell=GRUCell(12, **NOISE)),
    "noisy after": lambda: attentive(cell=GRUCell(12, **NOISE), input_feeding=False),
    "noisy plain": lambda: GRU(12, path="loop", **NOISE),
    "noisy deep": noisy_stack,
    "noisy Keras": lambda: keras.layers.LSTM(12, dropout=0.3, recurrent_dropout=0.3),
    "monotonic": lambda: attentive(attention=MonotonicAttention(AdditiveAttention(9))),
}


SLOW = "after", "noisy after", "noisy Keras"


def logits_and_slopes(model, x, y):
    """Logits in training and the gradients of the loss, what is drawn from anew."""
    for k, variable in enumerate(model.variables):
        if variable.name == "seed_generator_state":
            variable.assign([1, k])
    with tf.GradientTape() as tape:
        logits = model(x, training=True)
        loss = model.compute_loss(x, y, logits)
    slopes = tape.gradient(
        loss, [v.value for v in model.trainable_variables], unconnected_gradients="zero"
    )
    return np.array(logits), [np.array(tf.convert_to_tensor(one)) for one in slopes]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW))
        for name in ("input feeding", "after", "plain", "deep", *DRAWING)
    ],
)
def test_at_a_ratio_of_one_it_is_teacher_forcing(name):
    model = make(DRAWING.get(name, name), dropout=0.2)
    x, y = batch(pairs(5), batch_size=5, buckets=1)
    expected, expected_slopes = logits_and_slopes(model, x, y)
    model.feeds = "argmax"
    found, slopes = logits_and_slopes(model, x, y)
    np.testing.assert_allclose(found[y >= 0], expected[y >= 0], atol=1e-5)
    for one, two in zip(slopes, expected_slopes):
        np.testing.assert_allclose(one, two, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "noisy deep",
        *(
            pytest.param(name, marks=pytest.mark.thorough)
            for name in DRAWING
            if name != "noisy deep"
        ),
    ],
)
def test_fit_at_a_ratio_of_one_is_plain_training(name):
    def trained(*callbacks):
        model = make(DRAWING[name], dropout=0.2)
        model.compile(keras.optimizers.SGD(0.5))
        options = {"batch_size": 4, "buckets": 1, "verbose": 0}
        model.fit(pairs(8), callbacks=callbacks, **options)
        return model.get_weights()

    for one, two in zip(trained(ScheduledSampling(constant(1.0))), trained()):
        np.testing.assert_allclose(one, two, atol=1e-5)


def test_it_feeds_in_half_precision():
    half = {"dtype": "mixed_bfloat16", "path": "loop"}
    model = make(lambda: GRU(8, **half), [GRU(8, **half)], dtype="mixed_bfloat16")
    x, y = batch(pairs(5), batch_size=5, buckets=1)
    expected = np.array(model(x, training=True), "float32")
    found = on_its_own(model, x, 1.0).astype("float32")
    np.testing.assert_allclose(found[y >= 0], expected[y >= 0], atol=0.01)


def test_at_a_ratio_of_zero_it_reads_nothing_but_itself(model):
    x, y = batch(pairs(5), batch_size=5, buckets=1)
    found = on_its_own(model, x, 0.0)
    state, constants = model.begin(*x[:2])
    tokens = np.full(5, VOCABULARY.start)
    for t in range(y.shape[1]):
        logits, state, *_ = model.next_step(tokens, state, constants)
        np.testing.assert_allclose(found[:, t], logits, atol=1e-5)
        tokens = ops.argmax(logits, -1)


def test_each_token_is_drawn_on_its_own():
    """Which tokens were true shows in what follows: of 2,000 about a third."""
    model = make("plain")
    data = pairs(400)
    x, y = batch(data, batch_size=400, buckets=1)
    forced, own = on_its_own(model, x, 1.0), on_its_own(model, x, 0.0)
    mixed = on_its_own(model, x, 0.3)
    differs = ~np.isclose(forced[:, 1], own[:, 1], atol=1e-4).all(-1)
    differs &= y[:, 1] >= 0
    true = np.isclose(mixed[:, 1], forced[:, 1], atol=1e-5).all(-1)[differs]
    assert differs.sum() > 100
    assert 0.15 < true.mean() < 0.45


def test_drawn_tokens_follow_the_distribution():
    model = make("plain")
    model.head.bias.assign(np.arange(VOCABULARY.size) / 3)
    x, _ = batch(pairs(1), batch_size=1, buckets=1)
    x = [np.repeat(part, 4000, 0) for part in x]
    first = model(x)[0, 0]
    p = np.array(ops.softmax(first))
    seen = on_its_own(model, x, 0.0, "sample")[:, 1]
    state, constants = model.begin(*[part[:1] for part in x[:2]])
    start = np.full(1, VOCABULARY.start)
    _, state, *_ = model.next_step(start, state, constants)
    for token in p.argsort()[-3:]:
        after, *_ = model.next_step(np.array([token]), state, constants)
        share = np.isclose(seen, after, atol=1e-5).all(-1).mean()
        assert share == pytest.approx(p[token], abs=0.03)


@pytest.mark.slow
def test_it_trains_and_ends_as_it_was():
    model, data = make(), pairs(64)
    callback = ScheduledSampling(linear(8, end=0.25), draw="sample")
    options = {"batch_size": 16, "buckets": 1, "verbose": 0}
    history = model.fit(data, epochs=4, callbacks=[callback], **options).history
    assert history["loss"][-1] < history["loss"][0]
    assert history["teacher_forcing"] == pytest.approx([5 / 8, 0.25, 0.25, 0.25])
    assert model.feeds is None
    x, y = batch(data, batch_size=4, buckets=1)
    np.testing.assert_allclose(model(x, training=True), model(x), atol=1e-6)
    del y
    model.optimizer.learning_rate = 0.0
    plain = model.fit(data, **options).history["nats"]
    truth = model.evaluate(data, return_dict=True, verbose=0)["nats"]
    assert plain == pytest.approx([truth], rel=1e-4)


def test_it_feeds_in_every_epoch_of_a_training_that_can_go_on(tmp_path):
    model, seen = make("plain"), []
    model.compile(run_eagerly=True)
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(model.feeds)
    )
    data = pairs(4)
    batches = PairBatches(data.sources, data.targets, VOCABULARY, VOCABULARY)
    fit(
        model,
        batches.passes(2),
        2,
        Resume(tmp_path / "checkpoint"),
        [ScheduledSampling(constant(0.5)), watch],
        verbose=0,
    )
    assert seen == ["sample"] * 2
    assert model.feeds is None


def test_schedules_are_those_of_the_paper():
    assert [constant(0.4)(i) for i in (0, 9)] == [0.4, 0.4]
    assert [linear(10, 0.2)(i) for i in (0, 5, 100)] == [1, 0.5, 0.2]
    assert exponential(0.9)(2) == pytest.approx(0.81)
    sigmoid = inverse_sigmoid(10)
    assert sigmoid(0) == pytest.approx(10 / 11)
    assert sigmoid(10 * np.log(10)) == pytest.approx(0.5)
    assert sigmoid(10**6) == pytest.approx(0)


def test_a_schedule_that_is_none_is_named():
    with pytest.raises(ValueError, match="draw must be one of"):
        ScheduledSampling(constant(1), draw="greedy")
    model = make()
    with pytest.raises(ValueError, match=r"gave 1\.5"):
        model.fit(pairs(4), callbacks=[ScheduledSampling(constant(1.5))], verbose=0)
    assert model.feeds is None


def test_outputs_drop_alike_in_the_loop():
    """With everything dropped but the bias, all logits are it."""
    model = make("plain", dropout=0.999)
    x, _ = batch(pairs(50), batch_size=50, buckets=1)
    for weight in model.weights:
        if "bias" in weight.path:
            weight.assign(np.ones(weight.shape))  # so that outputs are not zero
    model.head.bias.assign(np.arange(VOCABULARY.size))
    found = on_its_own(model, x, 0.5)
    same = np.isclose(found, np.arange(VOCABULARY.size), atol=1e-4).all(-1)
    assert 0.9 < same.mean() <= 1

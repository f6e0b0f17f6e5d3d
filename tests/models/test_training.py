"""Truncated BPTT under `fit`, and exact evaluation, against computations by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

import rnnkit
from rnnkit.data import Characters, text_streams
from rnnkit.models import NPLM, LanguageModel, LossError
from tests.elsewhere import output_of

TEXT = "".join(np.random.default_rng(0).choice(list("abcde \n"), 400))
VOCABULARY = Characters(TEXT)


def own(name, units, **kwargs):
    """A layer of rnnkit, on the path that takes no time to compile."""
    return getattr(rnnkit.layers, name)(units, path="loop", **kwargs)


STACKS = {
    "loop": lambda: [own("LSTM", 6), keras.layers.LayerNormalization(), own("GRU", 5)],
    "fast": lambda: [rnnkit.layers.LSTM(6)],
    "deep": lambda: [
        rnnkit.layers.DeepRecurrent(
            [own("GRU", 5, return_sequences=True) for _ in range(2)],
            connection="residual",
        )
    ],
    "Keras": lambda: [keras.layers.LSTM(6), keras.layers.GRU(5)],
}


def model_of(stack="loop", optimizer=None, **kwargs):
    keras.utils.set_random_seed(1)
    model = LanguageModel(VOCABULARY, STACKS[stack](), **{"embedding_dim": 4, **kwargs})
    model.compile(optimizer or keras.optimizers.SGD(0.0))
    return model


def nats_by_hand(model, ids):
    """Mean nats per symbol over one row of ids, read in one go."""
    logits = ops.convert_to_numpy(model(ids[None, :-1])).astype("float64")[0]
    log_z = np.log(np.exp(logits).sum(-1))
    return float((log_z - logits[np.arange(len(ids) - 1), ids[1:]]).mean())


def changes(model, streams, **kwargs):
    """By how much `fit` moves every weight."""
    before = model.get_weights()
    model.fit(streams, verbose=0, **kwargs)
    return [new - old for new, old in zip(model.get_weights(), before)]


@pytest.mark.parametrize("stack", ["loop", "fast"])
def test_a_window_as_long_as_the_text_is_full_bptt(stack):
    model = model_of(stack, keras.optimizers.SGD(1.0))
    ids = tf.constant(VOCABULARY.encode(TEXT[:41])[None])
    with tf.GradientTape() as tape:
        logits = model(ids[:, :-1])
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(ids[:, 1:], logits)
        )
    gradients = tape.gradient(loss, [v.value for v in model.trainable_variables])
    moved = changes(model, text_streams(TEXT[:41], VOCABULARY, 1, 40))
    for gradient, change in zip(gradients, moved):
        np.testing.assert_allclose(-tf.convert_to_tensor(gradient), change, atol=1e-6)


@pytest.mark.parametrize("stack", STACKS)
def test_the_state_is_carried_between_batches(stack):
    model = model_of(stack)
    history = model.fit(
        text_streams(TEXT[:91], VOCABULARY, 1, 10), epochs=2, shuffle=False, verbose=0
    ).history
    expected = nats_by_hand(model, VOCABULARY.encode(TEXT[:91]))
    np.testing.assert_allclose(history["nats"], [expected] * 2, rtol=1e-5)
    np.testing.assert_allclose(history["bits"], expected / np.log(2), rtol=1e-5)


def test_the_gradient_is_cut_between_batches():
    fitted, by_hand = (model_of("loop", keras.optimizers.SGD(0.5)) for _ in range(2))
    fitted.fit(text_streams(TEXT[:21], VOCABULARY, 1, 10), verbose=0)
    ids = tf.constant(VOCABULARY.encode(TEXT[:21])[None])
    weights = [v.value for v in by_hand.trainable_variables]
    state = None
    for k in (0, 10):
        with tf.GradientTape() as tape:
            logits, state = by_hand.run(ids[:, k : k + 10], state)
            targets = ids[:, k + 1 : k + 11]
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
            )
        for weight, gradient in zip(weights, tape.gradient(loss, weights)):
            weight.assign_sub(0.5 * tf.convert_to_tensor(gradient))
    for ours, theirs in zip(fitted.weights, by_hand.weights):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("stack", ["fast", "deep"])
def test_evaluation_predicts_every_character_with_a_carried_state(stack):
    model = model_of(stack)
    expected = nats_by_hand(model, VOCABULARY.encode(TEXT))
    for _ in range(2):  # windows of 256, the last one filled up
        logs = model.evaluate(TEXT, return_dict=True, verbose=0)
        assert logs["nats"] == pytest.approx(expected, rel=1e-5)
        assert logs["bits"] == pytest.approx(expected / np.log(2), rel=1e-5)


def test_evaluation_in_parallel_streams_begins_each_with_an_empty_state():
    model = model_of()
    ids = VOCABULARY.encode(TEXT)
    parts = [ids[:101], ids[100:201], ids[200:301], ids[300:]]
    expected = np.average(
        [nats_by_hand(model, p) for p in parts], weights=[100] * 3 + [99]
    )
    logs = model.evaluate(TEXT, batch_size=4, return_dict=True, verbose=0)
    assert logs["nats"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("kind", ["LanguageModel", "NPLM"])
def test_streams_of_another_vocabulary_are_refused(kind):
    model = model_of() if kind == "LanguageModel" else NPLM(VOCABULARY)
    if kind == "NPLM":
        model.compile()
    own = text_streams(TEXT[:91], VOCABULARY, 2, 10)
    wider = Characters(TEXT + "fgh")
    with pytest.raises(ValueError, match="streams are of another vocabulary"):
        model.fit(text_streams("ab" * 30, Characters("ab"), 2, 10), verbose=0)
    foreign = text_streams(wider.encode("ab" * 30 + "h"), None, 2, 10)
    before = model.get_weights()
    said = "9 is no id of the model's vocabulary, which has 7: is the text encoded by"
    for act in (
        lambda: model.fit(foreign, verbose=0),
        lambda: model.fit(foreign.parts(2)[0], verbose=0),
        lambda: model.fit(own, validation_data=foreign, verbose=0),
        lambda: model.evaluate(foreign, verbose=0),
    ):
        with pytest.raises(ValueError, match=said):
            act()
    with pytest.raises(ValueError, match="-1 is no id"):
        model.evaluate(text_streams(np.array([1, -1, 2]), None, 1, 2), verbose=0)
    for a, b in zip(model.get_weights(), before):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_validation_leaves_the_training_state_alone():
    streams = text_streams(TEXT[:91], VOCABULARY, 2, 5)

    def trained(**kwargs):
        model = model_of("loop", "adam", dropout=0.1)
        model.fit(streams, epochs=3, verbose=0, **kwargs)
        return model

    plain = trained()
    checks = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: None,
        on_epoch_end=lambda epoch, logs: checks.model.evaluate(TEXT[:50], verbose=0),
    )
    watched = trained(validation_data=TEXT[91:], callbacks=[checks])
    ours, theirs = plain.training_state.holders, watched.training_state.holders
    assert len(ours) == 4
    for a, b in zip([*plain.weights, *ours], [*watched.weights, *theirs]):
        np.testing.assert_array_equal(a, b)


ELSEWHERE = """
import keras, rnnkit
text = "abcab\\n" * 9
vocabulary = rnnkit.data.Characters(text)
model = rnnkit.models.LanguageModel(vocabulary, [rnnkit.layers.GRU(3)], 4)
model.compile()
streams = rnnkit.data.text_streams(text, vocabulary, 2, 5)
x, y = streams[0]
model.fit(x, y, batch_size=1, validation_data=streams, verbose=0)
model.fit(streams, validation_data=text, validation_batch_size=4, verbose=0)
print(keras.backend.backend(), *model.history.history)
"""


@pytest.mark.slow
@pytest.mark.thorough
def test_validation_has_a_batch_size_where_keras_gives_it_one():
    printed = output_of("jax", "-c", ELSEWHERE).split()
    assert printed[0] == "jax"
    assert "val_nats" in printed


def test_arrays_are_rows_that_each_begin_with_an_empty_state():
    model = model_of()
    ids = VOCABULARY.encode(TEXT)[: 8 * 11].reshape(8, 11)
    expected = np.mean([nats_by_hand(model, row) for row in ids])
    x, y = ids[:, :-1], ids[:, 1:]
    history = model.fit(x, y, batch_size=2, verbose=0).history
    assert history["nats"][0] == pytest.approx(expected, rel=1e-5)
    logs = model.evaluate(x, y, return_dict=True, verbose=0)
    assert logs["nats"] == pytest.approx(expected, rel=1e-5)
    model.fit(text_streams(TEXT, VOCABULARY, 2, 5), verbose=0)
    again = model.fit(x, y, batch_size=2, verbose=0).history
    assert again["nats"][0] == pytest.approx(expected, rel=1e-5)


def test_an_interrupted_pass_goes_on(tmp_path):
    streams = text_streams(TEXT, VOCABULARY, 2, 20)

    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 3:
                self.model.save_weights(tmp_path / "model.weights.h5")
                raise KeyboardInterrupt

    optimizer = {"class_name": "SGD", "config": {"learning_rate": 0.1}}
    whole = model_of(optimizer=keras.optimizers.get(optimizer))
    whole.fit(streams, epochs=2, verbose=0)
    killed = model_of(optimizer=keras.optimizers.get(optimizer))
    with pytest.raises(KeyboardInterrupt):
        killed.fit(streams, epochs=2, verbose=0, callbacks=[Stop()])

    resumed = model_of(optimizer=keras.optimizers.get(optimizer))
    resumed.load_weights(tmp_path / "model.weights.h5")
    streams.first = 4
    history = resumed.fit(streams, epochs=2, verbose=0).history
    assert len(history["nats"]) == 2
    assert streams.first == 0
    for a, b in zip(whole.weights, resumed.weights):
        np.testing.assert_allclose(a, b, atol=1e-7)


def test_a_step_is_traced_once():
    traces = []

    class Counts(LanguageModel):
        def train_step(self, data):
            traces.append(data)
            return super().train_step(data)

    model = Counts(VOCABULARY, STACKS["loop"](), embedding_dim=4)
    model.compile()
    model.fit(text_streams(TEXT, VOCABULARY, 4, 10), verbose=0)
    assert len(traces) == 1


def test_an_optimizer_given_by_name_clips():
    model = model_of(optimizer="adam")
    assert model.optimizer.global_clipnorm == 1.0
    assert model_of(optimizer=keras.optimizers.Adam()).optimizer.global_clipnorm is None


def test_states_are_no_weights():
    model = model_of()
    before = model.count_params(), len(model.get_weights())
    model.fit(text_streams(TEXT, VOCABULARY, 4, 5), verbose=0)
    model.evaluate(TEXT, verbose=0)
    assert (model.count_params(), len(model.get_weights())) == before


def test_one_hot_vectors_and_dropout_and_initial_states_learn():
    layers = [own("LSTM", 16, trainable_initial_state=True, recurrent_dropout=0.1)]
    model = LanguageModel(VOCABULARY, layers, dropout=0.1)
    model.compile(keras.optimizers.Adam(0.01))
    streams = text_streams("abcde \n" * 60, VOCABULARY, 4, 10)
    nats = model.fit(streams, epochs=20, verbose=0).history["nats"]
    assert nats[0] > 1.5
    assert nats[-1] < 0.2
    assert all(np.abs(v).max() > 0 for v in layers[0].cell.initial_states)


def test_a_loss_of_ones_own_is_used():
    model = model_of()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    streams = text_streams(TEXT, VOCABULARY, 2, 5)
    loss = model.fit(streams, verbose=0).history["loss"][0]
    assert loss == pytest.approx(np.log(VOCABULARY.size), rel=0.1)


@pytest.mark.parametrize("poison", [np.nan, np.inf])
def test_a_loss_that_is_no_number_stops_training(poison):
    model = model_of()

    class Poison(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 2:
                self.model.head.kernel.assign_add(
                    np.full(self.model.head.kernel.shape, poison)
                )

    message = "became nan at batch 3 of epoch 1.* smaller learning rate"
    with pytest.raises(LossError, match=message):
        model.fit(text_streams(TEXT, VOCABULARY, 2, 5), callbacks=Poison(), verbose=0)


def test_bad_arguments_get_plain_errors():
    streams = text_streams(TEXT, VOCABULARY, 2, 5)
    with pytest.raises(ValueError, match="at least one recurrent layer"):
        LanguageModel(VOCABULARY, [keras.layers.Dense(3)])
    both = rnnkit.layers.Bidirectional(rnnkit.layers.LSTM(3, return_sequences=True))
    for layer in (both, rnnkit.layers.LSTM(3, go_backwards=True)):
        with pytest.raises(ValueError, match="reads the text backwards"):
            LanguageModel(VOCABULARY, [layer])
    for text in ("abc", np.array(["abc", "b"], object)):
        with pytest.raises(ValueError, match=r"rnnkit\.data\.text_streams"):
            model_of().fit(text)
    texts = tf.data.Dataset.from_tensors((["abc"], ["b"]))
    with pytest.raises(ValueError, match=r"rnnkit\.data\.text_streams"):
        model_of().fit(texts)
    with pytest.raises(ValueError, match=r"a rnnkit\.data\.Vocabulary, .* got a str"):
        LanguageModel("abc", [own("GRU", 3)])
    for option, words in (
        ({"shuffle": True}, "shuffle=False"),
        ({"batch_size": 3}, "no batch_size here"),
        ({"y": np.zeros((2, 5))}, "no y here"),
        ({"steps_per_epoch": 3}, r"streams\.parts"),
    ):
        with pytest.raises(ValueError, match=words):
            model_of().fit(streams, **option)
    for option in ({"batch_size": 3}, {"y": np.zeros((2, 5))}):
        with pytest.raises(ValueError, match=f"no {next(iter(option))} here"):
            model_of().evaluate(streams, **option)
    with pytest.raises(ValueError, match="'Z'"):
        model_of().evaluate("abcZ")


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.Conv1D(8, 3, padding="same"),  # sees the next symbol
        keras.layers.Conv1D(8, 3, padding="causal"),
        keras.layers.Conv1D(8, 2),
        keras.layers.Flatten(),
    ],
)
def test_a_layer_that_looks_about_is_refused(layer):
    with pytest.raises(ValueError, match=f"{layer.name} does not treat every step"):
        LanguageModel(VOCABULARY, [layer, own("GRU", 3)], 4)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_layers_that_treat_every_step_alone_may_stand_between(dtype):
    alone = [
        keras.layers.Dense(50, "tanh", dtype=dtype),
        keras.Sequential([keras.layers.Dropout(0.5, dtype=dtype)]),
        keras.layers.LayerNormalization(dtype=dtype),
        keras.layers.TimeDistributed(keras.layers.Dense(7, dtype=dtype), dtype=dtype),
        keras.layers.Conv1D(6, 1, dtype=dtype),
    ]
    stack = [*alone, own("GRU", 3, dtype=dtype)]
    model = LanguageModel(VOCABULARY, stack, 40, dtype=dtype)
    assert len(model.generate("a", length=5)) == 6


def test_a_batch_alone_begins_with_an_empty_state_whatever_came_before():
    streams = text_streams(TEXT, VOCABULARY, 2, 10, drop_remainder=False)
    batch = streams[0]
    for name, call in (("test_on_batch", "evaluate"), ("train_on_batch", "fit")):
        wanted = getattr(model_of("fast"), name)(*batch, return_dict=True)
        model = model_of("fast")
        getattr(model, call)(streams, verbose=0)
        got = getattr(model, name)(*batch, return_dict=True)
        assert got["nats"] == pytest.approx(wanted["nats"], rel=1e-5)


def test_a_model_that_has_been_fit_and_evaluated_begins_anew():
    model = model_of("fast")
    ids = VOCABULARY.encode(TEXT[:20])[None]
    before = [ops.convert_to_numpy(model(ids, training=t)) for t in (False, True)]
    streams = text_streams(TEXT, VOCABULARY, 2, 10)
    model.fit(streams, validation_data=TEXT[:50], verbose=0)
    model.evaluate(TEXT, verbose=0)
    for _ in range(2):
        for training, wanted in zip((False, True), before):
            np.testing.assert_allclose(model(ids, training=training), wanted, atol=1e-6)
    np.testing.assert_allclose(model.predict(ids, verbose=0), before[0], atol=1e-6)


def test_weights_of_whole_rows_and_a_loss_of_ones_own():
    model = model_of("fast")
    x, y = (VOCABULARY.encode(TEXT[k : k + 16]).reshape(4, 4) for k in (0, 1))
    first = model.evaluate(x[:1], y[:1], return_dict=True, verbose=0)
    weights = np.array([1.0, 0, 0, 0])
    got = model.evaluate(x, y, sample_weight=weights, return_dict=True, verbose=0)
    np.testing.assert_allclose(list(got.values()), list(first.values()), rtol=1e-5)
    model.compile(loss=lambda y, logits: ops.sum(logits) * 0.0)
    got = model.evaluate(x[:1], y[:1], return_dict=True, verbose=0)
    assert got["loss"] == 0.0
    np.testing.assert_allclose(got["nats"], first["nats"], rtol=1e-5)

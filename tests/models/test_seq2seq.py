"""A model that writes one sequence from another: its losses, files and parts."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.cells import LSTMCell
from rnnkit.data import Characters, CharacterTokenizer, PairBatches
from rnnkit.decoding import NoRepeatNGram
from rnnkit.layers import (
    GRU,
    LSTM,
    AttentionCell,
    AttentionDecoder,
    Bidirectional,
    Bridge,
    GeneralAttention,
    PyramidalBidirectional,
)
from rnnkit.losses import TokenCrossentropy
from rnnkit.models import Seq2Seq
from tests.models.turned_words import DECODERS, VOCABULARY, batch, lists, make, pairs


@pytest.fixture(params=DECODERS)
def decoder(request):
    return request.param


def loss_and_slopes(model, x, y):
    """Summed over the tokens, so that neighbours add theirs."""
    with tf.GradientTape() as tape:
        loss = TokenCrossentropy(reduction="sum")(y, model(x))
    slopes = tape.gradient(loss, model.trainable_variables)
    return loss, [tf.convert_to_tensor(slope) for slope in slopes]


@pytest.mark.parametrize(
    ("decoder", "reverse_source"),
    [*((name, False) for name in DECODERS), ("after", True)],
)
def test_padding_and_neighbours_change_no_loss_and_no_gradient(decoder, reverse_source):
    model, data = make(decoder, reverse_source=reverse_source), pairs(3, seed=3)
    (source, lengths, target), _ = batch(data, batch_size=3, buckets=1)
    source = np.pad(source, [(0, 0), (0, 3)], constant_values=5)  # no zeros
    target = np.pad(target, [(0, 0), (0, 2)], constant_values=-1)
    whole, slopes = loss_and_slopes(model, (source, lengths, target), target)
    alone = [batch(data.subset([k])) for k in range(3)]
    found = [loss_and_slopes(model, x, y) for x, y in alone]
    np.testing.assert_allclose(sum(one[0] for one in found), whole, rtol=1e-5)
    for k, slope in enumerate(slopes):
        np.testing.assert_allclose(sum(one[1][k] for one in found), slope, atol=2e-5)


@pytest.mark.parametrize(
    "decoder", ["plain", pytest.param("after", marks=pytest.mark.slow)]
)
def test_on_the_default_path_padding_changes_nothing(decoder):
    model = make(decoder, [Bidirectional(GRU(8))])
    (source, lengths, target), _ = batch(pairs(3, seed=3), batch_size=3, buckets=1)
    loss, slopes = loss_and_slopes(model, (source, lengths, target), target)
    source = np.pad(source, [(0, 0), (0, 3)], constant_values=5)
    target = np.pad(target, [(0, 0), (0, 2)], constant_values=-1)
    padded, padded_slopes = loss_and_slopes(model, (source, lengths, target), target)
    np.testing.assert_allclose(padded, loss, rtol=1e-6)
    for one, two in zip(padded_slopes, slopes):
        np.testing.assert_allclose(one, two, atol=1e-5)


def test_a_step_gives_what_the_whole_gives(decoder):
    model = make(decoder)
    x, y = batch(pairs(4, seed=5), batch_size=4, buckets=1)
    expected = model(x)
    state, constants = model.begin(*x[:2])
    tokens = np.full(4, VOCABULARY.start)
    for t in range(y.shape[1]):
        logits, state, *_ = model.next_step(tokens, state, constants)
        real = y[:, t] >= 0
        np.testing.assert_allclose(logits[real], expected[:, t][real], atol=1e-5)
        tokens = np.maximum(y[:, t], 0)


@pytest.mark.parametrize(
    ("decoder", "options"),
    [
        ("input feeding", {}),
        *(
            pytest.param(name, options, marks=pytest.mark.slow)
            for name, options in (
                *((name, {}) for name in DECODERS if name != "input feeding"),
                ("after", {"tie_embeddings": True, "embedding_dim": 12}),
                ("location", {"bridge": None}),
            )
        ),
    ],
)
def test_a_saved_model_writes_the_same(tmp_path, options, decoder):
    model, data = make(decoder, **options), pairs(12)
    model.run_eagerly = True  # there is nothing to compile for three batches
    model.fit(data, epochs=1, batch_size=4, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    scores = zip(again.score(*lists(data)), model.score(*lists(data)))
    for one, two in scores:
        np.testing.assert_allclose(one, two, atol=1e-6)
    before = model.optimizer.iterations.numpy()
    assert again.optimizer.iterations.numpy() == before


@pytest.mark.slow
def test_a_layer_of_keras_may_be_the_decoder():
    model = Seq2Seq(VOCABULARY, VOCABULARY, [GRU(4)], keras.layers.LSTM(4))
    model.compile()
    model.fit(pairs(8), epochs=1, verbose=0)
    model.translate(["a b"])


def test_states_are_copied_as_they_are():
    encoder = [Bidirectional(GRU(6))]
    model = make("plain", encoder, bridge=Bridge())
    (source, lengths, _), _ = batch(pairs(3, seed=31), batch_size=3, buckets=1)
    _, _, (state,) = model.encode(source, lengths)
    assert state.shape == (3, 12)
    copied = make("plain", [GRU(12)], bridge="copy")
    memory, _, (state,) = copied.encode(source, lengths)
    np.testing.assert_allclose(state, memory[:, -1], atol=1e-6)


def test_batches_of_a_dataset_are_taken_as_they_are_by_a_step_that_is_traced_once():
    model, data, traces = make(reverse_source=True), pairs(16), []
    step = model.train_step
    model.train_step = lambda data: traces.append(data) or step(data)
    batches = PairBatches(data.sources, data.targets, VOCABULARY, VOCABULARY)
    losses = model.fit(batches.dataset(), epochs=2, verbose=0).history["loss"]
    assert losses[1] < losses[0]
    assert len(traces) == 1
    assert model.longest_source() == batches.lengths.max()


def test_bad_pairs_are_named():
    model = make()
    model.run_eagerly = True
    with pytest.raises(ValueError, match="2 sequences, but 1 labels"):
        model.fit(["a", "b"], ["b"])
    with pytest.raises(ValueError, match="no targets"):
        model.fit(["a", "b"])
    with pytest.raises(ValueError, match=r"1 of 2 .* Sequence 1: it is empty"):
        model.fit(["a", ""], ["b", "c"], strict=True, verbose=0)
    with pytest.warns(UserWarning, match=r"1 of 2 .* Sequence 1: it is empty"):
        model.fit(["a", ""], ["b", "c"], verbose=0)
    with pytest.raises(ValueError, match="nothing more"):
        model.fit(["a"], ["b"], validation_data=(["a"], ["b"], [1]))
    with pytest.raises(ValueError, match="a list of texts, got one text"):
        model.translate("a b")
    with pytest.raises(ValueError, match="targets are a list of texts, got one text"):
        model.score(["a b"], "b a")
    with pytest.raises(ValueError, match=r"source 1 holds what is no id .* \[99\]"):
        model.translate([[4], [99]])
    assert model.translate([]) == []
    with pytest.raises(ValueError, match="Sequence 0: it is empty"):
        model.translate([""])
    with pytest.raises(ValueError, match="not UTF-8"):
        model.translate([b"\xff"])


def test_what_does_not_fit_together_says_so():
    with pytest.raises(ValueError, match="no attention"):
        make("plain").align(["a"], ["b"])
    with pytest.raises(ValueError, match="goes by attention"):
        make("plain").translate(["a"], copy_unknown=True)
    with pytest.raises(ValueError, match="copies words of texts"):
        make().translate([[5, 6]], copy_unknown=True)
    with pytest.raises(ValueError, match="as wide as the vectors"):
        make(tie_embeddings=True)
    with pytest.raises(ValueError, match="bridge=None"):
        make(encoder=[keras.layers.Dense(8)])
    with pytest.raises(ValueError, match=r"widths \[12\], .* ends with \[8, 8\]"):
        make(bridge="copy")
    with pytest.raises(ValueError, match="knows of the source"):
        make("plain", bridge=None)
    with pytest.raises(ValueError, match=r"bridge is .* got 'Dense'"):
        make(bridge="Dense")
    short = make(encoder=[PyramidalBidirectional(GRU(8))])
    with pytest.raises(ValueError, match="no attention to single tokens"):
        short.align(["a"], ["b"])
    assert short.translate(["a b c"], details=True)[0].attention is None
    turned = {"return_sequences": True, "go_backwards": True}
    for encoder in ([LSTM(4, **turned)], keras.layers.GRU(4, **turned)):
        with pytest.raises(ValueError, match="goes backwards: its frames come out"):
            make(encoder=encoder)
    for ids, words in (
        ([[4, 5, 0, 0]], "source 0 holds 0, which is the padding"),
        ([[4.6, 5.0]], "source 0 is no row of integer ids"),
    ):
        with pytest.raises(ValueError, match=words):
            make("plain").score(ids, [[5, 4]])
    for options, words in (
        ({"n_best": 0}, "n_best must be an integer of 1 or more"),
        ({"beam_width": 2.0}, "beam_width must be an integer of 1 or more"),
        ({"batch_size": 0}, "batch_size must be an integer of 1 or more"),
    ):
        with pytest.raises(ValueError, match=words):
            make("plain").translate(["a"], **options)
    for options, words in (
        ({"count": 0}, "count must be an integer of 1 or more"),
        ({"temperature": -1.0}, "temperature must be 0 or more"),
    ):
        with pytest.raises(ValueError, match=words):
            make("plain").sample(["a"], **options)
    for options, words in (
        ({"prefix": "a b"}, r"prefix is ids, such as .* it holds 'a b'"),
        ({"prefix": ["a"]}, r"it holds \['a'\]"),
        ({"prefix": 5}, "it holds 5"),
        ({"processors": NoRepeatNGram(2)}, "processors are a list"),
    ):
        with pytest.raises(ValueError, match=words):
            make("plain").translate(["a"], **options)
    halved = keras.layers.Conv1D(4, 3, strides=2)
    with pytest.raises(ValueError, match=r"makes 2000 frames of 4001, but its mask"):
        make("plain", encoder=[halved, GRU(4)])
    with pytest.raises(ValueError, match="source 0 is no row of integer ids: None"):
        make("plain").translate([None])
    for one in (Characters("ab"), CharacterTokenizer):
        with pytest.raises(ValueError, match=r"target_vocabulary is to be a tokenizer"):
            Seq2Seq(VOCABULARY, one, [GRU(4)], GRU(4))
    with pytest.raises(ValueError, match="backwards"):
        Seq2Seq(VOCABULARY, VOCABULARY, [GRU(4)], Bidirectional(GRU(4)))


@pytest.mark.slow
def test_a_layer_of_keras_may_be_the_encoder():
    model = make(encoder=[keras.layers.Bidirectional(keras.layers.GRU(4))])
    model.fit(pairs(8), epochs=1, verbose=0)


@pytest.mark.slow
def test_attention_over_any_encoder():
    model = make(encoder=[keras.layers.Dense(8)], bridge=None)
    model.fit(pairs(8), epochs=1, verbose=0)
    (source, lengths, target), _ = batch(pairs(5, seed=3), batch_size=5, buckets=1)
    padded = np.pad(source, [(0, 0), (0, 3)], constant_values=5)  # is not looked at
    np.testing.assert_allclose(
        model((padded, lengths, target)), model((source, lengths, target)), atol=1e-6
    )


@pytest.mark.slow
def test_half_precision_trains():
    keras.utils.set_random_seed(1)
    model = Seq2Seq(
        VOCABULARY,
        VOCABULARY,
        [Bidirectional(LSTM(8, dtype="mixed_bfloat16"))],
        AttentionDecoder(
            AttentionCell(
                LSTMCell(12, dtype="mixed_bfloat16"),
                GeneralAttention(dtype="mixed_bfloat16"),
                dtype="mixed_bfloat16",
            ),
            dtype="mixed_bfloat16",
        ),
        embedding_dim=8,
        dtype="mixed_bfloat16",
    )
    model.compile(keras.optimizers.Adam(0.02))
    losses = model.fit(pairs(64), epochs=3, buckets=1, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    model.translate(["a b"])

"""A model that writes one sequence from another: trained, searched, saved."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.cells import GRUCell, LSTMCell
from rnnkit.data import (
    PairBatches,
    Pairs,
    WordTokenizer,
)
from rnnkit.decoding import BannedTokens, NoRepeatNGram, WuCoverage, WuLength
from rnnkit.layers import (
    GRU,
    LSTM,
    AdditiveAttention,
    AttentionCell,
    AttentionDecoder,
    Bidirectional,
    Bridge,
    DeepRecurrent,
    GeneralAttention,
    LocationAttention,
    PyramidalBidirectional,
)
from rnnkit.losses import TokenCrossentropy
from rnnkit.models import Seq2Seq

WORDS = ["a", "b", "c", "d", "e", "f"]
VOCABULARY = WordTokenizer.train([" ".join(WORDS)])


def pairs(count, seed=0):
    """Words, and the same words turned round."""
    rng = np.random.default_rng(seed)
    sources = [[*rng.choice(WORDS, rng.integers(1, 5))] for _ in range(count)]
    return Pairs(
        tuple(" ".join(s) for s in sources), tuple(" ".join(s[::-1]) for s in sources)
    )


def attentive(units=12, attention=None, **options):
    attention = attention or AdditiveAttention(units)
    return AttentionDecoder(AttentionCell(GRUCell(units), attention, **options))


def plain():
    return GRU(12)


def deep():
    return DeepRecurrent([LSTM(8, return_sequences=True), LSTM(8)])


DECODERS = {
    "input feeding": attentive,
    "after": lambda: attentive(input_feeding=False),
    "bahdanau": lambda: attentive(order="bahdanau"),
    "location": lambda: attentive(attention=LocationAttention(5)),
    "plain": plain,
    "deep": deep,
}


def make(decoder="input feeding", encoder=None, **options):
    keras.utils.set_random_seed(1)
    encoder = encoder or [Bidirectional(GRU(8))]
    options = {"embedding_dim": 7, **options}
    model = Seq2Seq(VOCABULARY, VOCABULARY, encoder, DECODERS[decoder](), **options)
    model.compile(keras.optimizers.Adam(0.02))
    return model


@pytest.fixture(params=DECODERS)
def decoder(request):
    return request.param


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(0)
    model = make()
    model.fit(pairs(400), batch_size=32, epochs=16, verbose=0)
    return model


def batch(data, **options):
    batches = PairBatches(data.sources, data.targets, VOCABULARY, VOCABULARY, **options)
    return batches[0]


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
    model, data = make(decoder, reverse_source=reverse_source), pairs(5, seed=3)
    (source, lengths, target), _ = batch(data, batch_size=5, buckets=1)
    source = np.pad(source, [(0, 0), (0, 3)], constant_values=5)  # no zeros
    target = np.pad(target, [(0, 0), (0, 2)], constant_values=-1)
    whole, slopes = loss_and_slopes(model, (source, lengths, target), target)
    alone = [batch(data.subset([k])) for k in range(5)]
    found = [loss_and_slopes(model, x, y) for x, y in alone]
    np.testing.assert_allclose(sum(one[0] for one in found), whole, rtol=1e-5)
    for k, slope in enumerate(slopes):
        np.testing.assert_allclose(sum(one[1][k] for one in found), slope, atol=2e-5)


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


def test_the_loss_is_the_mean_over_tokens(trained):
    data = pairs(6, seed=7)
    scores = trained.score(data.sources, data.targets)
    assert [len(s) for s in scores] == [len(t.split()) + 1 for t in data.targets]
    nats = -np.concatenate(scores).mean()
    one = PairBatches(*_lists(data), VOCABULARY, VOCABULARY, batch_size=6, buckets=1)
    logs = trained.evaluate(one, return_dict=True, verbose=0)
    assert logs["loss"] == pytest.approx(nats, rel=1e-4)
    logs = trained.evaluate(data, batch_size=2, return_dict=True, verbose=0)
    assert logs["nats"] == pytest.approx(nats, rel=1e-4)


def test_label_smoothing_is_a_target_spread_over_all_tokens():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(2, 3, 5)).astype("float32")
    y = np.array([[1, 4, -1], [2, -1, -1]])
    spread = 0.8 * np.eye(5)[np.maximum(y, 0)] + 0.2 / 5
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    expected = -(spread * log_p).sum(-1)[y >= 0].mean()
    assert float(TokenCrossentropy(0.2)(y, logits)) == pytest.approx(expected, 1e-5)
    assert float(TokenCrossentropy(0.2, reduction="sum")(y, logits)) == pytest.approx(
        3 * expected, 1e-5
    )
    each = np.array(TokenCrossentropy(0.2, reduction=None)(y, logits))
    assert each.shape == (2, 3)
    assert not each[y < 0].any()
    logits[y < 0] = np.nan
    assert float(TokenCrossentropy(0.2)(y, logits)) == pytest.approx(expected, 1e-5)


def test_it_learns_to_turn_words_round(trained):
    data = pairs(60, seed=11)
    written = trained.translate(data.sources)
    right = np.mean([a == b for a, b in zip(written, data.targets)])
    assert right > 0.8
    greedy = trained.translate(data.sources, beam_width=1)
    assert np.mean([a == b for a, b in zip(greedy, data.targets)]) > 0.8


def test_neighbours_change_no_translation(trained):
    data = pairs(20, seed=13)
    together = trained.translate(data.sources, batch_size=20, details=True)
    for source, one in zip(data.sources, together):
        (alone,) = trained.translate([source], details=True)
        assert alone.text == one.text
        assert alone.score == pytest.approx(one.score, abs=1e-4)


def test_what_is_written_scores_as_the_search_says(trained):
    sources = pairs(10, seed=17).sources
    for source, ones in zip(
        sources, trained.translate(sources, n_best=3, details=True)
    ):
        assert [one.score for one in ones] == sorted(
            (one.score for one in ones), reverse=True
        )
        for one in ones:
            if one.ended:
                (scores,) = trained.score([source], [one.tokens])
                np.testing.assert_allclose(scores, one.log_probs, atol=1e-4)
                assert one.score == pytest.approx(scores.sum(), abs=1e-4)


def test_it_looks_where_it_copies_from(trained):
    data = pairs(30, seed=19)
    right = total = 0
    for source, weights in zip(data.sources, trained.align(*_lists(data))):
        count = len(source.split())
        assert weights.shape == (count + 1, count)
        np.testing.assert_allclose(weights.sum(1), 1, atol=1e-5)
        right += (weights[:-1].argmax(1) == np.arange(count)[::-1]).sum()
        total += count
    assert right > 0.7 * total


def _lists(data):
    return list(data.sources), list(data.targets)


def test_reversed_sources_are_aligned_by_their_own_places():
    model, data = make(reverse_source=True), pairs(5, seed=23)
    (source, lengths, target), _ = batch(data, batch_size=5, buckets=1)
    other = make()
    other.set_weights(model.get_weights())
    turned = source.copy()
    for row, n in zip(turned, lengths):
        row[:n] = row[:n][::-1]
    np.testing.assert_allclose(
        model((source, lengths, target)), other((turned, lengths, target)), atol=1e-5
    )
    rows = [row[:n] for row, n in zip(source, lengths)]
    backs = [row[:n] for row, n in zip(turned, lengths)]
    ids = [VOCABULARY.encode(text) for text in data.targets]
    for one, two in zip(model.align(rows, ids), other.align(backs, ids)):
        np.testing.assert_allclose(one, two[:, ::-1], atol=1e-5)
    found = model.translate(rows, details=True, max_length=4)
    twin = other.translate(backs, details=True, max_length=4)
    for one, two in zip(found, twin):
        np.testing.assert_allclose(one.attention, two.attention[:, ::-1], atol=1e-5)


def test_drawn_targets_follow_the_seed_and_the_model(trained):
    sources = pairs(3, seed=29).sources
    first = trained.sample(sources, count=4, seed=1)
    assert first == trained.sample(sources, count=4, seed=1)
    assert first != trained.sample(sources, count=4, seed=2, temperature=3.0)
    alone = trained.sample(sources[:1], count=4, seed=1)
    assert alone == first[:1]
    twice = trained.sample([sources[0]] * 2, count=4, seed=1, temperature=3.0)
    assert twice[0] != twice[1]
    coldest = trained.sample(sources, temperature=0)
    assert [one for (one,) in coldest] == trained.translate(sources, beam_width=1)
    (ones,) = trained.sample(sources[:1], count=5, details=True)
    for one in ones:
        if one.ended:
            (scores,) = trained.score(sources[:1], [one.tokens])
            assert one.score == pytest.approx(scores.sum(), abs=1e-4)


def test_unknown_words_are_copied_from_where_it_looked(trained):
    """All logits but the unknown token's are made small."""
    model = make()
    model.set_weights(trained.get_weights())
    kernel, bias = model.head.get_weights()
    bias[VOCABULARY.unknown] = 50
    bias[VOCABULARY.end] = -50
    model.head.set_weights([kernel, bias])
    (one,) = model.translate(["b x e"], details=True, copy_unknown=True, max_length=3)
    words = ["b", "x", "e"]
    assert one.text == " ".join(words[t] for t in one.attention.argmax(1))
    assert "⁇" in model.translate(["b x e"], max_length=3)[0]


@pytest.mark.parametrize(
    ("decoder", "options"),
    [
        *((name, {}) for name in DECODERS),
        ("after", {"tie_embeddings": True, "embedding_dim": 12}),
        ("location", {"bridge": None}),
    ],
    ids=[*DECODERS, "tied", "no bridge"],
)
def test_a_saved_model_writes_the_same(tmp_path, options, decoder):
    model, data = make(decoder, **options), pairs(12)
    model.fit(data, epochs=1, batch_size=4, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    scores = zip(again.score(*_lists(data)), model.score(*_lists(data)))
    for one, two in scores:
        np.testing.assert_allclose(one, two, atol=1e-6)
    before = model.optimizer.iterations.numpy()
    assert again.optimizer.iterations.numpy() == before


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


def test_batches_of_a_dataset_are_taken_as_they_are():
    model, data = make(), pairs(16)
    batches = PairBatches(data.sources, data.targets, VOCABULARY, VOCABULARY)
    losses = model.fit(batches.dataset(), epochs=2, verbose=0).history["loss"]
    assert losses[1] < losses[0]


def test_a_longer_source_is_written_and_warned_of_once(trained):
    with pytest.warns(UserWarning, match=r"9 tokens; the longest .* had 4"):
        (text,) = trained.translate(["a b c d e f a b c"])
    assert text
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        trained.translate(["a b c d e f a b c d"])


def test_a_beam_may_be_wider_than_the_vocabulary(trained):
    (ones,) = trained.translate(["a b"], beam_width=40, n_best=30)
    assert ones[0] == "b a"
    assert len(ones) == 30


def test_bad_pairs_are_named():
    model = make()
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
    with pytest.raises(ValueError, match="leave sample_weight"):
        model.fit(["a"], ["b"], sample_weight=[1])
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
    with pytest.raises(ValueError, match="backwards"):
        Seq2Seq(VOCABULARY, VOCABULARY, [GRU(4)], Bidirectional(GRU(4)))


def test_equal_options_are_compiled_once(trained):
    trained._kept.clear()
    for _ in range(2):
        trained.translate(["a b"], length_penalty=WuLength(0.6))
    assert len(trained._kept) == 1
    for beam_width in range(1, 15):
        trained._compiled(beam_width, None)
    assert len(trained._kept) <= 8


def test_what_a_search_is_told_holds_at_any_length(trained):
    """Two batches of unlike lengths, so that sizes are not known beforehand."""
    for source in ("b b b", "a a c c b", "c c"):
        (text,) = trained.translate(
            [source], processors=[NoRepeatNGram(1), BannedTokens([4])]
        )
        words = text.split()
        assert len(set(words)) == len(words)
        assert VOCABULARY.tokens[0] not in words


def test_padding_is_charged_for_no_coverage(trained):
    sources = ["a b", "b c d e"]
    options = dict(details=True, coverage_penalty=WuCoverage(0.3))
    together = trained.translate(sources, **options)
    (alone,) = trained.translate(sources[:1], **options)
    assert alone.score == pytest.approx(together[0].score, abs=1e-4)
    assert alone.score <= trained.translate(sources[:1], details=True)[0].score


def test_a_layer_of_keras_may_be_the_encoder():
    model = make(encoder=[keras.layers.Bidirectional(keras.layers.GRU(4))])
    model.fit(pairs(8), epochs=1, verbose=0)


def test_attention_over_any_encoder():
    model = make(encoder=[keras.layers.Dense(8)], bridge=None)
    model.fit(pairs(8), epochs=1, verbose=0)
    (source, lengths, target), _ = batch(pairs(5, seed=3), batch_size=5, buckets=1)
    padded = np.pad(source, [(0, 0), (0, 3)], constant_values=5)  # is not looked at
    np.testing.assert_allclose(
        model((padded, lengths, target)), model((source, lengths, target)), atol=1e-6
    )


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
    losses = model.fit(pairs(64), epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    model.translate(["a b"])

"""What a trained model writes: searched, drawn, scored and aligned."""

import warnings

import keras
import numpy as np
import pytest

from rnnkit.data import PairBatches
from rnnkit.decoding import BannedTokens, NoRepeatNGram, WuCoverage, WuLength
from tests.models.turned_words import VOCABULARY, batch, lists, make, pairs

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("seq2seq_search")]


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(0)
    model = make()
    model.fit(pairs(400), batch_size=40, epochs=20, buckets=1, verbose=0)  # one size
    return model


def test_the_loss_is_the_mean_over_tokens(trained):
    data = pairs(6, seed=7)
    scores = trained.score(data.sources, data.targets)
    assert [len(s) for s in scores] == [len(t.split()) + 1 for t in data.targets]
    nats = -np.concatenate(scores).mean()
    one = PairBatches(*lists(data), VOCABULARY, VOCABULARY, batch_size=6, buckets=1)
    logs = trained.evaluate(one, return_dict=True, verbose=0)
    assert logs["loss"] == pytest.approx(nats, rel=1e-4)
    logs = trained.evaluate(data, batch_size=2, return_dict=True, verbose=0)
    assert logs["nats"] == pytest.approx(nats, rel=1e-4)


def test_it_learns_to_turn_words_round(trained):
    data = pairs(60, seed=11)
    written = trained.translate(data.sources)
    right = np.mean([a == b for a, b in zip(written, data.targets)])
    assert right > 0.8
    greedy = trained.translate(data.sources, beam_width=1)
    assert np.mean([a == b for a, b in zip(greedy, data.targets)]) > 0.8


def test_neighbours_change_no_translation(trained):
    data = pairs(8, seed=13)
    together = trained.translate(data.sources, batch_size=8, details=True)
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
        ended = [one for one in ones if one.ended]
        scores = trained.score([source] * len(ended), [one.tokens for one in ended])
        for one, its in zip(ended, scores):
            np.testing.assert_allclose(its, one.log_probs, atol=1e-4)
            assert one.score == pytest.approx(its.sum(), abs=1e-4)


def test_it_looks_where_it_copies_from(trained):
    data = pairs(30, seed=19)
    right = total = 0
    for source, weights in zip(data.sources, trained.align(*lists(data))):
        count = len(source.split())
        assert weights.shape == (count + 1, count)
        np.testing.assert_allclose(weights.sum(1), 1, atol=1e-5)
        right += (weights[:-1].argmax(1) == np.arange(count)[::-1]).sum()
        total += count
    assert right > 0.7 * total


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
    for source in ("b b b", "a a c b", "c c"):
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

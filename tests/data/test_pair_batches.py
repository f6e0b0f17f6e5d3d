"""Batches of pairs: each pair once a pass, in few sizes, with little padding."""

import numpy as np
import pytest

from rnnkit.data import PairBatches, SequenceBatches, WordTokenizer, load_multi30k

RNG = np.random.default_rng(0)
LENGTHS = RNG.integers(3, 40, 500)
SOURCES = [RNG.integers(4, 50, n).tolist() for n in LENGTHS]
TARGETS = [RNG.integers(4, 50, n + RNG.integers(1, 40)).tolist() for n in LENGTHS]


def batches(**options):
    return PairBatches(SOURCES, TARGETS, batch_size=16, **options)


def filled(one):
    """Share of the symbols in the batches that are no padding."""
    tokens = sum(map(len, SOURCES)) + sum(map(len, TARGETS))
    return tokens / sum(x.size + y.size for (x, *_), y in one)


@pytest.mark.parametrize(
    "options", [{"shuffle": True}, {"buckets": 1}, {"buckets": 40}]
)
def test_every_pair_comes_once_a_pass(options):
    one = batches(**options)
    for _ in range(2):
        seen = []
        for number, ((x, lengths, _), y) in enumerate(one):
            for row, item in enumerate(one.items(number)):
                seen.append(item)
                assert x[row, : lengths[row]].tolist() == SOURCES[item]
                assert not x[row, lengths[row] :].any()
                assert y[row][y[row] >= 0].tolist() == TARGETS[item]
        assert sorted(seen) == list(range(500))
        one.on_epoch_end()


def test_sizes_are_few_and_padding_is_little():
    one = batches(buckets=8, shuffle=True)
    by_source = SequenceBatches(SOURCES, TARGETS, batch_size=16, buckets=8)
    assert len({x.shape + y.shape for (x, *_), y in one}) <= 9  # the last may be short
    assert filled(one) > filled(by_source) + 0.05 > filled(batches(buckets=1)) + 0.2


def test_words_fill_the_batches_of_multi30k(data_set):
    """The figures of the docstring."""
    pairs = load_multi30k(parts=["train"], data_dir=data_set("multi30k").parent)
    texts = pairs["train"].sources, pairs["train"].targets
    words = [WordTokenizer.train(side, minimum_count=2) for side in texts]
    ids = [tokenizer.encode_all(side) for tokenizer, side in zip(words, texts)]
    tokens = sum(len(row) for side in ids for row in side)
    for kind, share in ((PairBatches, 0.83), (SequenceBatches, 0.62)):
        found = kind(*ids, batch_size=64, buckets=8, shuffle=True)
        cells = sum(x.size + y.size for (x, *_), y in found)
        assert tokens / cells == pytest.approx(share, abs=0.005)


def test_the_first_cut_is_the_best_there_is():
    """Against all cuts by one length or the other, tried one by one."""
    lengths = np.array([(len(x), len(y)) for x, y in zip(SOURCES[:40], TARGETS)])
    first = batches(buckets=2)
    short = PairBatches(SOURCES[:40], TARGETS[:40], buckets=2)
    costs = []
    for axis in (0, 1):
        for length in np.unique(lengths[:, axis])[:-1]:
            low = lengths[:, axis] <= length
            costs.append(
                sum(len(g) * g.max(axis=0).sum() for g in (lengths[low], lengths[~low]))
            )
    (small, size), (large, whole) = short._buckets
    assert whole == tuple(lengths.max(axis=0))
    assert len(small) * sum(size) + len(large) * sum(whole) <= min(costs)
    assert len(first.sizes) == 2


def test_the_last_size_holds_all():
    """Long sources with short targets, and the other way round."""
    pairs = [([5] * a, [6] * b) for a, b in [(2, 40), (40, 2), (2, 2)] * 5]
    one = PairBatches(*zip(*pairs), batch_size=4, buckets=3)
    assert one.sizes[-1] == (40, 40)
    assert {x.shape[1:] + y.shape[1:] for (x, *_), y in one} >= {(2, 2), (40, 40)}
    assert sum(len(x) for (x, *_), _ in one) == 15


def test_sizes_may_be_those_of_another():
    one = batches()
    few = PairBatches(SOURCES[:9], TARGETS[:9], batch_size=4, like=one)
    assert few.sizes == one.sizes
    long = PairBatches([[5] * 99], [[6]], like=one)
    assert long.sizes[:-1] == one.sizes[:-1]
    assert long[0][0][0].shape == (1, 99)


def test_a_pass_goes_on_in_the_middle():
    one, other = batches(shuffle=True), batches(shuffle=True)
    order = [other.items(k).tolist() for k in range(len(other))]
    rest = one.rest(3)
    assert [rest.items(k).tolist() for k in range(len(rest))] == order[3:]
    second = one.passes(2)[1]
    other.on_epoch_end()
    assert [second.items(k).tolist() for k in range(len(second))] == [
        other.items(k).tolist() for k in range(len(other))
    ]


def test_texts_are_encoded():
    german, english = ["ein Hund", "Hunde"], ["a dog", "two dogs run"]
    source, target = WordTokenizer.train(german), WordTokenizer.train(english)
    one = PairBatches(german, english, source, target, batch_size=2, buckets=1)
    ((x, lengths, _), y) = one[0]
    assert lengths.tolist() == [2, 1]
    assert source.decode_all(x) == german
    assert [target.decode(row[row >= 0]) for row in y] == english
    assert [row[row >= 0][-1] for row in y] == [target.end] * 2
    assert one.texts == english


def test_what_is_wrong_is_named():
    words = WordTokenizer(["a"])
    with pytest.raises(ValueError, match="sources are texts: give source_vocabulary"):
        PairBatches(["a"], ["a"], None, words)
    with pytest.raises(ValueError, match="targets are texts: give target_vocabulary"):
        PairBatches(["a"], ["a"], words)
    with pytest.raises(ValueError, match="2 sequences, but 1 labels"):
        PairBatches(["a", "a"], ["a"], words, words)
    with pytest.warns(
        UserWarning, match="1 of 2 sequences left out: .* 1: it is empty"
    ):
        one = PairBatches(["a", " "], ["a", "a a"], words, words)
    assert one.texts == ["a"]
    with pytest.raises(ValueError, match="Sequence 1: it is empty"):
        PairBatches(["a", " "], ["a", "a"], words, words, strict=True)
    with pytest.raises(ValueError, match=r"target 0 holds what is no id .* \[9\]"):
        PairBatches(["a"], [[9]], words, words)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([2, 4], "target 1 holds 2, which is the start: .2, 4."),
        ([4, 3], "target 1 holds 3, which is the end"),
        ([4, 4, 0, 0], "target 1 holds 0, which is the padding"),
    ],
)
def test_what_is_put_here_is_not_given_too(row, words):
    vocabulary = WordTokenizer(["a"])
    targets = [[4], row, []]
    with pytest.raises(ValueError, match=words):
        PairBatches(["a", "a", "a"], targets, vocabulary, vocabulary)
    as_it_is = PairBatches([[4], [4], [4]], targets, buckets=1)[0][1]
    assert as_it_is[1, : len(row)].tolist() == row

"""Batches of sequences of unlike length."""

import numpy as np
import pytest

from rnnkit.data import Characters, SequenceBatches

RNG = np.random.default_rng(0)
LENGTHS = RNG.integers(3, 60, 41)
INPUTS = [RNG.normal(size=(n, 2)).astype("float32") for n in LENGTHS]
TEXTS = ["ab" * (n // 6 + 1) for n in LENGTHS]
VOCABULARY = Characters("ab")


def batches(**options):
    return SequenceBatches(INPUTS, TEXTS, VOCABULARY, batch_size=8, **options)


@pytest.mark.parametrize("shuffle", [False, True])
def test_every_sequence_comes_once_a_pass_with_its_label(shuffle):
    one = batches(shuffle=shuffle)
    for _ in range(2):
        seen = []
        for number, ((x, lengths), y) in enumerate(one):
            for row, item in enumerate(one.items(number)):
                seen.append(item)
                np.testing.assert_array_equal(x[row, : lengths[row]], INPUTS[item])
                assert np.all(x[row, lengths[row] :] == 0)
                label = y[row][y[row] >= 0]
                assert VOCABULARY.decode(label) == TEXTS[item]
        assert sorted(seen) == list(range(41))
        one.on_epoch_end()


def test_there_are_few_sizes_and_little_padding():
    many = [x for x in INPUTS for _ in range(10)]
    one = SequenceBatches(many, None, None, batch_size=8, buckets=4, shuffle=True)
    shapes = {x.shape for ((x, _),) in one}
    assert len(shapes) <= 5  # the last batch has fewer sequences
    frames = sum(x.shape[0] * x.shape[1] for ((x, _),) in one)
    assert frames < 1.25 * 10 * LENGTHS.sum()
    alone = batches(buckets=1)
    assert {x.shape[1] for (x, _), _ in alone} == {LENGTHS.max()}


def test_the_same_seed_gives_the_same_passes_and_each_pass_another_order():
    def order(one):
        return [one.items(k).tolist() for k in range(len(one))]

    one, other = batches(shuffle=True, seed=3), batches(shuffle=True, seed=3)
    passes = one.passes(3)
    for number in range(3):
        assert order(other) == order(passes[number])
        other.on_epoch_end()
    assert order(passes[0]) != order(passes[1])
    assert order(batches(shuffle=True, seed=4)) != order(passes[0])


def test_sizes_may_be_those_of_another():
    one = batches()
    few = SequenceBatches(INPUTS[:9], TEXTS[:9], VOCABULARY, 4, like=one)
    times = {time for time, _ in one.sizes}
    assert {time for time, _ in few.sizes} <= times
    long = SequenceBatches([np.zeros((99, 2), "float32")], ["a"], VOCABULARY, like=one)
    assert long[0][0][0].shape == (1, 99, 2)


def test_a_dataset_goes_on_in_the_middle_and_draws_the_next_pass():
    one, other = batches(shuffle=True), batches(shuffle=True)
    dataset = one.rest(2).dataset()
    rest = [x.numpy() for (x, _), _ in dataset]
    assert len(rest) == len(one) - 2 == int(dataset.cardinality())
    for number, x in enumerate(rest, 2):
        np.testing.assert_array_equal(x, other[number][0][0])
    for x, wanted in ((one, other), (one, other.passes(2)[1])):
        found = [x.numpy() for (x, _), _ in x.dataset()]
        assert len(found) == len(wanted)
        for a, ((b, _), _) in zip(found, wanted):
            np.testing.assert_array_equal(a, b)


def test_a_bad_item_is_named_and_left_out():
    bad = [*INPUTS[:4], np.zeros((0, 2)), np.full((3, 2), np.nan), np.zeros((3, 5))]
    texts = ["a", "b", "x", "ab", "a", "a", "a"]
    with pytest.warns(
        UserWarning, match="4 of 7 sequences left out: Sequence 2: .*'x'"
    ):
        one = SequenceBatches(bad, texts, VOCABULARY)
    assert one.kept == [0, 1, 3]
    assert set(one.left_out) == {2, 4, 5, 6}
    assert "empty" in one.left_out[4]
    assert "not finite" in one.left_out[5]
    with pytest.raises(ValueError, match=r"4 of 7 sequences are bad: .* and 1 more"):
        SequenceBatches(bad, texts, VOCABULARY, strict=True)
    labels = [[0, 1, -1, -1], [-1], [0, -1, 1], [2], [1]]
    with pytest.warns(UserWarning, match=r"2 of 5 .* 2: its label \[0, -1, 1\] holds"):
        one = SequenceBatches(INPUTS[:5], labels, VOCABULARY)
    assert [y.tolist() for y in one.labels] == [[0, 1], [], [1]]
    frames = SequenceBatches(INPUTS[:5], labels)  # -1: a frame that is not asked for
    assert [y.tolist() for y in frames.labels][2] == [0, -1, 1]
    first_is_odd = [np.zeros((3, 5)), *INPUTS[:3]]
    with pytest.warns(UserWarning, match="1 of 4 .* 0: it has axes"):
        assert len(SequenceBatches(first_is_odd).inputs) == 3
    mixed = [np.zeros((3, 2), "int32"), np.full((3, 2), 0.7)]
    assert SequenceBatches(mixed)[0][0][0].max() == 0.7
    with pytest.raises(ValueError, match="There is no sequence"):
        SequenceBatches([], [], VOCABULARY)
    with pytest.raises(ValueError, match="4 sequences, but 1 labels"):
        SequenceBatches(INPUTS[:4], ["a"], VOCABULARY)

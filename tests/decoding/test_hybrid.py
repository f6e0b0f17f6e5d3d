"""Best paths of hidden Markov models, against every path written out."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.decoding import Bigram, bigram_table, hybrid_decode, viterbi
from rnnkit.lm import NGram
from tests.decoding import hmm_on_one_backend
from tests.elsewhere import numbers_of

RNG = np.random.default_rng(0)
PROGRAM = Path(__file__).with_name("hmm_on_one_backend.py")


def random(*shape):
    return RNG.normal(0, 2, shape).astype("float32")


def runs(path):
    """(state, start, end) of every run."""
    frame = 0
    for state, group in itertools.groupby(path):
        length = len(list(group))
        yield state, frame, frame + length
        frame += length


def exhaustive(emissions, transitions, initial, final, minimum_duration=1):
    """The best of all paths and its score; None, -inf where there is none."""
    best, score = None, -math.inf
    time, states = emissions.shape
    for path in itertools.product(range(states), repeat=time):
        if any(end - start < minimum_duration for _, start, end in runs(path)):
            continue
        total = float(initial[path[0]]) + float(final[path[-1]])
        total += sum(float(emissions[t, s]) for t, s in enumerate(path))
        total += sum(float(transitions[r, s]) for r, s in itertools.pairwise(path))
        if total > score:
            best, score = path, total
    return best, score


@pytest.mark.parametrize("minimum_duration", [1, 2, 3])
@pytest.mark.parametrize("graph", [False, True])
def test_the_path_is_the_best_of_all(minimum_duration, graph):
    lengths = np.array([5, 4, 3, 2, 1, 5, 5, 4])
    emissions = random(8, 5, 3)
    tables = random(3, 3), random(3), random(3)

    def find(emissions, lengths):
        return viterbi(emissions, *tables, lengths, minimum_duration)

    if graph:
        floats = tf.TensorSpec([None, None, 3], "float32")
        ints = tf.TensorSpec([None], "int64")
        find = tf.function(find, input_signature=[floats, ints])
    found = find(emissions, lengths)
    for row, length in enumerate(lengths):
        path, score = exhaustive(emissions[row, :length], *tables, minimum_duration)
        if path is None:
            assert length < minimum_duration
            assert found.score[row] < -1e29
            assert np.all(found.states[row] == -1)
            continue
        np.testing.assert_allclose(found.score[row], score, atol=1e-5)
        assert tuple(np.array(found.states[row, :length])) == path
        assert np.all(found.states[row, length:] == -1)


def test_without_initial_and_final_all_states_are_alike():
    emissions, transitions = random(4, 5, 3), random(3, 3)
    found = viterbi(emissions, transitions)
    for row in range(4):
        nothing = np.zeros(3)
        path, score = exhaustive(emissions[row], transitions, nothing, nothing)
        np.testing.assert_allclose(found.score[row], score, atol=1e-5)
        assert tuple(np.array(found.states[row])) == path


@pytest.mark.parametrize("minimum_duration", [1, 3])
def test_padding_and_neighbours_change_nothing(minimum_duration):
    tables = random(3, 3), random(3), random(3)
    rows = [random(length, 3) for length in (9, 4, 1, 6)]
    padded = np.full((4, 12, 3), np.nan, "float32")
    for k, x in enumerate(rows):
        padded[k, : len(x)] = x
    lengths = [len(x) for x in rows]
    together = viterbi(padded, *tables, lengths, minimum_duration)
    for k, x in enumerate(rows):
        alone = viterbi(x[None], *tables, None, minimum_duration)
        np.testing.assert_array_equal(together.states[k, : len(x)], alone.states[0])
        np.testing.assert_allclose(together.score[k], alone.score[0], rtol=1e-6)
        assert np.all(together.states[k, len(x) :] == -1)


def test_a_row_without_frames_is_empty():
    found = viterbi(random(2, 3, 2), random(2, 2), lengths=[0, 3])
    assert np.all(found.states[0] == -1)
    assert found.score[0] == 0


def test_minus_infinity_forbids():
    emissions = np.zeros((1, 4, 2), "float32")
    emissions[0, :, 1] = 5.0
    forbidden = np.array([[0.0, -np.inf], [0.0, 0.0]], "float32")
    found = viterbi(emissions, forbidden, log_initial=[0.0, -np.inf])
    assert np.all(found.states == 0)
    assert found.score[0] == 0
    none = viterbi(emissions, forbidden, [0.0, -np.inf], [-np.inf, 0.0])
    assert none.score[0] < -1e29
    assert np.all(none.states == -1)


def test_a_long_sequence_keeps_its_minimum_duration():
    found = viterbi(random(3, 300, 5), 0.1 * random(5, 5), minimum_duration=4)
    for path in np.array(found.states):
        spans = list(runs(path))
        assert min(end - start for _, start, end in spans) == 4
        assert len(spans) > 10


@pytest.mark.parametrize("weights", [(1.0, 1.0, 0.0), (0.5, 1.7, -0.8)])
@pytest.mark.parametrize("minimum_duration", [1, 2])
def test_the_hybrid_is_its_formula(weights, minimum_duration):
    prior_weight, lm_weight, bonus = weights
    posteriors = np.log(RNG.dirichlet(np.ones(3), (6, 5)))
    priors = np.log(RNG.dirichlet(np.ones(3)))
    bigram = Bigram(random(3, 3), random(3), random(3))
    durations = np.array([1.5, 3.0, 8.0])
    found = hybrid_decode(
        posteriors,
        priors,
        bigram,
        [5, 5, 5, 4, 3, 0],
        mean_durations=durations,
        minimum_duration=minimum_duration,
        prior_weight=prior_weight,
        lm_weight=lm_weight,
        bonus=bonus,
    )
    leave = np.log(1 / durations)
    transitions = leave[:, None] + lm_weight * bigram.transitions + bonus
    transitions[np.eye(3, dtype=bool)] = np.log(1 - 1 / durations)
    final = lm_weight * bigram.final + leave
    for row, length in enumerate([5, 5, 5, 4, 3]):
        path, score = exhaustive(
            (posteriors - prior_weight * priors)[row, :length],
            transitions,
            lm_weight * bigram.initial,
            final,
            minimum_duration,
        )
        np.testing.assert_allclose(found.score[row], score, atol=1e-4)
        assert tuple(np.array(found.path[row, :length])) == path
        wanted = list(runs(path))
        assert found.lengths[row] == len(wanted)
        got = zip(found.symbols[row], found.starts[row], found.ends[row])
        assert [tuple(map(int, one)) for one in got][: len(wanted)] == wanted
        assert np.all(found.symbols[row, len(wanted) :] == -1)
    assert found.lengths[5] == 0


def test_priors_are_divided_out():
    """A rare symbol with little posterior may be the likeliest."""
    posteriors = np.log(np.full((1, 6, 2), [0.8, 0.2]))
    even = Bigram(*(np.zeros(shape) for shape in ((2, 2), 2, 2)))
    assert np.all(hybrid_decode(posteriors, np.log([0.9, 0.1]), even).path == 1)
    assert np.all(hybrid_decode(posteriors, np.log([0.5, 0.5]), even).path == 0)


def test_a_bigram_is_written_out():
    symbols = ["a", "b", "c"]
    ngram = NGram.train([["a", "b", "a"], ["b", "c"], ["a", "c", "b"]], order=2)
    table = bigram_table(ngram, symbols)
    sums = np.exp(table.transitions).sum(1) + np.exp(table.final)
    unknown = [math.exp(ngram.log_prob("<unk>", [s])) for s in symbols]
    np.testing.assert_allclose(sums + unknown, 1, atol=1e-5)
    wanted = sum(ngram.score(["b", "c", "a"]))
    got = table.initial[1] + table.transitions[1, 2] + table.transitions[2, 0]
    np.testing.assert_allclose(got + table.final[0], wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"log_transitions": np.zeros((2, 3))}, r"log_transitions must be \(3, 3\)"),
        ({"log_initial": np.zeros(2)}, r"log_initial must be \(3,\)"),
        ({"minimum_duration": 0}, "minimum_duration must be 1 or more"),
        ({"log_emissions": np.zeros((1, 0, 3))}, "no frame"),
    ],
)
def test_what_does_not_fit_is_named(change, words):
    options = {"log_emissions": np.zeros((1, 2, 3)), "log_transitions": np.eye(3)}
    with pytest.raises(ValueError, match=words):
        viterbi(**options | change)


def test_priors_of_another_size_are_named():
    bigram = Bigram(np.zeros((3, 3)), np.zeros(3), np.zeros(3))
    with pytest.raises(ValueError, match="log_priors must be"):
        hybrid_decode(np.zeros((1, 2, 3)), np.zeros(2), bigram)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends_find_the_same(backend, tmp_path):
    got = numbers_of(backend, PROGRAM, tmp_path)
    for name, value in hmm_on_one_backend.numbers().items():
        np.testing.assert_allclose(got[name], value, atol=1e-4)


@pytest.mark.parametrize("durations", [[0.5, 2.0], [2.0], [2.0, 2.0, 2.0]])
def test_mean_durations_are_frames_of_each_symbol(durations):
    table = Bigram(np.zeros((2, 2)), np.zeros(2), np.zeros(2))
    with pytest.raises(ValueError, match="mean_durations must be 2 numbers of frames"):
        hybrid_decode(np.zeros((1, 3, 2)), np.zeros(2), table, mean_durations=durations)

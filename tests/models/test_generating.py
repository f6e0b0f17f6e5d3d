"""Generation against a loop over `model(...)`, and what it promises of seeds."""

import io

import keras
import numpy as np
import pytest
from keras import ops

import rnnkit
from rnnkit.data import Characters
from rnnkit.models import LanguageModel

VOCABULARY = Characters("abcdefgh \n")
STACKS = {
    "rnnkit": lambda: [rnnkit.layers.LSTM(8), rnnkit.layers.GRU(7)],
    "Keras": lambda: [keras.layers.LSTM(8), keras.layers.Dense(6, "relu")],
    "deep": lambda: [
        keras.layers.Dense(5),
        rnnkit.layers.DeepRecurrent(
            [rnnkit.layers.PeepholeLSTM(5, return_sequences=True) for _ in range(2)],
            connection="residual",
        ),
    ],
    "mixing": lambda: [rnnkit.layers.LayerNormLSTM(8, projection_units=3)],
}


def model_of(stack="rnnkit", **kwargs):
    model = LanguageModel(VOCABULARY, STACKS[stack](), **kwargs)
    for variable in model.trainable_variables:  # far from uniform
        variable.assign(3 * ops.convert_to_tensor(variable))
    return model


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(3)
    return model_of(embedding_dim=6)


def greedy(model, prime, length):
    """The most probable text, each symbol from a fresh look at all before it."""
    ids = list(model.vocabulary.encode(prime))
    for _ in range(length):
        ids.append(int(np.argmax(model(np.array([ids]))[0, -1])))
    return model.vocabulary.decode(ids)


@pytest.mark.parametrize("stack", STACKS)
def test_without_temperature_it_takes_the_most_probable(stack):
    model = model_of(stack)
    expected = greedy(model, "abba", 12)
    assert model.generate("abba", 12, temperature=0) == expected


@pytest.mark.parametrize("stack", STACKS)
def test_steps_are_the_sequence(stack):
    model = model_of(stack, embedding_dim=4)
    ids = np.random.default_rng(0).integers(0, VOCABULARY.size, (3, 5))
    state, steps = model.initial_state(3), []
    for t in range(5):
        logits, state = model.step(ids[:, t], state)
        steps.append(logits)
    np.testing.assert_allclose(ops.stack(steps, axis=1), model(ids), atol=1e-5)


def test_what_it_draws_has_the_model_s_probabilities(model):
    logits = ops.convert_to_numpy(model(VOCABULARY.encode("ab")[None]))[0, -1]
    probabilities = np.exp(logits.astype("float64"))
    probabilities /= probabilities.sum()
    texts = model.generate("ab", 1, count=5000, seed=5)
    counts = np.bincount([VOCABULARY.encode(t)[-1] for t in texts], minlength=10)
    expected = 5000 * probabilities
    assert (((counts - expected) ** 2 / expected).sum()) < 27.9  # 9 degrees: 1 in 1000


def test_the_same_seed_gives_the_same_text(model):
    text = model.generate("abc", 300, seed=1)
    assert text.startswith("abc")
    assert len(text) == 303
    assert model.generate("abc", 300, seed=1) == text
    assert model.generate("abc", 300, seed=2) != text
    assert model.generate("abc", 300, count=1, seed=1) == [text]


def test_it_shows_the_text_as_it_grows(model, capsys):
    text = model.generate("abc", 300, seed=1)
    shown = io.StringIO()
    assert model.generate("abc", 300, seed=1, stream=shown) == text
    assert shown.getvalue() == text + "\n"
    model.generate("abc", 10, seed=1, stream=True)
    assert capsys.readouterr().out == model.generate("abc", 10, seed=1) + "\n"


def test_primes_of_any_length_stand_side_by_side(model):
    primes = ["a", "abcdefgh" * 20, "", "ab"]
    texts = model.generate(primes, 7, temperature=0)
    assert texts == [model.generate(prime, 7, temperature=0) for prime in primes]
    assert [len(text) for text in texts] == [8, 167, 7, 9]
    assert len(model.generate(["a", "b"], 7, count=3)) == 6


def test_an_empty_prime_begins_after_a_line_end(model):
    after = model.generate("\n", 9, temperature=0)
    assert model.generate("", 9, temperature=0) == after[1:]
    other = LanguageModel(Characters("ab"), [keras.layers.SimpleRNN(2)])
    with pytest.raises(ValueError, match="no line end .* give a prime"):
        other.generate(length=3)


def test_the_draw_is_limited_to_the_most_probable(model):
    logits = ops.convert_to_numpy(model(VOCABULARY.encode("ab")[None]))[0, -1]
    allowed = set(VOCABULARY.decode(np.argsort(-logits)[:2]))
    texts = model.generate("ab", 1, count=300, top_k=2, temperature=3.0)
    assert {text[-1] for text in texts} == allowed
    texts = model.generate("ab", 1, count=300, top_p=1e-3, temperature=3.0)
    assert {text[-1] for text in texts} == {VOCABULARY.decode([logits.argmax()])}


def test_it_follows_the_weights(model):
    other = model_of(embedding_dim=6)
    before = other.generate("ab", 50)
    for ours, theirs in zip(other.weights, model.weights):
        ours.assign(theirs)
    assert other.generate("ab", 50) == model.generate("ab", 50) != before


def test_half_precision_generates():
    layers = [rnnkit.layers.LSTM(8, dtype="mixed_bfloat16")]
    model = LanguageModel(VOCABULARY, layers, dtype="mixed_bfloat16")
    assert len(model.generate("ab", 5)) == 7


def test_bad_arguments_get_plain_errors(model):
    for arguments, message in [
        (dict(prime="abZ"), "'Z' .* position 2"),
        (dict(length=-1), "length must be an integer of 0 or more"),
        (dict(temperature=-1), "temperature must be 0 or more"),
        (dict(count=2, stream=True), "Only one text"),
        (dict(top_k=0), "top_k must be"),
        (dict(top_p=0), "top_p must be"),
    ]:
        with pytest.raises(ValueError, match=message):
            model.generate(**arguments)

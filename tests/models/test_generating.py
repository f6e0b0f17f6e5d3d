"""Generation against a loop over `model(...)`, and what it promises of seeds."""

import io

import keras
import numpy as np
import pytest
from keras import ops

import rnnkit
from rnnkit.data import Characters
from rnnkit.models import LanguageModel
from rnnkit.models.text_generation import TextGenerator

VOCABULARY = Characters("abcdefgh \n")


def own(name, units, **kwargs):
    """A layer of rnnkit, on the path that takes no time to compile."""
    return getattr(rnnkit.layers, name)(units, path="loop", **kwargs)


STACKS = {
    "rnnkit": lambda: [own("LSTM", 8), own("GRU", 7)],
    "Keras": lambda: [keras.layers.LSTM(8), keras.layers.Dense(6, "relu")],
    "deep": lambda: [
        keras.layers.Dense(5),
        rnnkit.layers.DeepRecurrent(
            [own("PeepholeLSTM", 5, return_sequences=True) for _ in range(2)],
            connection="residual",
        ),
    ],
    "mixing": lambda: [own("LayerNormLSTM", 8, projection_units=3)],
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


@pytest.fixture
def uncompiled(monkeypatch):
    """Every number of texts is compiled anew; what is not about that need not be."""
    monkeypatch.setattr(TextGenerator, "_compiles", lambda self: False)


@pytest.mark.parametrize("stack", STACKS)
def test_steps_are_the_sequence(stack):
    model = model_of(stack, embedding_dim=4)
    ids = np.random.default_rng(0).integers(0, VOCABULARY.size, (3, 4))
    state, steps = model.initial_state(3), []
    for t in range(4):
        logits, state = model.step(ids[:, t], state)
        steps.append(logits)
    np.testing.assert_allclose(ops.stack(steps, axis=1), model(ids), atol=1e-5)


def test_without_temperature_it_takes_the_most_probable(model):
    text = model.generate("abba", np.int64(150), temperature=0)
    ids = VOCABULARY.encode(text)
    most_probable = np.argmax(model(ids[None, :-1])[0], axis=-1)
    np.testing.assert_array_equal(ids[4:], most_probable[3:])


def test_what_it_draws_has_the_model_s_probabilities(uncompiled):
    model = model_of(embedding_dim=6)
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


def test_the_same_text_compiled_or_not(model, uncompiled):
    other = LanguageModel.from_config(model.get_config())
    other.set_weights(model.get_weights())
    assert other.generate("abc", 30) == model.generate("abc", 30)


def test_it_shows_the_text_as_it_grows(model, capsys):
    text = model.generate("abc", 300, seed=1)
    shown = io.StringIO()
    assert model.generate("abc", 300, seed=1, stream=shown) == text
    assert shown.getvalue() == text + "\n"
    model.generate("abc", 10, seed=1, stream=True)
    assert capsys.readouterr().out == model.generate("abc", 10, seed=1) + "\n"


def test_primes_of_any_length_stand_side_by_side(uncompiled):
    model = model_of(embedding_dim=6)
    primes = ["a", "abcdefgh" * 20, "", "ab"]
    texts = model.generate(primes, 7, temperature=0)
    assert texts == [model.generate(prime, 7, temperature=0) for prime in primes]
    assert [len(text) for text in texts] == [8, 167, 7, 9]
    assert len(model.generate(["a", "b"], 7, count=3)) == 6


def test_an_empty_prime_begins_after_a_line_end(model):
    after = model.generate("\n", 9, temperature=0)
    assert model.generate("", 9, temperature=0) == after[1:]
    other = LanguageModel(Characters("ab"), [own("SimpleRNN", 2)])
    with pytest.raises(ValueError, match=r"no line end .* give a prime"):
        other.generate(length=3)


def test_the_draw_is_limited_to_the_most_probable(uncompiled):
    model = model_of(embedding_dim=6)
    logits = ops.convert_to_numpy(model(VOCABULARY.encode("ab")[None]))[0, -1]
    allowed = set(VOCABULARY.decode(np.argsort(-logits)[:2]))
    texts = model.generate("ab", 1, count=300, top_k=2, temperature=3.0)
    assert {text[-1] for text in texts} == allowed
    texts = model.generate("ab", 1, count=300, top_p=1e-3, temperature=3.0)
    assert {text[-1] for text in texts} == {VOCABULARY.decode([logits.argmax()])}


def test_it_follows_the_weights(model):
    before = model.generate("ab", 50)
    weights = model.get_weights()
    model.set_weights([-w for w in weights])
    assert model.generate("ab", 50) != before
    model.set_weights(weights)
    assert model.generate("ab", 50) == before


def test_half_precision_generates(uncompiled):
    layers = [own("LSTM", 8, dtype="mixed_bfloat16")]
    model = LanguageModel(VOCABULARY, layers, dtype="mixed_bfloat16")
    assert len(model.generate("ab", 5)) == 7


def test_numbers_may_be_numpys(model):
    wanted = model.generate("ab", 5, top_k=3, top_p=0.9, seed=2)
    k, seed, length = map(np.int64, (3, 2, 5))
    options = dict(top_k=k, top_p=np.float64(0.9), seed=seed)
    assert model.generate("ab", length, **options) == wanted


def test_bad_arguments_get_plain_errors(model):
    for arguments, message in [
        (dict(prime="abZ"), "'Z' .* position 2"),
        (dict(length=-1), "length must be an integer of 0 or more"),
        (dict(temperature=-1), "temperature must be 0 or more"),
        (dict(temperature=float("nan")), "temperature must be 0 or more"),
        (dict(count=2, stream=True), "Only one text"),
        (dict(top_k=0), "top_k must be"),
        (dict(top_p=0), "top_p must be"),
    ]:
        with pytest.raises(ValueError, match=message):
            model.generate(**arguments)

"""Options that Keras has for arrays are refused beside texts and sequences."""

import numpy as np
import pytest

from rnnkit.data import Characters, CountedWords, WordWindows, text_streams
from rnnkit.layers import LSTM
from rnnkit.models import CTCModel, LanguageModel, WordVectors
from tests.models.turned_words import make

LETTERS = Characters("ab")
SENTENCES = ["a b a b a b"] * 4
WORDS = CountedWords.train(SENTENCES, 1)


def language_model():
    return LanguageModel(LETTERS, [LSTM(2)]), (text_streams("ab" * 9, LETTERS, 2, 2),)


def ctc_model():
    layers = [LSTM(2, return_sequences=True)]
    return CTCModel(layers, LETTERS), ([np.ones((4, 3), "float32")], ["ab"])


def seq2seq():
    return make("plain"), (["a"], ["b"])


def word_vectors():
    return WordVectors(WORDS, 2), (WordWindows(SENTENCES, WORDS, words=4),)


OPTIONS = {
    "sample_weight": [[1, 2], [3]],
    "class_weight": {},
    "validation_split": 0.5,
}


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("made", [language_model, ctc_model, seq2seq, word_vectors])
def test_fit_refuses(made, option):
    model, data = made()
    model.compile()
    with pytest.raises(ValueError, match=f"There is no {option} here: "):
        model.fit(*data, **{option: OPTIONS[option]})


@pytest.mark.parametrize("made", [language_model, ctc_model, seq2seq])
def test_evaluate_refuses(made):
    model, data = made()
    model.compile()
    with pytest.raises(ValueError, match="There is no sample_weight here: "):
        model.evaluate(*data, sample_weight=[0, 0])


def test_no_split_is_none():
    model, data = word_vectors()
    model.compile()
    model.fit(*data, validation_split=0.0, verbose=0)

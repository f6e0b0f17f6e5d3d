"""Words whose letters are features that last some frames, and models to read them."""

import keras
import numpy as np

from rnnkit.data import Characters, SequenceBatches
from rnnkit.layers import LSTM
from rnnkit.models import CTCModel

VOCABULARY = Characters("abc ")


def examples(count, seed=0):
    """Inputs, with noise, and the words."""
    rng = np.random.default_rng(seed)
    inputs, texts = [], []
    for _ in range(count):
        words = ["".join(rng.choice(list("abc"), rng.integers(1, 4))) for _ in "xy"]
        texts.append(" ".join(words))
        rows = []
        for letter in texts[-1]:
            rows += [np.eye(4)[" abc".index(letter)]] * rng.integers(2, 5)
            rows += [np.zeros(4)]
        noise = 0.1 * rng.normal(size=(len(rows), 4))
        inputs.append((np.array(rows) + noise).astype("float32"))
    return inputs, texts


INPUTS, TEXTS = examples(60)


def forward(units=16, path="loop"):
    """By default on the path that takes no time to compile."""
    return LSTM(units, return_sequences=True, path=path)


def make(encoder=None, vocabulary=VOCABULARY):
    keras.utils.set_random_seed(1)
    model = CTCModel(encoder or [forward()], vocabulary)
    model.compile(keras.optimizers.Adam(0.02))
    return model


def batches(size):
    """All in one size, which is compiled once."""
    return SequenceBatches(INPUTS, TEXTS, VOCABULARY, size, buckets=1, shuffle=True)


def padded(inputs, more=0):
    lengths = np.array([len(x) for x in inputs], "int32")
    x = np.zeros((len(inputs), lengths.max() + more, *inputs[0].shape[1:]), "float32")
    for row, one in zip(x, inputs):
        row[: len(one)] = one
    return x, lengths


def labels(texts):
    y = np.full((len(texts), max(map(len, texts))), -1)
    for row, text in zip(y, texts):
        row[: len(text)] = VOCABULARY.encode(text)
    return y

"""Words to be turned round, and models that learn it."""

import keras
import numpy as np

from rnnkit.cells import GRUCell
from rnnkit.data import PairBatches, Pairs, WordTokenizer
from rnnkit.layers import (
    GRU,
    LSTM,
    AdditiveAttention,
    AttentionCell,
    AttentionDecoder,
    Bidirectional,
    DeepRecurrent,
    LocationAttention,
)
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


def lists(data):
    """Sources and targets."""
    return list(data.sources), list(data.targets)


def batch(data, **options):
    """The first batch."""
    batches = PairBatches(data.sources, data.targets, VOCABULARY, VOCABULARY, **options)
    return batches[0]


def attentive(units=12, attention=None, cell=None, **options):
    cell, attention = cell or GRUCell(units), attention or AdditiveAttention(units)
    return AttentionDecoder(AttentionCell(cell, attention, **options))


def plain():
    return GRU(12)


def deep():
    layers = LSTM(8, return_sequences=True, path="loop"), LSTM(8, path="loop")
    return DeepRecurrent([*layers])


DECODERS = {
    "input feeding": attentive,
    "after": lambda: attentive(input_feeding=False),
    "bahdanau": lambda: attentive(order="bahdanau"),
    "location": lambda: attentive(attention=LocationAttention(5)),
    "plain": plain,
    "deep": deep,
}


def make(decoder="input feeding", encoder=None, **options):
    """A model that is compiled; its decoder by name, or a function that makes it."""
    keras.utils.set_random_seed(1)
    encoder = encoder or [Bidirectional(GRU(8, path="loop"))]  # is soon started
    options = {"embedding_dim": 7, **options}
    decoder = DECODERS.get(decoder, decoder)()
    model = Seq2Seq(VOCABULARY, VOCABULARY, encoder, decoder, **options)
    model.compile(keras.optimizers.Adam(0.02))
    return model

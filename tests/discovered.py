"""The public cells and layers, found, never listed."""

import inspect

import keras
import numpy as np

import rnnkit.cells
import rnnkit.layers
import rnnkit.models
from rnnkit.cells import GatedCell, PointwiseCell

ATTENTION = rnnkit.layers.Attention
# Contracts: a formula comes with a subclass.
BASES = (GatedCell, PointwiseCell, ATTENTION, rnnkit.layers.StatefulAttention)


def public_classes(module):
    """The Keras layers among a module's public names."""
    found = [getattr(module, name) for name in dir(module) if name[0] != "_"]
    return [
        one for one in found if inspect.isclass(one) and issubclass(one, keras.Layer)
    ]


def cells():
    """Every public cell class."""
    return [one for one in public_classes(rnnkit.cells) if one not in BASES]


def layers():
    """Every public recurrent layer class."""
    every = public_classes(rnnkit.layers)
    return [one for one in every if hasattr(one, "initial_state") and not reads(one)]


def other_layers():
    """Every public layer class of sequences that carries no state."""
    others = (
        rnnkit.layers.Bridge,
        rnnkit.layers.DenseBridge,
        rnnkit.layers.SoftmaxHead,
    )
    every = [o for o in public_classes(rnnkit.layers) if not issubclass(o, others)]
    return [one for one in every if not hasattr(one, "initial_state")]


def heads():
    """Every public head."""
    base = rnnkit.layers.SoftmaxHead
    every = public_classes(rnnkit.layers)
    return [one for one in every if issubclass(one, base) and one is not base]


def attentions():
    """Every public kind of attention."""
    every = public_classes(rnnkit.layers)
    return [one for one in every if issubclass(one, ATTENTION) and one not in BASES]


def reads(layer_class):
    """Whether a layer reads a memory beside its inputs."""
    decoders = (rnnkit.layers.AttentionCell, rnnkit.layers.AttentionDecoder)
    return issubclass(layer_class, (ATTENTION, *decoders))


def models():
    """Every public model class."""
    return public_classes(rnnkit.models)


def _language_model():
    text = "the quick brown fox jumps over the lazy dog " * 6
    vocabulary = rnnkit.data.Characters(text)
    streams = rnnkit.data.text_streams(text, vocabulary, batch_size=4, steps=10)

    def make():
        model = rnnkit.models.LanguageModel(vocabulary, [rnnkit.layers.LSTM(6)], 5)
        model.compile(keras.optimizers.SGD(0.5, momentum=0.9))
        return model

    return make, (streams,), vocabulary.encode(text[:20])[None]


def _nplm():
    text = "the quick brown fox jumps over the lazy dog " * 6
    vocabulary = rnnkit.data.Characters(text)
    streams = rnnkit.data.text_streams(text, vocabulary, batch_size=4, steps=10)

    def make():
        model = rnnkit.models.NPLM(vocabulary, 3, embedding_dim=5, hidden_units=6)
        model.compile(keras.optimizers.SGD(0.5, momentum=0.9))
        return model

    return make, (streams,), vocabulary.encode(text[:20])[None]


def _ctc_model():
    vocabulary = rnnkit.data.Characters("ab")
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(n, 3)).astype("float32") for n in range(5, 13)]
    options = {"batch_size": 4, "buckets": 1}  # one size is compiled once
    batches = rnnkit.data.SequenceBatches(
        inputs, ["ab", "b"] * 4, vocabulary, **options
    )

    def make():
        layers = [rnnkit.layers.LSTM(6, return_sequences=True)]
        model = rnnkit.models.CTCModel(layers, vocabulary)
        model.build((None, None, 3))
        model.compile(keras.optimizers.SGD(0.1, momentum=0.9))
        return model

    return make, (batches,), batches[0][0][0]


def _seq2seq():
    layers, words = rnnkit.layers, rnnkit.data.WordTokenizer.train(["a b c"])
    sources = ["a", "b c", "c a b", "b"] * 3
    targets = ["a b c a c", "b", "c a", "a"] * 3
    options = {"batch_size": 4, "buckets": 1}  # replicas have unlike many tokens
    batches = rnnkit.data.PairBatches(sources, targets, words, words, **options)

    def make():
        cell = layers.AttentionCell(
            rnnkit.cells.LSTMCell(6), layers.AdditiveAttention(5)
        )
        model = rnnkit.models.Seq2Seq(
            words,
            words,
            [layers.Bidirectional(layers.LSTM(4))],
            layers.AttentionDecoder(cell),
            embedding_dim=5,
        )
        model.compile(keras.optimizers.SGD(0.1, momentum=0.9))
        return model

    return make, (batches,), batches[0][0]


def _word_vectors():
    texts = ["a b c d e f", "b a d c f e", "c c a"] * 4
    words = rnnkit.data.CountedWords.train(texts)
    options = {"window": 2, "sample": 0, "words": 8, "batch_size": 2, "negatives": 4}
    windows = rnnkit.data.WordWindows(texts, words, **options)

    def make():
        model = rnnkit.models.WordVectors(words, 5)
        model.compile(keras.optimizers.SGD(0.1), steps_per_execution=1)
        return model

    return make, (windows,), np.array([[0, 3], [2, 1]])


# For every model: how it is made, what it is fit to and what it is called on.
MODELS = {
    "LanguageModel": _language_model,
    "NPLM": _nplm,
    "CTCModel": _ctc_model,
    "Seq2Seq": _seq2seq,
    "WordVectors": _word_vectors,
}

# Layers that are made of others; every other one takes the units of its cell.
MADE_OF_OTHERS = {
    "Recurrent": lambda: rnnkit.layers.Recurrent(rnnkit.cells.GRUCell(6)),
    "Bidirectional": lambda: rnnkit.layers.Bidirectional(rnnkit.layers.LSTM(6)),
    "PyramidalBidirectional": lambda: rnnkit.layers.PyramidalBidirectional(
        rnnkit.layers.SimpleRNN(6, return_sequences=True)
    ),
    "DeepRecurrent": lambda: rnnkit.layers.DeepRecurrent(
        [
            rnnkit.layers.SimpleRNN(6, return_sequences=True),
            rnnkit.layers.GRU(5, return_sequences=True),
        ],
        connection="highway",
    ),
}


def subject_of(layer_class):
    """A layer of a public class, for the checks to run on.

    Raises: `LookupError` for a class that no check knows how to make.
    """
    if layer_class.__name__ in MADE_OF_OTHERS:
        return MADE_OF_OTHERS[layer_class.__name__]()
    if getattr(layer_class, "cell_class", None) is None:
        raise LookupError(
            f"no check sees {layer_class.__name__}: write into MADE_OF_OTHERS, in "
            "tests/discovered.py, how one is made"
        )
    return layer_class(6)

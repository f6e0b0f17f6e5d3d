"""The whole fit step of a language model, against the same model of keras.layers."""

import itertools
import statistics
import time

import keras
import numpy as np

import rnnkit
from benchmarks.report import Report
from benchmarks.timing import no_collection

PEER = "keras.layers under fit's defaults"
CASES = [  # batch, steps, layers, units
    (32, 100, 1, 512),
    (64, 100, 2, 512),
]
TINY = [(4, 5, 1, 8)]
SYMBOLS = "".join(map(chr, range(32, 128)))  # the characters of ASCII, 96
EMBEDDING = 64


class StepClock(keras.callbacks.Callback):
    """The seconds from the end of one step to the end of the next."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self._ends = []

    def on_train_batch_end(self, batch, logs=None):
        self._ends.append(time.perf_counter())

    def on_epoch_end(self, epoch, logs=None):
        self.seconds += [b - a for a, b in itertools.pairwise(self._ends)]


def ours(batch, steps, layers, units):
    """A compiled `LanguageModel`."""
    vocabulary = rnnkit.data.Characters(SYMBOLS)
    stack = [rnnkit.layers.LSTM(units) for _ in range(layers)]
    model = rnnkit.models.LanguageModel(vocabulary, stack, embedding_dim=EMBEDDING)
    model.compile("adam")
    return model


def theirs(batch, steps, layers, units):
    """The same of Keras' layers, as its documentation would have it."""
    stack = [
        keras.layers.LSTM(units, return_sequences=True, stateful=True)
        for _ in range(layers)
    ]
    model = keras.Sequential(
        [
            keras.Input(batch_shape=(batch, steps), dtype="int32"),
            keras.layers.Embedding(len(SYMBOLS), EMBEDDING),
            *stack,
            keras.layers.Dense(len(SYMBOLS)),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    return model


def run(quick=False):
    report = Report("ms a step", {PEER: 1.4})
    rounds, length = (1, 4) if quick else (4, 12)
    for batch, steps, layers, units in TINY if quick else CASES:
        ids = np.random.default_rng(0).integers(
            len(SYMBOLS), size=batch * steps * length + 1
        )
        streams = rnnkit.data.text_streams(ids, None, batch, steps)
        data = {"rnnkit": streams, PEER: streams.dataset()}
        models = {
            "rnnkit": ours(batch, steps, layers, units),
            PEER: theirs(batch, steps, layers, units),
        }
        if len({model.count_params() for model in models.values()}) > 1:
            raise ValueError("The two models differ in size.")
        clocks = {name: StepClock() for name in models}
        for k in range(rounds + 1):
            for name, model in models.items():
                callbacks = [clocks[name]] if k else []  # the first compiles
                with no_collection():
                    model.fit(data[name], verbose=0, shuffle=False, callbacks=callbacks)
        mine, peer = (
            1e3 * statistics.median(clock.seconds) for clock in clocks.values()
        )
        case = f"{batch}·{steps}, {layers} × LSTM-{units}"
        report.add("fit step", case, mine, peer, PEER)
    return report

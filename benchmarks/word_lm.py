"""Training a word language model, full softmax included, against Keras and torch."""

import statistics

import keras
import numpy as np

import rnnkit
from benchmarks.fit import StepClock
from benchmarks.peers import NO_TORCH, torch
from benchmarks.report import Report
from benchmarks.timing import no_collection

KERAS = "keras.layers under fit's defaults"
TORCH = "torch.nn"
CASES = [(20, 35, 2, 200, 10_000), (20, 35, 2, 650, 10_000)]
TINY = [(4, 5, 1, 8, 1500)]
CLIP = 0.25


def ours(batch, steps, layers, units, words):
    """A compiled `LanguageModel`."""
    vocabulary = rnnkit.data.Tokens([f"w{k}" for k in range(words)])
    stack = [rnnkit.layers.LSTM(units) for _ in range(layers)]
    model = rnnkit.models.LanguageModel(vocabulary, stack, embedding_dim=units)
    model.compile(keras.optimizers.SGD(1.0, global_clipnorm=CLIP))
    return model


def theirs(batch, steps, layers, units, words):
    """The same of Keras' layers, as its documentation would have it."""
    model = keras.Sequential(
        [
            keras.Input(batch_shape=(batch, steps), dtype="int32"),
            keras.layers.Embedding(words, units),
            *[
                keras.layers.LSTM(units, return_sequences=True, stateful=True)
                for _ in range(layers)
            ],
            keras.layers.Dense(words),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(1.0, global_clipnorm=CLIP), loss)
    return model


class TorchModel:
    """The same of torch's modules, in the usual training loop."""

    def __init__(self, batch, steps, layers, units, words):
        self.embedding = torch.nn.Embedding(words, units)
        self.lstm = torch.nn.LSTM(units, units, layers, batch_first=True)
        self.head = torch.nn.Linear(units, words)
        modules = [self.embedding, self.lstm, self.head]
        self.module = torch.nn.ModuleList(modules)
        self.optimizer = torch.optim.SGD(self.module.parameters(), lr=1.0)

    def fit(self, batches, verbose, shuffle, callbacks):
        """A pass over the batches, with the one callback that keeps time."""
        for callback in callbacks:
            callback.on_epoch_begin(0)
        states = None
        for x, y in batches:
            x, y = (torch.from_numpy(a).long() for a in (x, y))
            self.optimizer.zero_grad()
            h, states = self.lstm(self.embedding(x), states)
            states = tuple(state.detach() for state in states)
            logits = self.head(h)
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), y.flatten())
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.module.parameters(), CLIP)
            self.optimizer.step()
            loss.item()
            for callback in callbacks:
                callback.on_train_batch_end(0)
        for callback in callbacks:
            callback.on_epoch_end(0)


def run(quick=False):
    report = Report("tokens a second", {KERAS: 1.4, TORCH: 1.0})
    rounds, length = (1, 4) if quick else (3, 10)
    for case in TINY if quick else CASES:
        batch, steps, layers, units, words = case
        rng = np.random.default_rng(0)
        ids = rng.integers(words, size=batch * steps * length + 1)
        streams = rnnkit.data.text_streams(ids, None, batch, steps)
        data = {"rnnkit": streams, KERAS: streams.dataset(), TORCH: streams}
        makers = {"rnnkit": ours, KERAS: theirs}
        makers |= {TORCH: TorchModel} if torch else {}
        models = {name: make(*case) for name, make in makers.items()}
        clocks = {name: StepClock() for name in models}
        for k in range(rounds + 1):
            for name, model in models.items():
                callbacks = [clocks[name]] if k else []  # the first compiles
                with no_collection():
                    model.fit(data[name], verbose=0, shuffle=False, callbacks=callbacks)
        speed = {
            name: batch * steps / statistics.median(clock.seconds)
            for name, clock in clocks.items()
        }
        mine = speed.pop("rnnkit")
        for name, value in speed.items():
            text = f"{batch}·{steps}, {layers} × LSTM-{units}, {words:,} words"
            report.add("word LM", text, mine, value, name, more_is_better=True)
    if not torch:
        report.notes.append(NO_TORCH)
    return report

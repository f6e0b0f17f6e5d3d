"""Characters a second of an LSTM-512 that writes one text."""

import keras
import numpy as np
import tensorflow as tf

import rnnkit
from benchmarks.peers import NO_TORCH, torch
from benchmarks.report import Report
from benchmarks.timing import interleaved

SYMBOLS = "".join(map(chr, range(32, 128)))  # the characters of ASCII, 96
EMBEDDING = 64
PREDICT, STEP = "a model.predict loop", "one tf.function call a step"
TORCH_LOOP = "a torch.nn.LSTMCell loop"


def ours(units):
    """A function of a length, which writes so many characters."""
    vocabulary = rnnkit.data.Characters(SYMBOLS)
    model = rnnkit.models.LanguageModel(
        vocabulary, [rnnkit.layers.LSTM(units)], embedding_dim=EMBEDDING
    )
    return lambda length: model.generate("a", length)


def predict_loop(units):
    """A stateful Keras model, asked for one character after another."""
    model = keras.Sequential(
        [
            keras.Input(batch_shape=(1, 1), dtype="int32"),
            keras.layers.Embedding(len(SYMBOLS), EMBEDDING),
            keras.layers.LSTM(units, stateful=True),
            keras.layers.Dense(len(SYMBOLS), activation="softmax"),
        ]
    )
    draw = np.random.default_rng(0)

    def write(length):
        ids = [0]
        for _ in range(length):
            p = model.predict(np.array([[ids[-1]]]), verbose=0)[0].astype("float64")
            ids.append(draw.choice(len(SYMBOLS), p=p / p.sum()))
        return ids

    return write


def step_loop(units):
    """A step with its draw in one `tf.function`, its state handed back and forth."""
    embedding = keras.layers.Embedding(len(SYMBOLS), EMBEDDING)
    layer = keras.layers.LSTM(units, return_state=True)
    head = keras.layers.Dense(len(SYMBOLS))

    @tf.function
    def step(ids, states):
        y, *states = layer(embedding(ids), initial_state=states)
        return tf.random.categorical(head(y), 1), states

    def write(length):
        ids = tf.zeros([1, 1], "int64")
        states = [tf.zeros([1, units])] * 2
        drawn = []
        for _ in range(length):
            ids, states = step(ids, states)
            drawn.append(ids)
        return tf.concat(drawn, axis=1).numpy()

    return write


def torch_loop(units):
    """Embedding, LSTMCell, Linear, multinomial, in inference mode."""
    embedding = torch.nn.Embedding(len(SYMBOLS), EMBEDDING)
    cell = torch.nn.LSTMCell(EMBEDDING, units)
    head = torch.nn.Linear(units, len(SYMBOLS))

    @torch.inference_mode()
    def write(length):
        ids = torch.zeros(1, dtype=torch.int64)
        states = torch.zeros(1, units), torch.zeros(1, units)
        drawn = []
        for _ in range(length):
            states = cell(embedding(ids), states)
            ids = torch.multinomial(torch.softmax(head(states[0]), -1), 1)[0]
            drawn.append(ids)
        return torch.cat(drawn).numpy()

    return write


def run(quick=False):
    report = Report("characters a second", {PREDICT: 200, STEP: 3, TORCH_LOOP: 1.2})
    units, rounds = (8, 1) if quick else (512, 5)
    found = {  # the function that writes, and how much it is to write in one call
        "rnnkit": (ours(units), 2048),
        PREDICT: (predict_loop(units), 16),
        STEP: (step_loop(units), 512),
    }
    if torch:
        found[TORCH_LOOP] = torch_loop(units), 1024
    else:
        report.notes.append(NO_TORCH)
    lengths = {name: 8 if quick else length for name, (_, length) in found.items()}
    calls = {
        name: lambda write=write, name=name: write(lengths[name])
        for name, (write, _) in found.items()
    }
    seconds = interleaved(calls, rounds, warm_up=1)
    speeds = {name: lengths[name] / value for name, value in seconds.items()}
    mine = speeds.pop("rnnkit")
    for name, speed in speeds.items():
        report.add("generation", f"LSTM-{units}", mine, speed, name, True)
    report.notes.append(f"generation: {mine:,.0f} characters a second, batch 1.")
    return report

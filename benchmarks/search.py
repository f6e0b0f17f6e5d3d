"""Tokens a second of a beam search, against a loop in Python and keras-nlp's.

Each is compared with its like: compiled by XLA, or without it, as
`Seq2Seq.translate` runs.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from keras_nlp import samplers

from benchmarks.report import Report
from benchmarks.timing import interleaved
from rnnkit.decoding import beam_search

SIZES = {"batch": 32, "symbols": 10_000, "width": 5, "units": 256, "length": 30}
TINY = {"batch": 2, "symbols": 11, "width": 3, "units": 4, "length": 4}
OURS, OURS_XLA = "rnnkit", "rnnkit, XLA"
LOOP = "the same, step by step from Python"
NLP = "keras_nlp.samplers.BeamSampler"
NLP_XLA = f"{NLP}, XLA"
START, END = 1, 2


class Model:
    """Embedding, an LSTM and logits; the end is too improbable to be found."""

    def __init__(self, symbols, units):
        self.embedding = keras.layers.Embedding(symbols, units)
        self.cell = keras.layers.LSTMCell(units)
        self.head = keras.layers.Dense(symbols, kernel_initializer="he_normal")
        self.next_step(tf.zeros([1], "int32"), [tf.zeros([1, units])] * 2)
        bias = np.zeros(symbols)
        bias[END] = -50
        self.head.bias.assign(bias)

    def next_step(self, tokens, states):
        y, states = self.cell(self.embedding(tokens), states)
        return self.head(y), list(states)


def ours(model, sizes):
    """A search, to be compiled or not; it gives the best scores."""

    def search(states):
        return beam_search(
            model.next_step,
            states,
            start=START,
            end=END,
            max_length=sizes["length"],
            beam_width=sizes["width"],
        ).scores[:, 0]

    return search


def theirs(model, sizes):
    """keras-nlp's, likewise; it gives the best scores."""
    sampler = samplers.BeamSampler(num_beams=sizes["width"], return_all_beams=True)

    def step(prompt, states, index):
        tokens = ops.take(prompt, index - 1, axis=1)
        logits, states = model.next_step(tokens, states)
        return logits, None, states

    def search(states):
        prompt = ops.full((sizes["batch"], sizes["length"] + 1), START, dtype="int32")
        found = sampler(step, prompt, states, index=1, stop_token_ids=[END])
        return found[1][:, 0]

    return search


def run(quick=False):
    report = Report("tokens a second", {LOOP: 2, NLP: 1, NLP_XLA: 1})
    sizes = TINY if quick else SIZES
    model = Model(sizes["symbols"], sizes["units"])
    states = [tf.zeros([sizes["batch"], sizes["units"]])] * 2
    search = ours(model, sizes)
    searches = {OURS: tf.function(search, autograph=False)}
    searches[OURS_XLA] = tf.function(search, jit_compile=True, autograph=False)
    searches[LOOP] = search
    peer = theirs(model, sizes)
    searches[NLP] = tf.function(peer, autograph=False)
    searches[NLP_XLA] = tf.function(peer, jit_compile=True, autograph=False)
    contenders = {
        name: lambda search=search: search(states).numpy()
        for name, search in searches.items()
    }
    found = {name: search() for name, search in contenders.items()}
    for name, scores in found.items():
        if not np.allclose(scores, found[OURS], rtol=1e-4):
            raise ValueError(f"{name} finds something else: {found}.")
    seconds = interleaved(contenders, 1 if quick else 7, warm_up=1)
    tokens = sizes["batch"] * sizes["length"]
    speeds = {name: tokens / value for name, value in seconds.items()}
    plain, mine = speeds.pop(OURS), speeds.pop(OURS_XLA)
    case = "·".join(str(sizes[k]) for k in ("batch", "symbols", "width"))
    for name, speed in speeds.items():
        report.add(
            "beam search", case, mine if name == NLP_XLA else plain, speed, name, True
        )
    report.notes.append(
        f"Beam search, LSTM-{sizes['units']}, batch {sizes['batch']}, "
        f"{sizes['symbols']} symbols, width {sizes['width']}, {sizes['length']} steps: "
        f"{plain:,.0f} tokens a second, {mine:,.0f} with XLA."
    )
    return report

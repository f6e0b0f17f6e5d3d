"""Bidirectional LSTM, forward and backward, against Keras'."""

import keras

import rnnkit
from benchmarks.layer_steps import compare
from benchmarks.peers import KerasStep

PEER = "keras.layers.Bidirectional"


def contenders(units):
    ours = rnnkit.layers.LSTM(units, return_sequences=True)
    theirs = keras.layers.LSTM(units, return_sequences=True)
    return {
        "rnnkit": KerasStep(rnnkit.layers.Bidirectional(ours)),
        PEER: KerasStep(keras.layers.Bidirectional(theirs)),
    }


def run(quick=False):
    return compare("Bidirectional LSTM", contenders, {PEER: 1.35}, gates=8, quick=quick)

"""GRU, forward and backward, against keras.layers.GRU and torch."""

import keras

import rnnkit
from benchmarks.layer_steps import compare
from benchmarks.peers import KERAS, TORCH, KerasStep, TorchStep

PLAIN, TORCHS = KERAS.format("GRU"), TORCH.format("GRU")


def contenders(units):
    return {
        "rnnkit": KerasStep(rnnkit.layers.GRU(units, return_sequences=True)),
        PLAIN: KerasStep(keras.layers.GRU(units, return_sequences=True)),
        TORCHS: TorchStep("GRU"),
    }


def run(quick=False):
    return compare("GRU", contenders, {PLAIN: 1.2}, gates=3, quick=quick)

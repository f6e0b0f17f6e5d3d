"""PeepholeLSTM, CoupledLSTM, forward and backward, against keras.layers.RNN."""

import functools

import keras

import rnnkit
from benchmarks.layer_steps import compare
from benchmarks.peers import KerasStep

PEER = "the same cell in keras.layers.RNN"


def contenders(name, units):
    layer = rnnkit.layers.LAYERS[name]
    cell = layer.cell_class(units)
    return {
        "rnnkit": KerasStep(layer(units, return_sequences=True)),
        PEER: KerasStep(keras.layers.RNN(cell, return_sequences=True)),
    }


def run(quick=False):
    peephole, coupled = (
        compare(
            name,
            functools.partial(contenders, name),
            {PEER: 1.5},
            gates=gates,
            quick=quick,
        )
        for name, gates in {"PeepholeLSTM": 4, "CoupledLSTM": 3}.items()
    )
    peephole.rows += coupled.rows
    peephole.notes += coupled.notes
    return peephole

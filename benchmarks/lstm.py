"""LSTM, forward and backward, against keras.layers.LSTM plain and XLA, and torch."""

import keras

import rnnkit
from benchmarks.layer_steps import BETTER, compare
from benchmarks.peers import KERAS, TORCH, XLA, KerasStep, TorchStep

PLAIN, COMPILED, TORCHS = (name.format("LSTM") for name in (KERAS, XLA, TORCH))


def contenders(units):
    def theirs():
        return keras.layers.LSTM(units, return_sequences=True)

    return {
        "rnnkit": KerasStep(rnnkit.layers.LSTM(units, return_sequences=True)),
        PLAIN: KerasStep(theirs()),
        COMPILED: KerasStep(theirs(), jit_compile=True),
        TORCHS: TorchStep("LSTM"),
    }


def run(quick=False):
    asked = {BETTER: 1.35, TORCHS: 1.0}
    report = compare(
        "LSTM", contenders, asked, gates=4, quick=quick, better_of=(PLAIN, COMPILED)
    )
    least = min(row["ratio"] for row in report.rows if row["peer_name"] == BETTER)
    report.judge(f"LSTM against {BETTER}, at the worst shape", least, 0.95)
    return report

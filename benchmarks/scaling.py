"""An LSTM's forward and backward pass as the sequence and the units grow."""

import keras
import numpy as np

import rnnkit
from benchmarks.layer_steps import case_of, load_all
from benchmarks.peers import KERAS, KerasStep
from benchmarks.report import Report
from benchmarks.timing import interleaved

PEER = KERAS.format("LSTM")
LENGTHS = [(32, time, 128, 128) for time in (50, 100, 200, 400, 800)]
UNITS = [(32, 50, units, units) for units in (64, 128, 256, 512, 1024)]


def run(quick=False):
    report = Report("ms")
    lengths, units = LENGTHS, UNITS
    if quick:
        lengths, units = [(8, 4, 4, 4), (8, 8, 4, 4)], [(8, 4, 4, 4), (8, 4, 8, 8)]
    for benchmark, shapes, axis, letter in (
        ("LSTM, time grows", lengths, 1, "T"),
        ("LSTM, units grow", units, 3, "units"),
    ):
        times = [measure(report, benchmark, shape, quick) for shape in shapes]
        sizes = [shape[axis] for shape in shapes]
        report.notes.append(
            f"{benchmark}: ours grows as {letter} to the power of "
            f"{exponent(sizes, times):.2f}, from {times[0]:.3g} ms at "
            f"{sizes[0]} to {times[-1]:.3g} ms at {sizes[-1]}."
        )
    return report


def measure(report, benchmark, shape, quick):
    """Add the row of a shape; returns our milliseconds."""
    contenders = {
        "rnnkit": KerasStep(rnnkit.layers.LSTM(shape[-1], return_sequences=True)),
        PEER: KerasStep(keras.layers.LSTM(shape[-1], return_sequences=True)),
    }
    load_all(contenders, shape)
    seconds = interleaved(contenders, 2 if quick else 5, warm_up=1, calls=4)
    ours, peer = (1e3 * value for value in seconds.values())
    report.add(benchmark, case_of(shape), ours, peer, PEER)
    return ours


def exponent(sizes, times):
    """k where time is proportional to size**k: the slope between the logarithms."""
    return np.polyfit(np.log(sizes), np.log(times), 1)[0]

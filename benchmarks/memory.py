"""Peak memory of a training step, against keras.layers.LSTM's plain loop."""

import ctypes
import json
import os
import pathlib
import re
import statistics
import sys

from benchmarks.process import python
from benchmarks.report import Report

PEER = "keras.layers.LSTM"
PROCESSES = 5
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of mallopt
STATUS, CLEAR = pathlib.Path("/proc/self/status"), pathlib.Path("/proc/self/clear_refs")


def run(quick=False):
    # Here: a process that is measured sets TensorFlow's options before it loads it.
    from benchmarks.layer_steps import SHAPES, TINY, case_of

    report = Report("MB", {PEER: 1 / 1.1})
    if not CLEAR.exists():
        report.notes.append("Peak memory is measured on Linux only.")
        return report
    for shape in TINY if quick else SHAPES:
        found = {"rnnkit": [], "keras": []}
        for _ in range(1 if quick else PROCESSES):  # the threads' order decides some
            for name, sizes in found.items():
                sizes.append(in_a_process(name, shape))
        ours, peer = map(statistics.median, found.values())
        report.add("peak memory of a step", case_of(shape), ours, peer, PEER)
    least = min(row["ratio"] for row in report.rows)
    report.judge("Peak memory of a step, at the worst shape", least, 1 / 1.1)
    return report


def in_a_process(package, shape):
    """Megabytes, measured in a process of its own."""
    return float(python("-m", "benchmarks.memory", package, json.dumps(shape)))


def measure(package, shape):
    """Megabytes of a step at its peak, above the level before it."""
    # With oneDNN TensorFlow keeps a pool of its own, in which a peak leaves no trace.
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
    import keras
    import numpy as np

    import rnnkit
    from benchmarks.peers import KerasStep

    layers = {"rnnkit": rnnkit.layers, "keras": keras.layers}[package]
    batch, time, features, units = shape
    step = KerasStep(layers.LSTM(units, return_sequences=True))
    draw = np.random.default_rng(0)
    x, dy = (
        draw.normal(size=(batch, time, width)).astype("float32")
        for width in (features, units)
    )
    step.load(x, dy)
    step()  # compiles
    # From now on freed arrays go back to the system, and the level is what is held.
    allocator = ctypes.CDLL(None)
    allocator.mallopt(M_TRIM_THRESHOLD, 2**16)
    allocator.mallopt(M_MMAP_THRESHOLD, 2**16)
    step()
    allocator.malloc_trim(0)
    return grown(step)[1]


def grown(function):
    """What a function gives, and the megabytes of its peak above the level before it.

    They are None where the system does not tell.
    """
    if not CLEAR.exists():
        return function(), None
    before = megabytes("VmRSS")
    CLEAR.write_text("5")  # the peak so far is forgotten
    found = function()
    return found, max(megabytes("VmHWM") - before, 0.001)


def megabytes(entry):
    """A size in the process's status."""
    kilobytes = re.search(rf"{entry}:\s+(\d+) kB", STATUS.read_text())[1]
    return int(kilobytes) / 1000


if __name__ == "__main__":
    print(measure(sys.argv[1], json.loads(sys.argv[2])))

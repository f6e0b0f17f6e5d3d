"""Seconds that `import rnnkit` adds to `import keras`."""

import statistics

from benchmarks.process import python
from benchmarks.report import Report

PEER = "import keras"
MOST = 0.2  # seconds asked for, at most
CODE = """
from time import perf_counter
start = perf_counter()
import keras
between = perf_counter()
import rnnkit
print(between - start, perf_counter() - between)
"""


def run(quick=False):
    report = Report("s")
    seconds = [in_a_process() for _ in range(1 if quick else 7)]
    peer, ours = map(statistics.median, zip(*seconds))
    report.add("what import adds", "import rnnkit", ours, peer, PEER)
    report.notes.append(
        f"`import rnnkit` adds {ours:.2f} s to the {peer:.1f} s of `import keras`; "
        f"asked: at most {MOST} s."
    )
    return report


def in_a_process():
    """Seconds of `import keras`, and of `import rnnkit` after it."""
    return [float(word) for word in python("-c", CODE).split()]

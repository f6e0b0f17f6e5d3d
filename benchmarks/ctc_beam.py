"""CTC's prefix beam search, against tf.nn.ctc_beam_search_decoder."""

import numpy as np
import tensorflow as tf

from benchmarks.report import Report
from benchmarks.timing import interleaved
from rnnkit.decoding import ctc_beam_search

PEER = "tf.nn.ctc_beam_search_decoder"
CASE, TINY = (32, 200, 64, 100), (2, 6, 4, 5)  # batch, frames, symbols, beam


def run(quick=False):
    report = Report("ms", {PEER: 20})
    batch, time, symbols, width = case = TINY if quick else CASE
    logits = np.random.default_rng(0).normal(0, 3, (batch, time, symbols))
    logits = tf.constant(logits, "float32")
    # Its blank is the last symbol.
    theirs = tf.transpose(tf.roll(logits, -1, -1), [1, 0, 2])
    lengths = tf.fill([batch], time)
    contenders = {
        "rnnkit": lambda: ctc_beam_search(logits, None, width).scores.numpy(),
        PEER: lambda: tf.nn.ctc_beam_search_decoder(theirs, lengths, width, 1)[
            1
        ].numpy(),
    }
    totals = {name: float(run().sum()) for name, run in contenders.items()}
    if totals["rnnkit"] < totals[PEER] - 1e-3 * abs(totals[PEER]):
        raise ValueError(f"Ours finds less probable labels: {totals}.")
    seconds = interleaved(contenders, 1 if quick else 3, warm_up=0)
    ours, peer = (1e3 * value for value in seconds.values())
    report.add("CTC beam search", "·".join(map(str, case)), ours, peer, PEER)
    report.notes.append(
        "CTC beam search, log-probability of the best labels, in all: "
        f"{totals['rnnkit']:.1f}, {PEER} {totals[PEER]:.1f}."
    )
    return report

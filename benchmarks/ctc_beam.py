"""CTC's prefix beam search, against tf.nn.ctc_beam_search_decoder."""

import os
from pathlib import Path

import numpy as np
import tensorflow as tf

from benchmarks.report import Report
from benchmarks.timing import interleaved
from rnnkit.decoding import Lexicon, ctc_beam_search
from rnnkit.lm import NGram

PEER = "tf.nn.ctc_beam_search_decoder"
CASE, TINY = (32, 200, 64, 100), (2, 6, 4, 5)  # batch, frames, symbols, beam
SPEECH, SHORT = (8, 1000, 10_000), (2, 60, 50)  # batch, frames, words
FRAMES_PER_SECOND = 100
SURE = 0.999


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
    report.notes += speech(*(SHORT if quick else SPEECH), width)
    return report


def speech(batch, time, count, width):
    """Sentences about a search with a lexicon, a 3-gram and sure blanks left out."""
    where, text = sentences(count)
    words = sorted({word for sentence in text for word in sentence})
    symbols = [None, " ", *sorted({c for word in words for c in word})]
    ngram = NGram.train(text, 3)
    lexicon = Lexicon({w: w for w in words}, symbols, 1, ngram, 0.5, 1.0)
    logits, said = spoken(text, symbols, batch, time)

    def search(scorers=(), skip=None):
        return ctc_beam_search(
            logits, None, width, scorers=scorers, skip_blanks=skip
        ).symbols.numpy()[:, 0]

    contenders = {
        "alone": search,
        "with them": lambda: search([lexicon]),
        "with them, without sure blanks": lambda: search([lexicon], SURE),
    }
    found = {name: run() for name, run in contenders.items()}
    seconds = interleaved(contenders, 3, warm_up=0)
    right = {
        name: np.mean([np.array_equal(row[row >= 0], w) for row, w in zip(rows, said)])
        for name, rows in found.items()
    }
    factor = batch * time / FRAMES_PER_SECOND
    yield (
        f"Speech made up of {where}: batch {batch}, {time} frames, {len(symbols)} "
        f"symbols, beam {width}; a lexicon of {len(words)} words and a 3-gram of "
        f"{sum(map(len, ngram.tables))} n-grams."
    )
    for name, value in seconds.items():
        yield (
            f"CTC beam search {name}: {1e3 * value:.0f} ms, real-time factor "
            f"{value / factor:.4f} at {FRAMES_PER_SECOND} frames a second, "
            f"{right[name]:.0%} of rows right."
        )
    sure = tf.nn.softmax(logits)[:, :, 0].numpy() > SURE
    share = np.mean(sure[:, 1:] & sure[:, :-1])
    saved = 1 - seconds["with them, without sure blanks"] / seconds["with them"]
    yield (
        f"To leave out blanks above {SURE}, {share:.0%} of the frames, saves "
        f"{saved:.0%} of the time."
    )


def sentences(count):
    """Some text of as many words: the Penn Treebank's, else words of random letters."""
    path = Path(os.environ.get("RNNKIT_DATA", "")) / "ptb" / "ptb.train.txt"
    if "RNNKIT_DATA" in os.environ and path.is_file() and count > 1000:
        text = [line.split() for line in path.read_text().splitlines()]
        return "the Penn Treebank", [[w for w in s if w != "<unk>"] for s in text]
    rng = np.random.default_rng(0)
    words = [
        "".join(rng.choice([*"abcdefgh"], rng.integers(3, 9))) for _ in range(count)
    ]
    places = np.minimum(rng.zipf(1.3, (5 * count, 10)), count) - 1
    return "random words", [[words[k] for k in row] for row in places]


def spoken(text, symbols, batch, time):
    """Logits in which sentences are spoken, and the symbols of each row."""
    rng = np.random.default_rng(0)
    ids = {symbol: k for k, symbol in enumerate(symbols)}
    frames = np.zeros((batch, time), int)
    for row in frames:
        at, words = 0, (w for k in rng.permutation(len(text)) for w in text[k])
        for word in words:
            letters = [ids[c] for c in (" " if at else "") + word]
            gaps = rng.integers(3, 10, len(letters))  # frames from one to the next
            if at + gaps.sum() >= time:
                break
            row[at + np.cumsum(gaps)] = letters
            at += gaps.sum()
    logits = rng.normal(0, 1.5, (batch, time, len(symbols)))
    heights = np.where(frames > 0, 5.0, rng.uniform(8.0, 24.0, frames.shape))
    np.put_along_axis(logits, frames[:, :, None], heights[:, :, None], axis=2)
    return tf.constant(logits, "float32"), [row[row > 0] for row in frames]

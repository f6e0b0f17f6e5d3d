"""What is wrong in what was read, by kind of symbol."""

import collections

import jiwer

KINDS = {
    "clef": "clef",
    "keySignature": "key signature",
    "timeSignature": "time signature",
    "barline": "barline",
    "rest": "rest",
    "tie": "tie",
}


def of_sequences(truth, read):
    """Return the share of texts with any error."""
    return sum(a != b for a, b in zip(truth, read)) / len(truth)


def edits(truth, read):
    """Return a list of `(true symbol, symbol read)`; None where one is missing."""
    (chunks,) = jiwer.process_words(truth, read).alignments
    truth, read = truth.split(), read.split()
    found = []
    for chunk in chunks:
        left = truth[chunk.ref_start_idx : chunk.ref_end_idx]
        right = read[chunk.hyp_start_idx : chunk.hyp_end_idx]
        size = max(len(left), len(right))
        left += [None] * (size - len(left))
        right += [None] * (size - len(right))
        found += zip(left, right)
    return found


def by_kind(truth, read):
    """Return edits per true symbol of a kind, in PrIMuS' semantic encoding.

    A note read with another pitch is a pitch error, with another duration a duration
    error, with both it is both; durations are also those of rests. A symbol that is
    missing, or in place of which one of another kind was read, is an error of its
    kind; one that is too much, of the kind that was read.
    """
    counts, wrong = collections.Counter(), collections.Counter()
    for left, right in (pair for pairs in map(edits, truth, read) for pair in pairs):
        true, seen = _aspects(left), _aspects(right)
        counts.update(true.keys())
        for kind in true or seen:
            wrong[kind] += true.get(kind) != seen.get(kind)
    return {kind: wrong[kind] / counts[kind] for kind in sorted(counts)}


def _aspects(symbol):
    """Return `{kind: what it says}` of a symbol."""
    if symbol is None:
        return {}
    head, _, rest = symbol.partition("-")
    if head in ("note", "gracenote"):
        pitch, duration = rest.split("_", 1)
        return {"pitch": (head, pitch), "duration": (head, duration)}
    found = {KINDS.get(head, head): symbol}
    return found | {"duration": (head, rest)} if head == "rest" else found

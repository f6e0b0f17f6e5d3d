"""How much of what was read is wrong, by jiwer."""

import itertools
import warnings

from rnnkit.models.ctc_decoder import separator_of


def error_rates(references, readings, vocabulary):
    """Symbol, word and sequence error.

    Args:
        references: The true ids of each sequence.
        readings: Those that were read.
        vocabulary: Has the symbol between words, " " or "|"; without one every
            symbol is a word.

    Returns:
        `{"symbol_error", "word_error", "sequence_error"}`: edits per symbol and per
        word of the references, and the share of sequences with any. Empty, with a
        warning, where jiwer is not installed.
    """
    try:
        import jiwer
    except ImportError:
        warnings.warn(
            'Error rates are counted by jiwer: pip install "rnnkit[metrics]".',
            stacklevel=2,
        )
        return {}

    def rate(parts):
        pairs = [(parts(r), parts(h)) for r, h in zip(references, readings)]
        # jiwer refuses an empty reference: all that was read for it is insertions.
        edits = sum(len(h) for r, h in pairs if not r)
        full = [(" ".join(r), " ".join(h)) for r, h in pairs if r]
        if full:
            found = jiwer.process_words(*map(list, zip(*full)))
            edits += found.substitutions + found.deletions + found.insertions
        return edits / max(sum(len(r) for r, _ in pairs), 1)

    def words(ids):
        if between is None:
            return [str(i) for i in ids]
        runs = itertools.groupby(ids, lambda i: i == between)
        return ["-".join(map(str, run)) for gap, run in runs if not gap]

    between = separator_of(vocabulary)
    wrong = [list(r) != list(h) for r, h in zip(references, readings)]
    return {
        "symbol_error": rate(lambda ids: [str(i) for i in ids]),
        "word_error": rate(words),
        "sequence_error": sum(wrong) / len(wrong),
    }

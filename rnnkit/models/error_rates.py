"""How much of what was read is wrong, by jiwer."""

import warnings


def error_rates(references, readings, vocabulary):
    """Symbol, word and sequence error.

    Args:
        references: The true ids of each sequence.
        readings: Those that were read.
        vocabulary: Writes them as text, whose spaces part the words.

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

    wrong = [list(r) != list(h) for r, h in zip(references, readings)]
    return {
        "symbol_error": rate(lambda ids: [str(i) for i in ids]),
        "word_error": rate(lambda ids: vocabulary.decode(ids).split()),
        "sequence_error": sum(wrong) / len(wrong),
    }

"""How often every n-gram stands in some sentences."""

import collections

from rnnkit.lm.scoring import BEGIN, END, UNKNOWN, sentences_in


def counted(sentences, order, vocabulary=None):
    """Count n-grams; a sentence begins with `<s>` and ends with `</s>`.

    Args:
        sentences: Lists of words; or a text, a sentence a line.
        order: The longest n-gram.
        vocabulary: Words to keep; the others become `<unk>`. None keeps all.

    Returns:
        For each order a `Counter` of n-grams, tuples of words.

    Raises:
        ValueError: `order` is not positive, there is no sentence, one is no list of
            words or has `<s>` or `</s>` in it, or `vocabulary` is a text.
    """
    if order < 1:
        raise ValueError(f"order must be 1 or more, got {order!r}.")
    if isinstance(vocabulary, str):
        raise ValueError(f"vocabulary is a list of words, got {vocabulary[:40]!r}.")
    counts = [collections.Counter() for _ in range(order)]
    kept = None if vocabulary is None else set(vocabulary)
    for sentence in sentences_in(sentences):
        words = [w if kept is None or w in kept else UNKNOWN for w in sentence]
        if BEGIN in words or END in words:
            raise ValueError(
                f"{BEGIN} and {END} stand for a sentence's beginning and end, and are "
                f"no words of it: {' '.join(map(str, words))[:80]!r}."
            )
        words = (BEGIN, *words, END)
        for k in range(order):
            counts[k].update(words[i : i + k + 1] for i in range(len(words) - k))
    if not counts[0]:
        raise ValueError("There is no sentence to count.")
    return counts


def totals_of(grams):
    """How often each context of some n-grams is gone on from."""
    totals = collections.Counter()
    for gram, count in grams.items():
        totals[gram[:-1]] += count
    return totals

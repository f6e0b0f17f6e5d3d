"""Words in classes, by how frequent they are."""

import itertools

import numpy as np


def frequency_bins(counts, classes, power=0.5):
    """Cut words into classes that are of like weight together.

    With `power` 1 each class holds a like share of the text, so that the most frequent
    words are classes of their own and the rare ones are all in one; with 0 a like
    number of words; ½ lies between.

    Args:
        counts: How often each word stands in the text, `(vocabulary,)`; a word that
            does not counts as one. Ids should be in falling order of frequency.
        classes: Number of classes.
        power: Of the counts: the weight of a word.

    Returns:
        The first id of every class but the first, ascending, a list of `classes - 1`.

    Raises:
        ValueError: There are more classes than words, or none.

    Reference: [Mikolov et al., 2011](https://doi.org/10.1109/ICASSP.2011.5947611)
    """
    weights = np.maximum(np.asarray(counts, "float64"), 1) ** power
    words = len(weights)
    if not 1 <= classes <= words:
        raise ValueError(f"{words} words cannot be cut into {classes} classes.")
    ends = np.cumsum(weights) / weights.sum()
    cutoffs = np.searchsorted(ends, np.arange(1, classes) / classes - 1e-12) + 1
    # No class is empty: each begins one word after the one before, at least, and
    # leaves one at least for each that follows.
    for k in range(1, len(cutoffs)):
        cutoffs[k] = max(cutoffs[k], cutoffs[k - 1] + 1)
    most = words - len(cutoffs) + np.arange(len(cutoffs))
    return np.minimum(cutoffs, most).tolist()


def checked_cutoffs(cutoffs, vocabulary_size):
    """Cutoffs as a list of `int`.

    Raises:
        ValueError: They do not ascend, or one is no id between two words.
    """
    cutoffs = [int(cutoff) for cutoff in cutoffs]
    edges = [0, *cutoffs, vocabulary_size]
    if any(a >= b for a, b in itertools.pairwise(edges)):
        raise ValueError(
            f"cutoffs must ascend between 0 and the {vocabulary_size} words, got "
            f"{cutoffs}."
        )
    return cutoffs

"""Why words are projected: how full is the space that a model counts in?"""

import collections


def densities(train, test, longest):
    """How much of the space of n words in a row a text fills, and knows again.

    With one-hot vectors, n words of V are one of `V ** n` corners, all equally far from
    each other: what stands in a corner says nothing of another. A text of N words
    visits no more than N of them.

    Args:
        train, test: Texts, a sentence a line.
        longest: The greatest n.

    Returns:
        `{"share of the corners visited": {"n = 1": …}, "share of the test text seen in
        training": {"n = 1": …}}`; the second is of places in the text.
    """
    visited, known = {}, {}
    size = len(counted(train, 1))
    for n in range(1, longest + 1):
        grams, asked = counted(train, n), counted(test, n)
        places = asked.total()
        visited[f"n = {n}"] = len(grams) / size**n
        known[f"n = {n}"] = sum(asked[gram] for gram in asked if gram in grams) / places
    return {
        "share of the corners visited": visited,
        "share of the test text seen in training": known,
    }


def counted(text, n):
    """How often each n words in a row stand in a text; its lines have two ends."""
    counts = collections.Counter()
    for line in text.splitlines():
        words = ("<s>", *line.split(), "</s>")
        counts.update(words[k : k + n] for k in range(len(words) - n + 1))
    return counts

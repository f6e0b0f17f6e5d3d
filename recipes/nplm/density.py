"""Why words are projected: how full is the space that a model counts in?"""

import rnnkit


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
    seen, tested = (rnnkit.lm.counted(text, longest) for text in (train, test))
    for n, (grams, asked) in enumerate(zip(seen, tested), 1):
        again = sum(count for gram, count in asked.items() if gram in grams)
        visited[f"n = {n}"] = len(grams) / len(seen[0]) ** n
        known[f"n = {n}"] = again / asked.total()
    return {
        "share of the corners visited": visited,
        "share of the test text seen in training": known,
    }

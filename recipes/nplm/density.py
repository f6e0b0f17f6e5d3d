"""Why words are projected: how full is the space that a model counts in?"""

from rnnkit.lm.counting import counted


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
    before, after = counted(train, longest), counted(test, longest)
    size = len(before[0])
    for n, (grams, asked) in enumerate(zip(before, after), 1):
        places = asked.total()
        visited[f"n = {n}"] = len(grams) / size**n
        known[f"n = {n}"] = sum(asked[gram] for gram in asked if gram in grams) / places
    return {
        "share of the corners visited": visited,
        "share of the test text seen in training": known,
    }

"""Huffman's code of a vocabulary: short ways from the root to frequent words."""

import collections

import numpy as np


def huffman_paths(counts):
    """The way to each word in the tree with the shortest ways on the whole.

    Of n words there are n - 1 inner nodes; at each the way goes on to one side, +1, or
    the other, -1.

    Args:
        counts: How often each word was counted, positive `(n,)`, the most frequent
            first.

    Returns:
        Nodes `(n, depth)` from the root on, int32, and sides `(n, depth)`, int8, both 0
        beyond the word.

    Raises:
        ValueError: The counts are not in order, or there are fewer than two.

    Reference: Huffman, 1952, A method for the construction of minimum-redundancy codes
    """
    counts = [int(count) for count in counts]
    if len(counts) < 2 or counts != sorted(counts, reverse=True):
        raise ValueError(
            f"A tree needs two or more words, the most frequent first; got "
            f"{len(counts)}."
        )
    size = len(counts)
    words = collections.deque((c, k) for k, c in reversed(list(enumerate(counts))))
    inner = collections.deque()  # both in rising order, so their heads are the least
    parents = {}  # of words 0 … n - 1 and nodes n … 2 n - 2: (node, side)

    def least():
        queue = words if not inner or (words and words[0] <= inner[0]) else inner
        return queue.popleft()

    for node in range(size, 2 * size - 1):
        pair = least(), least()
        for (_, child), side in zip(pair, (1, -1)):
            parents[child] = node, side
        inner.append((pair[0][0] + pair[1][0], node))
    ways = []
    for word in range(size):
        way, place = [], word
        while place in parents:
            place, side = parents[place]
            way.append((place - size, side))
        ways.append(way[::-1])
    depth = max(map(len, ways))
    nodes, sides = np.zeros((size, depth), "int32"), np.zeros((size, depth), "int8")
    for word, way in enumerate(ways):
        nodes[word, : len(way)], sides[word, : len(way)] = zip(*way)
    return nodes, sides

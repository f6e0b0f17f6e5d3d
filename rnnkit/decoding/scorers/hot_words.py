"""Phrases that are to be found sooner than others."""

import collections

import numpy as np

from rnnkit.decoding.scorers.base import TableScorer, check_size, spelt


class HotWords(TableScorer):
    """Weight for the phrases that stand in a label.

        score(label) = weight * the symbols of every phrase that stands in it

    A match under way counts symbol by symbol, and is taken back when it breaks off or
    the label ends. Every occurrence counts, also within another or within a longer
    word: phrases with the separator at their ends are found as whole words only.

    Args:
        phrases: Strings of symbols, or sequences of ids.
        symbols: The symbols by id: strings, None for the blank.
        weight: What each symbol of a phrase gets, nats.

    Raises:
        ValueError: A phrase is empty, or has what is no symbol; the table would be too
            large.

    Reference: [Aho and Corasick, 1975](https://doi.org/10.1145/360825.360855)
    """

    def __init__(self, phrases, symbols, weight):
        symbols = tuple(symbols)
        spellings = {tuple(spelt(p, symbols, f"The phrase {p!r}")) for p in phrases}
        children, depths, whole = [{}], [0], [0]
        for spelling in sorted(spellings):
            node = 0
            for symbol in spelling:
                if symbol not in children[node]:
                    children[node][symbol] = len(children)
                    children.append({})
                    depths.append(depths[node] + 1)
                    whole.append(0)
                node = children[node][symbol]
            whole[node] = len(spelling)
        check_size("HotWords", len(children), len(symbols))
        # By depth, so that what a match falls back to, which is shorter, is done.
        targets = np.zeros((len(children), len(symbols)), "int32")
        pending = np.zeros(len(children))
        queue = collections.deque([(0, 0)])
        while queue:
            node, fallback = queue.popleft()
            if node:
                targets[node] = targets[fallback]
                whole[node] += whole[fallback]
                pending[node] = depths[node] if children[node] else pending[fallback]
            for symbol, child in children[node].items():
                queue.append((child, int(targets[node, symbol])))
                targets[node, symbol] = child
        gains = np.array(whole)[targets] + pending[targets] - pending[:, None]
        super().__init__(symbols, targets, weight * gains, -weight * pending)

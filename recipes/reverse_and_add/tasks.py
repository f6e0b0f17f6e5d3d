"""Small texts to turn into others: reversed, added up, or walked along."""

import itertools
import zlib

import numpy as np

import rnnkit

SYMBOLS = "0123456789+-"


def reverse(rng, length):
    """Digits, and the same from the last to the first: 1492, 2941."""
    source = "".join(map(str, rng.integers(0, 10, length)))
    return source, source[::-1]


def add(rng, length):
    """Two numbers of so many digits and their sum, the units first: 29+18, 011."""
    a, b = (int(rng.integers(10 ** (length - 1), 10**length)) for _ in range(2))
    first, second, total = (str(n)[::-1] for n in (a, b, a + b))
    return f"{first}+{second}", total


def walk(rng, length):
    """Steps up and down, and where one stands after each, modulo 10: ++-, 121."""
    steps = rng.choice([-1, 1], length)
    places = np.cumsum(steps) % 10
    return "".join("-+"[int(step > 0)] for step in steps), "".join(map(str, places))


TASKS = {"reverse": reverse, "add": add, "walk": walk}


def vocabulary():
    """The characters of all tasks."""
    return rnnkit.data.CharacterTokenizer(list(SYMBOLS))


def pairs(task, lengths, count, part, seed=0):
    """Make pairs of a task.

    A tenth of all sources, by their checksum, are of the part "test", the others of
    "train", so that none of the one is in the other.

    Args:
        task: One of `TASKS`.
        lengths: From which length to which; each pair's is drawn.
        count: How many.
        part: "train" or "test".
        seed: Another seed, other pairs.

    Returns:
        `rnnkit.data.Pairs`.

    Raises:
        SystemExit: There is no such task, or no such length.
    """
    if task not in TASKS:
        raise SystemExit(f"No task {task!r}; there are {', '.join(TASKS)}.")
    shortest, longest = lengths
    if not 4 <= shortest <= longest:
        raise SystemExit(
            f"Lengths from {shortest} to {longest} cannot be had: take 4 or more, so "
            "that there are sources enough to share out, and the longest last."
        )
    rng = np.random.default_rng((seed, part == "test"))
    drawn = (
        TASKS[task](rng, int(rng.integers(shortest, longest + 1)))
        for _ in itertools.count()
    )
    kept = (
        pair
        for pair in drawn
        if (zlib.crc32(pair[0].encode()) % 10 == 0) == (part == "test")
    )
    return rnnkit.data.Pairs(*zip(*itertools.islice(kept, count)))

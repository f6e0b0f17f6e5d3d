"""What word vectors are judged by: analogies, and likeness as people see it."""

import dataclasses
from pathlib import Path

import numpy as np

_AT_ONCE = 512  # questions answered in one matrix product


@dataclasses.dataclass(frozen=True)
class AnalogyScore:
    """How many questions were answered rightly.

    Attributes:
        right, asked: Questions, by section `{name: int}`; those with a word that has no
            vector are not asked.
        skipped: How many those are.
    """

    right: dict
    asked: dict
    skipped: int

    @property
    def accuracy(self):
        """Share of the questions asked; nan where none was."""
        asked = sum(self.asked.values())
        return sum(self.right.values()) / asked if asked else float("nan")


@dataclasses.dataclass(frozen=True)
class LikenessScore:
    """How the cosines go with what people said.

    Attributes:
        correlation: Spearman's rho over the pairs asked; nan where there are fewer
            than two.
        asked: Pairs whose words both have vectors.
        skipped: The others.
    """

    correlation: float
    asked: int
    skipped: int


def read_analogies(path):
    """Read questions "a b c d", a line each, under ": section" lines.

    Returns:
        `{section: [(a, b, c, d)]}`.

    Raises:
        ValueError: A line is neither; says which.
    """
    sections, questions = {}, None
    for number, line in enumerate(_lines(path), 1):
        words = line.split()
        if line.startswith(":"):
            questions = sections.setdefault(line[1:].strip(), [])
        elif len(words) == 4 and questions is not None:
            questions.append(tuple(words))
        elif words:
            raise ValueError(
                f"{path}, line {number}: neither a section nor four words: {line!r}."
            )
    return sections


def read_likeness(path):
    """Read "word<tab>word<tab>number" lines; those that begin with "#" are none.

    Returns:
        List of `(word, word, number)`.

    Raises:
        ValueError: A line is not such; says which.
    """
    pairs = []
    for number, line in enumerate(_lines(path), 1):
        if line.startswith("#") or not line.strip():
            continue
        try:
            first, second, value = line.split("\t")
            pairs.append((first.strip(), second.strip(), float(value)))
        except ValueError as error:
            raise ValueError(
                f"{path}, line {number}: not two words and a number, with tabs "
                f"between: {line!r}."
            ) from error
    return pairs


def analogy_score(vectors, sections, most=300_000):
    """Ask what is to c as b is to a, and see whether it is d.

    The answer is the word nearest to b - a + c but these three (3CosAdd). Capitals
    make no difference: of words that differ in them alone the first is asked about, and
    any of them is an answer.

    Args:
        vectors: A `NamedVectors`.
        sections: As `read_analogies` gives them.
        most: Words, the first ones, that are known.

    Returns:
        `AnalogyScore`.

    Reference: [Mikolov et al., 2013](https://arxiv.org/abs/1301.3781); gensim's
    `evaluate_word_analogies` counts the same
    """
    known_words = vectors.words[:most]
    places = _upper(known_words)
    same = np.array([places[word.upper()] for word in known_words])  # as its place
    unit = vectors.unit(known_words)
    right, asked, skipped = {}, {}, 0
    for name, questions in sections.items():
        rows = [[places.get(word.upper()) for word in q] for q in questions]
        known = [row for row in rows if None not in row]
        skipped += len(rows) - len(known)
        right[name], asked[name] = 0, len(known)
        for begin in range(0, len(known), _AT_ONCE):
            a, b, c, d = np.array(known[begin : begin + _AT_ONCE]).T
            cosines = (unit[b] - unit[a] + unit[c]) @ unit.T
            for given in (a, b, c):
                cosines[same == given[:, None]] = -np.inf
            right[name] += int((same[cosines.argmax(1)] == d).sum())
    return AnalogyScore(right, asked, skipped)


def likeness_score(vectors, pairs):
    """Compare the cosines of pairs of words with numbers that people gave them.

    Args:
        vectors: A `NamedVectors`.
        pairs: As `read_likeness` gives them. Capitals make no difference.

    Returns:
        `LikenessScore`.
    """
    places = _upper(vectors.words)
    said, cosines = [], []
    for first, second, value in pairs:
        found = [places.get(word.upper()) for word in (first, second)]
        if None not in found:
            said.append(value)
            cosines.append(vectors.similarity(*(vectors.words[p] for p in found)))
    return LikenessScore(spearman(said, cosines), len(said), len(pairs) - len(said))


def spearman(x, y):
    """Spearman's rho: the correlation of ranks, equal values sharing theirs.

    nan where there are fewer than two, or all of one are equal.
    """
    x, y = _ranks(x), _ranks(y)
    x, y = x - x.mean() if len(x) else x, y - y.mean() if len(y) else y
    size = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / size) if size > 0 else float("nan")


def _ranks(values):
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return (last - (count - 1) / 2)[place]


def _upper(words):
    """`{WORD: place}`, the first of those that differ in capitals alone."""
    found = {}
    for place, word in enumerate(words):
        found.setdefault(word.upper(), place)
    return found


def _lines(path):
    return Path(path).read_text("utf-8").splitlines()

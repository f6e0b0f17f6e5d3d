"""Texts for models of words: a sentence a line, rare words one, in three parts."""

import collections
import itertools
import os
import re
import zlib

from rnnkit.data.datasets import load
from rnnkit.data.docstrings import docstrings
from rnnkit.data.sources import read_sources

UNKNOWN = "<unk>"
_WORD = re.compile(r"\w+(?:['’]\w+)*|([^\w\s])\1*")
_EMPTY_LINE = re.compile(r"\n\s*\n")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(])")
_VERSE = re.compile(r"(\w+?\d+):\d+ (.*)")


def load_words(name="docstrings", vocabulary_size=10_000, data_dir=None):
    """A text for a model of words, cut into words and sentences.

    Every line is a sentence, its words parted by one space; after each, models see the
    end of the sentence, which counts as a token. `"ptb"` is Mikolov's cut of the Penn
    Treebank, as it is. The others are cut as `sentences_of` does it, and words that are
    not among the most frequent of part `train` become `<unk>`.

    Args:
        name: `"docstrings"`, the standard library's own docstrings and `pydoc` topics,
            whose modules are shared out among the parts, and no sentence stands twice;
            `"ptb"`; `"kjv"`, the King James Bible, a verse a line, whose chapters are
            shared out; or the path of a text file or a folder of them, of which the
            last twentieth is `test`, and the twentieth before it `valid`.
        vocabulary_size: Distinct words, `<unk>` and the sentence end counted; None
            keeps every word of `train`. `"ptb"` has 10,000 whatever is said here.
        data_dir: Folder that has `ptb/` or `kjv/`, as `load` takes it.

    Returns:
        `{"train": str, "valid": str, "test": str}`.

    Raises:
        ValueError: There is too little text for three parts, `vocabulary_size` is less
            than 3, or as `load` does.
        FileNotFoundError: There is no such file or folder.

    Terms: `"ptb"` is for research only and ships with nothing; `"kjv"` is in the public
    domain, but in the United Kingdom.
    """
    if vocabulary_size is not None and vocabulary_size < 3:
        raise ValueError(
            f"vocabulary_size must be 3 or more, got {vocabulary_size!r}: <unk> and "
            "the sentence end are two of them."
        )
    if name == "ptb":
        return {part: _stripped(text) for part, text in load(name, data_dir).items()}
    if name == "kjv":
        parts = _shared_out(_chapters(load(name, data_dir)["text"]))
    elif name == "docstrings":
        parts = _shared_out(_documented())
    else:
        parts = _cut(name)
    for part, sentences in parts.items():
        if not sentences:
            raise ValueError(
                f"{name!r} is too little text: part {part} has none of it."
            )
    return _written(parts, vocabulary_size)


def sentences_of(text):
    """English prose → its sentences, a list of lists of words in lower case.

    An empty line and a full stop before a capital letter end a sentence. A run of
    letters and digits is a word, a run of one sign another. Examples of code that
    Python's prompt begins are passed over.
    """
    paragraphs = [
        p for p in _EMPTY_LINE.split(text) if not p.lstrip().startswith(">>>")
    ]
    found = [_words(s) for p in paragraphs for s in _SENTENCE_END.split(p)]
    return [words for words in found if words]


def _words(text):
    return [match[0] for match in _WORD.finditer(text.lower())]


def _stripped(text):
    return "".join(f"{line.strip()}\n" for line in text.splitlines())


def _chapters(text):
    """The King James Bible's chapters, `{name: sentences}`."""
    chapters = collections.defaultdict(list)
    for line in text.splitlines():
        chapter, verse = _VERSE.fullmatch(line).groups()
        chapters[chapter].append(_words(verse))
    return chapters


def _documented():
    """Sentences of docstrings, `{name: sentences}`; none that came before."""
    prose, before, found = docstrings(), set(), {}
    for name, text in zip(prose.names, prose.texts):
        found[name] = []
        for words in sentences_of(text):
            if tuple(words) not in before:
                before.add(tuple(words))
                found[name].append(words)
    return found


def _shared_out(groups):
    """`{name: sentences}` → parts; a checksum of the name says where a group goes."""
    parts = {"train": [], "valid": [], "test": []}
    for name, sentences in groups.items():
        place = zlib.crc32(name.encode()) % 20
        parts[{0: "test", 1: "valid"}.get(place, "train")] += sentences
    return parts


def _cut(path):
    """A text at hand, in three stretches."""
    if not os.path.exists(os.path.expanduser(path)):
        raise FileNotFoundError(
            f"No text {path!r}: there are 'docstrings', 'ptb' and 'kjv', and no file "
            "or folder of this name is here."
        )
    found = [s for text in read_sources(path).texts for s in sentences_of(text)]
    held_out = len(found) // 20
    first, second = len(found) - 2 * held_out, len(found) - held_out
    return {
        "train": found[:first],
        "valid": found[first:second],
        "test": found[second:],
    }


def _written(parts, vocabulary_size):
    """Sentences → lines, the rarer words as `<unk>`."""
    counts = collections.Counter(itertools.chain.from_iterable(parts["train"]))
    kept = sorted(counts, key=lambda word: (-counts[word], word))
    kept = set(kept[: None if vocabulary_size is None else vocabulary_size - 2])

    def line(words):
        return " ".join(word if word in kept else UNKNOWN for word in words) + "\n"

    return {part: "".join(map(line, found)) for part, found in parts.items()}

"""What is read, and the pairs of words that are asked about."""

import os
import pathlib
import re

import rnnkit
from rnnkit import recipe

# Pairs that this recipe asks about in any English text, by what joins them.
RELATIONS = {
    "one and many": "function functions, method methods, module modules, class classes,"
    " object objects, file files, argument arguments, value values, name names, line"
    " lines, string strings, type types, attribute attributes, key keys, error errors,"
    " character characters, message messages, number numbers, day days, year years,"
    " word words, hand hands, house houses, king kings, son sons, daughter daughters,"
    " brother brothers, company companies, share shares, bank banks, price prices",
    "to do and doing": "use using, read reading, write writing, call calling, return"
    " returning, create creating, make making, find finding, run running, set setting,"
    " take taking, give giving, go going, come coming, say saying, look looking",
    "do and done": "use used, call called, create created, define defined, set set,"
    " find found, make made, take took, give gave, go went, come came, say said, see"
    " saw, know knew, buy bought, sell sold",
    "he and she": "he she, his her, him her, man woman, men women, king queen, son"
    " daughter, sons daughters, brother sister, father mother, husband wife, boy girl",
}
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+")
_END = re.compile(r"(?<=[.?!])[\"')]*\s+")


def relations(vocabulary):
    """`{relation: [(word, word)]}` of the pairs whose words are known and differ."""
    found = {}
    for name, text in RELATIONS.items():
        pairs = [tuple(pair.split()) for pair in text.split(", ")]
        found[name] = [
            (a, b) for a, b in pairs if a in vocabulary and b in vocabulary and a != b
        ]
    return found


def questions(vocabulary):
    """What is to c as b is to a: all that `relations` gives, `{relation: [(…)]}`."""
    return {
        name: [(*one, *other) for one in pairs for other in pairs if one != other]
        for name, pairs in relations(vocabulary).items()
    }


def sentences(name):
    """A text's sentences, lists of words in lower case, without signs.

    Raises:
        SystemExit: There is no such text.
    """
    if name not in TEXTS:
        raise SystemExit(f"No text {name!r}; there are {', '.join(TEXTS)}.")
    found = (_WORD.findall(line.lower()) for line in TEXTS[name]())
    return [words for words in found if len(words) > 1]


def judged_by():
    """The published tasks, `{name: path}`, as far as they are in RNNKIT_DATA."""
    folder = pathlib.Path(os.environ.get("RNNKIT_DATA", ""), "word2vec_eval")
    names = {
        "analogies": "questions-words.txt",
        "WordSim-353": "wordsim353.tsv",
        "SimLex-999": "simlex999.txt",
    }
    return {
        name: folder / file for name, file in names.items() if (folder / file).exists()
    }


def _words(name):
    def read():
        return recipe.loaded(rnnkit.data.load_words, name, None)["train"].split("\n")

    return read


def _ptb():
    text = recipe.loaded(rnnkit.data.load_words, "ptb")["train"]
    return text.replace("<unk>", "").split("\n")


def _multi30k():
    parts = recipe.loaded(rnnkit.data.load_multi30k, "de", "en", ("train",))
    return parts["train"].targets


def _fra_eng():
    return dict.fromkeys(recipe.loaded(rnnkit.data.load_fra_eng)["train"].sources)


def _lee():
    path = pathlib.Path(os.environ.get("RNNKIT_DATA", ""), "word2vec_eval")
    path /= "lee_background.cor"
    if not path.exists():
        raise SystemExit(
            f"No {path}: it comes with gensim's tests. Name the folder that has "
            "word2vec_eval/ with RNNKIT_DATA, or leave lee out of --texts."
        )
    return _END.split(path.read_text("utf-8"))


TEXTS = {
    "docstrings": _words("docstrings"),
    "kjv": _words("kjv"),
    "ptb": _ptb,
    "multi30k": _multi30k,
    "fra_eng": _fra_eng,
    "lee": _lee,
}

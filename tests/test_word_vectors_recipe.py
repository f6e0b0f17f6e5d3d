"""The recipe of word vectors: its texts and questions; and a run."""

import importlib
import sys

import pytest

from rnnkit.data import CountedWords
from tests.running import again, recipe, results, run

TRAIN = recipe("word_vectors")


@pytest.fixture
def texts(monkeypatch):
    monkeypatch.syspath_prepend(str(TRAIN.parent))
    yield importlib.import_module("texts")
    sys.modules.pop("texts", None)


def test_questions_are_of_pairs_that_are_known(texts):
    words = CountedWords(
        ["he", "she", "man", "woman", "boy", "set"], [6, 5, 4, 3, 2, 1]
    )
    pairs = texts.relations(words)
    assert pairs["he and she"] == [("he", "she"), ("man", "woman")]
    assert pairs["do and done"] == []  # "set set" asks nothing
    assert texts.questions(words)["he and she"] == [
        ("he", "she", "man", "woman"),
        ("man", "woman", "he", "she"),
    ]


def test_texts_are_cut_into_words(texts, monkeypatch):
    monkeypatch.setitem(texts.TEXTS, "kjv", lambda: ["He said: Don't go, 12 men!", "x"])
    assert texts.sentences("kjv") == [["he", "said", "don't", "go", "12", "men"]]
    with pytest.raises(SystemExit, match="No text 'wiki'; there are docstrings, kjv"):
        texts.sentences("wiki")


@pytest.mark.slow
def test_smoke_learns_the_forms_of_words(tmp_path):
    command = (TRAIN, "--preset", "smoke")
    printed, status = run(tmp_path, *command)
    assert status == 0, printed
    found = results(tmp_path)
    share = "share, the other form among the ten nearest, skip_gram"
    assert found["metrics"][share] > 0.15
    (picture,) = tmp_path.glob("runs/*/*/skip_gram.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
    printed, status = again(tmp_path, *command)
    assert status == 0
    assert "has finished before" in printed

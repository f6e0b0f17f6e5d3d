"""Texts for models of words: what is a sentence, what is a word, who is held out."""

import importlib

import pytest

from rnnkit.data import SourceText, docstrings, load, load_words, sentences_of

MODULE = '''
"""First line.

Second."""

class C:
    """Of C."""
    if True:
        def f(self):
            "It's f."
            return """no docstring"""
'''
TOPICS = 79  # at least, in every Python


@pytest.fixture
def library(monkeypatch, tmp_path):
    """A standard library of a few modules, one of which is no Python."""
    names = [f"module{k}.py" for k in range(40)]
    texts = [f'"""Module {k} is unlike others. See C."""\n' for k in range(40)]
    sources = SourceText(("a.py", "b.py", *names), (MODULE, "no python", *texts))
    module = importlib.import_module("rnnkit.data.docstrings")
    monkeypatch.setattr(module, "standard_library", lambda: sources)
    monkeypatch.setattr("rnnkit.data.kept.cache", lambda: tmp_path)


def test_docstrings_and_topics_are_found_and_nothing_else(library):
    found = docstrings()
    assert docstrings() == found  # which is kept by now
    assert found.names[0] == "a.py"
    assert "b.py" not in found.names
    assert found.texts[0] == "First line.\n\nSecond.\n\nOf C.\n\nIt's f.\n\n"
    topics = [name for name in found.names if name.startswith("topic: ")]
    assert len(topics) >= TOPICS


def test_words_and_sentences_of_prose():
    text = "It's so-so...  Really?\n(e.g. This)\n\n>>> f(x)\n1\n\nNo\nend 3_a\n\n \n"
    assert sentences_of(text) == [
        ["it's", "so", "-", "so", "..."],
        ["really", "?"],
        ["(", "e", ".", "g", "."],
        ["this", ")"],
        ["no", "end", "3_a"],
    ]


def test_a_module_is_in_one_part_and_a_sentence_in_one_place(library):
    parts = load_words("docstrings", vocabulary_size=None)
    lines = {part: text.splitlines() for part, text in parts.items()}
    assert len(lines["train"]) == len({*lines["train"]})
    assert sum(found.count("see c .") for found in lines.values()) == 1
    alike = [sum("is unlike others" in s for s in found) for found in lines.values()]
    assert sum(alike) == 40
    assert min(alike) > 0


def test_rare_words_are_one_and_counted_in_train_alone(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("A b.\n\n" * 18 + "A c.\n\n" + "A d.\n\n")
    assert load_words(str(path), 5) == {
        "train": "a b .\n" * 18,
        "valid": "a <unk> .\n",
        "test": "a <unk> .\n",
    }
    assert load_words(str(path), 4)["train"] == "a <unk> .\n" * 18
    assert load_words(str(path), None)["test"] == "a <unk> .\n"


def test_what_is_no_text_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="'docstrings', 'ptb' and 'kjv'"):
        load_words("pbt")
    (tmp_path / "short.txt").write_text("A sentence.")
    with pytest.raises(ValueError, match="too little text: part valid"):
        load_words(str(tmp_path / "short.txt"))
    with pytest.raises(ValueError, match="vocabulary_size must be 3 or more, got 2"):
        load_words("docstrings", 2)


def test_kjv_that_is_not_there_says_what_writes_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="apt install bible-kjv"):
        load("kjv", tmp_path)


def test_ptb_has_the_published_numbers_of_tokens(data_set):
    parts = load_words("ptb", data_dir=data_set("ptb").parent)
    tokens = {p: len(t.split()) + t.count("\n") for p, t in parts.items()}
    assert tokens == {"train": 929_589, "valid": 73_760, "test": 82_430}
    assert len(set(parts["train"].split())) == 9_999
    assert " \n" not in parts["train"]


def test_kjv_is_shared_out_by_chapters(data_set):
    parts = load_words("kjv", data_dir=data_set("kjv").parent)
    assert sum(text.count("\n") for text in parts.values()) == 31_102
    first = "in the beginning god created the heaven and the earth .\n"
    assert first in "".join(parts.values())
    assert len({*parts["train"].split()}) == 9_999


@pytest.mark.slow
def test_the_standard_library_has_enough_to_say():
    parts = load_words()
    assert len(parts["train"].split()) > 250_000
    assert min(len(text.split()) for text in parts.values()) > 10_000

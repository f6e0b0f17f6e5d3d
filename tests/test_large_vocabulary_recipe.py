"""The recipe of large vocabularies: who pays for what; and a run."""

import importlib
import math
import sys

import numpy as np
import pytest

from rnnkit.data import CharacterTokenizer, WordTokenizer
from tests.running import again, recipe, results, run

TRAIN = recipe("large_vocabulary")


@pytest.fixture
def module(monkeypatch):
    """Imports a file of the recipe's folder."""
    monkeypatch.syspath_prepend(str(TRAIN.parent))
    yield importlib.import_module
    for name in ("heads", "pictures", "unseen", "words"):
        sys.modules.pop(name, None)


def test_words_are_in_falling_order_of_frequency(module, tmp_path):
    words = module("words")
    lines = ["b a b c.", "d b a e.", "b f a g."]
    (tmp_path / "text.txt").write_text("\n\n".join(lines * 20))
    for size in (5, 8, 50):
        tokens, counts, train, test = words.read(str(tmp_path / "text.txt"), size)
        assert {"<unk>", "<eos>", "b"} < {*tokens}
        assert len(tokens) == min(size, 10)
        assert (np.diff(counts) <= 0).all()
        found = np.bincount(train, minlength=len(tokens))
        assert (found <= counts).all()
        assert found.sum() == counts.sum()
        assert test.max() < len(tokens)
        assert 1 < words.unigram_perplexity(train, test, len(tokens)) < len(tokens)
    *same, part, _ = words.read(str(tmp_path / "text.txt"), 50, 100)
    assert same[0] == tokens
    np.testing.assert_array_equal(part, train[-100:])
    assert words.code_lines("a=b\n\nc") == "a = b\nc\n"
    drawn = words.drawn(100, 50_000)
    share = (drawn == 0).mean() / (drawn == 9).mean()
    assert share == pytest.approx(10, rel=0.2)


def test_packages_are_the_sources_of_what_is_installed(module, monkeypatch, tmp_path):
    words = module("words")
    for name in ("a/one.py", "b/two.py", "b/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{name[0]} = f(x)\n" * 50)
    monkeypatch.setattr(words.sysconfig, "get_paths", lambda: {"purelib": tmp_path})
    tokens, _, train, test = words.read("packages", 20)
    assert {*tokens} == {*"ab=f(x)", "<eos>", "<unk>"}
    assert len(train) + len(test) == 100 * 7
    monkeypatch.setattr(words, "_PACKAGES", 450)
    tokens, *_ = words.read("packages", 21)
    assert "b" not in tokens


def test_every_character_is_paid_for(module):
    unseen = module("unseen")
    lines = ["the cat sat", "the dog sat", "a cat, a dog", "the emu sat"] * 3
    words = WordTokenizer.train(lines, minimum_count=4)
    assert {"emu", "￭,"}.isdisjoint(words.tokens)
    # Spelled by counts of the unknown words' own characters, each word once.
    known = unseen.spelling_bits(words, lines, ["the cat sat"])
    assert known == 0
    one, two = (
        unseen.spelling_bits(words, lines, [text]) for text in ("the emu", "emu, emu")
    )
    assert 0 < one < 3 * math.log2(30)
    assert two > 2 * one  # the comma too
    strange = unseen.spelling_bits(words, lines, ["the tac"])
    assert strange > one
    ids = unseen.stream(CharacterTokenizer.train(lines), ["ab", "c"])
    assert len(ids) == 1 + 2 + 1 + 1 + 1
    assert (ids[[0, 3, 5]] == 3).all()


def test_lines_come_back_as_they_were(module):
    unseen = module("unseen")
    assert unseen.clean([" a\tb ", "", "ａ￭", "ﬁ", "▁"]) == ["a b", "a■", "fi"]
    assert unseen.first(["abc", "de", "f"], 7) == ["abc", "de"]
    tokenizer = WordTokenizer.train(["a b"])
    unseen.check_returned(tokenizer, ["a b", "c  a"])
    with pytest.raises(ValueError, match="'a  b' comes back as 'a b'"):
        unseen.check_returned(tokenizer, ["a  b"])


def test_cuts_are_compared_with_spaces(module):
    unseen = module("unseen")
    by_character = unseen.segmentation(CharacterTokenizer.train(["abcd"]), ["ab cd"])
    assert by_character["recall"] == 1
    assert by_character["precision of its cuts"] == pytest.approx(1 / 3)
    assert by_character["F1"] == pytest.approx(1 / 2)


@pytest.mark.slow
def test_smoke_learns(tmp_path):
    command = (TRAIN, "--preset", "smoke")
    printed, status = run(tmp_path, *command)
    assert status == 0, printed
    found = results(tmp_path)
    metrics, baselines = found["metrics"], found["baselines"]
    unigram = baselines["perplexity, docstrings, 2,000 words, unigram"]
    assert metrics["perplexity, docstrings, 2,000 words, adaptive"] < 0.9 * unigram
    spelling = found["tables"]["unseen"]["of which spelling"]["words"]
    assert 0 < spelling < metrics["bits per character, docstrings, words"]
    (picture,) = tmp_path.glob("runs/*/*/large_vocabulary.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
    printed, status = again(tmp_path, *command)
    assert status == 0
    assert "has finished before" in printed

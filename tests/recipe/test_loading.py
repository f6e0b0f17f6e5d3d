"""Without their data recipes end with one line, which says what to do."""

import re
import urllib.error
import urllib.request

import numpy as np
import pytest

import rnnkit
from rnnkit import recipe
from tests import running

LOADERS = r"\bdata\.(load\w*|read_sources|an4_dictionary)\("


@pytest.mark.parametrize(
    "error",
    [FileNotFoundError, ConnectionError, ImportError],
    ids=lambda error: error.__name__,
)
def test_the_words_are_the_loaders(error):
    def load(name, part=None):
        raise error(f"No {name}, {part}: put it there.")

    with pytest.raises(SystemExit) as end:
        recipe.loaded(load, "text", part="test")
    assert end.value.code == "No text, test: put it there."
    assert recipe.loaded(dict, [("a", 1)], b=2) == {"a": 1, "b": 2}
    with pytest.raises(ZeroDivisionError):
        recipe.loaded(lambda: 1 / 0)


def test_a_mistake_in_what_a_loader_calls_is_shown_whole():
    with pytest.raises(SystemExit, match="there is no 21"):
        recipe.loaded(rnnkit.data.load_babi, 21)
    with pytest.raises(ValueError, match="could not be broadcast"):
        recipe.loaded(lambda: np.zeros(2) + np.zeros(3))


def test_every_recipe_reads_its_data_so():
    files = sorted((running.ROOT / "recipes").rglob("*.py"))
    alone = [f"{file}: {found[0]}" for file in files if (found := calls(file))]
    assert files
    assert not alone


def calls(file):
    """Calls of loaders that nothing stands around."""
    return [found[0] for found in re.finditer(LOADERS, file.read_text("utf-8"))]


@pytest.mark.parametrize(
    ("name", "flags", "words"),
    [
        ("speech_ctc", (), "Could not download .* Put its files into .* by hand, or "),
        ("speech_hybrid", (), r"No .*festvox_ru_mfcc13\.npz\. "),
        ("ocr", ("--preset", "archiscribe"), r"No .*archiscribe_h32\.tsv\. Scale "),
        ("word_lm", ("--data", "ptb"), "Could not download .* by hand, or name "),
    ],
)
def test_without_data_one_line_says_what_to_do(
    name, flags, words, tmp_path, monkeypatch
):
    pytest.importorskip("tyro")

    def offline(*args, **kwargs):
        raise urllib.error.URLError("no route to host")

    monkeypatch.setenv("RNNKIT_DATA", str(tmp_path))
    monkeypatch.setattr(urllib.request, "urlopen", offline)
    printed, status = running.again(tmp_path, running.recipe(name), *flags)
    assert status == 1
    assert re.match(words, printed)
    assert "\n" not in printed
    assert "RNNKIT_DATA" in printed

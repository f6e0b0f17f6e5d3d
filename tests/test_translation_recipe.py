"""The translation recipe: its rivals and scores, and a run on made-up words."""

import importlib.util
import json
import subprocess
import sys
from types import SimpleNamespace

import keras
import pytest

from rnnkit.data import Pairs
from tests.running import again, recipe, results, run

pytest.importorskip("sacrebleu")
TRAIN = recipe("translation")


@pytest.fixture(scope="module")
def pairs():
    """The recipe's module of that name."""
    path = TRAIN.with_name("pairs.py")
    spec = importlib.util.spec_from_file_location("translation_pairs", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_templates_say_what_each_number_is(pairs):
    known = {
        "5 mars 2008": "2008-03-05",
        "12 mars 1999": "1999-03-12",
        "05.03.2008": "2008-03-05",
        "11.11.2011": "2011-11-11",
        "12.07.1950": "1950-07-12",
    }
    read = pairs.templates(Pairs(tuple(known), tuple(known.values())))
    assert read("7 mars 2011") == "2011-03-07"
    assert read("01.02.2003") == "2003-02-01"
    assert read("7 avril 2011") == ""


def test_words_are_written_that_go_together_most(pairs):
    sources = ("Ein Hund .", "Ein Mann .", "Ein Mann und ein Hund .", "Hund")
    targets = ("A dog.", "A man.", "A man and a dog.", "dog")
    translate = pairs.word_by_word(Pairs(sources, targets))
    assert translate("ein Mann, Hund und Igel") == "a man , dog and igel"


def test_translations_are_scored_without_regard_to_case(pairs):
    config = SimpleNamespace(data="multi30k")
    truth = ("A dog is running in the snow.", "Two men.")
    scores = pairs.scores(config, ["a dog is running in the snow.", "two men."], truth)
    assert list(scores) == ["BLEU", "chrF"]
    assert scores == pytest.approx({"BLEU": 100, "chrF": 100})
    assert pairs.scores(config, ["a cat", "two men."], truth)["BLEU"] < 50
    assert "case:lc" in pairs.signature(config).split()
    config = SimpleNamespace(data="dates")
    assert pairs.scores(config, ["a", "b", "C"], "abc") == {"exact match": 2 / 3}
    assert pairs.signature(config) is None


def test_made_up_words_are_turned_round(pairs):
    made = pairs.turned(20, seed=3)
    for source, target in zip(made.sources, made.targets):
        assert target.split() == source.split()[::-1]
    assert pairs.turned(20, seed=4) != made == pairs.turned(20, seed=3)


def test_what_there_is_not_is_said(pairs):
    with pytest.raises(SystemExit, match="No data 'x'; there are dates, turned"):
        pairs.read_parts(SimpleNamespace(data="x"))
    with pytest.raises(SystemExit, match="no train in 'xx'"):
        pairs.read_parts(SimpleNamespace(data="multi30k", source="xx", target="en"))
    config = SimpleNamespace(tokens="x", lowercase=False)
    with pytest.raises(SystemExit, match="No tokens 'x'; there are characters"):
        pairs.tokenizers(config, Pairs(("a",), ("b",)))


def test_french_goes_both_ways(pairs, data_set, monkeypatch):
    monkeypatch.setenv("RNNKIT_DATA", str(data_set("fra_eng").parent))
    config = {"data": "fra_eng", "source": "en", "target": "fr", "examples": 500}
    parts = pairs.read_parts(SimpleNamespace(**config))
    assert [len(part) for part in parts.values()] == [500, 1000, 1000]
    assert not set(parts["train"].sources) & set(parts["test"].sources)
    config |= {"source": "fr", "target": "en"}
    turned = pairs.read_parts(SimpleNamespace(**config))
    assert turned["test"].sources == parts["test"].targets
    with pytest.raises(SystemExit, match="not de to en"):
        pairs.read_parts(SimpleNamespace(**config | {"source": "de"}))


def test_french_that_is_not_there_is_said(pairs, monkeypatch, tmp_path):
    monkeypatch.setenv("RNNKIT_DATA", str(tmp_path))
    with pytest.raises(SystemExit, match=r"Unpack .*fra-eng\.zip into"):
        pairs.read_parts(SimpleNamespace(data="fra_eng", source="en", target="fr"))


SERVED = (
    "import sys, tensorflow as tf\n"
    "serve = tf.saved_model.load(sys.argv[1]).signatures['serving_default']\n"
    "print(serve(source=tf.constant(['a b c']))['text'].numpy()[0][0].decode())\n"
)


@pytest.mark.slow
def test_smoke_learns_to_turn_words_round(tmp_path):
    command = (TRAIN, "--preset", "smoke")
    printed, status = run(tmp_path, *command)
    assert status == 0, printed
    assert "--- after epoch 8 " in printed
    folder = tmp_path / "runs" / "translation" / "smoke"
    found = results(tmp_path)
    assert found["metrics"]["exact match, beam 5"] >= 0.8
    assert found["baselines"]["exact match, the most frequent target"] < 0.2
    rows = json.loads((folder / "translations.json").read_text())
    right = sum(row["beam 5"] == row["target"] for row in rows)
    assert right == round(len(rows) * found["metrics"]["exact match, beam 5"])
    for name in ("training.png", "alignment.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
    assert not list(folder.glob("*checkpoint"))
    model = keras.saving.load_model(folder / "model.keras")
    command_line = [sys.executable, "-c", SERVED, folder / "export"]
    served = subprocess.run(command_line, capture_output=True, text=True, check=True)
    assert [served.stdout.strip()] == model.translate(["a b c"])
    printed, status = again(tmp_path, *command)
    assert status == 0
    assert "has finished before" in printed


@pytest.mark.thorough
@pytest.mark.slow
def test_missing_the_share_is_a_failure(tmp_path):
    flags = ("--epochs", 1, "--learning-rate", 0.0, "--attention", "none")
    printed, status = run(tmp_path, TRAIN, "--preset", "smoke", *flags)
    assert status == 1
    assert "It had to reach 80.00% exact match and did not." in printed
    assert "alignment.png" not in printed


@pytest.mark.thorough
@pytest.mark.slow
def test_the_table_compares_four_systems(tmp_path):
    flags = ("--task", "table", "--epochs", 1, "--no-bidirectional")
    printed, status = run(tmp_path, TRAIN, "--preset", "smoke", *flags)
    assert status == 0, printed
    metrics = results(tmp_path)["metrics"]
    for system in ("plain", "reversed source", "deep", "attention"):
        for way in ("greedy", "beam 5"):
            assert f"exact match, {way}, {system}" in metrics
    sizes = [metrics[f"parameters, {s}"] for s in ("plain", "reversed source", "deep")]
    assert sizes[0] == sizes[1] < sizes[2]
    columns = results(tmp_path)["tables"]["systems"]
    assert columns["deep"]["parameters"] == sizes[2]
    assert [*columns] == ["plain", "reversed source", "deep", "attention"]

"""The README's code runs, and its tables are those of the committed results."""

import json
import re
from pathlib import Path

import pytest

from tools import readme

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


@pytest.mark.slow
def test_snippets_run(capsys, monkeypatch, tmp_path):
    """The Python blocks, one after another, as a reader would type them."""
    snippets = re.findall(r"```python\n(.*?)```", README, re.S)
    assert len(snippets) == 6
    monkeypatch.chdir(tmp_path)
    names = {}
    said = "layer gru: the gradient shrinks by"
    *others, watched = [compile(code, "README.md", "exec") for code in snippets]
    for code in others:
        exec(code, names)
    with pytest.warns(UserWarning, match=said):
        exec(watched, names)
    assert {path.name for path in tmp_path.iterdir()} == {
        "gradient.png",
        "jacobians.png",
    }
    printed = capsys.readouterr().out
    assert printed.startswith("the ")
    assert printed.endswith("['ab', 'ba', 'abb', 'bba']\n['one two']\n")


def test_two_commands_start_it():
    """`.ci/run` reads the two commands from the README by how they begin."""
    commands = re.findall(r"^pip install -e .*", README, re.M)
    assert [command.rsplit("&& ")[-1] for command in commands] == [
        "python recipes/char_lm/train.py",
        "pytest",
    ]


@pytest.mark.parametrize("path", readme.readmes(), ids=lambda path: path.parent.name)
def test_tables_are_up_to_date(path):
    text = path.read_text("utf-8")
    assert readme.filled(text, path.parent) == text, "run `python -m tools.readme`"


def test_tables_of_results(tmp_path):
    """Two committed files give one row each, and none gives a sentence."""
    assert readme.recipes_table(tmp_path) == readme.NOT_MEASURED
    assert readme.benchmarks_table(tmp_path) == readme.NOT_MEASURED
    recipe = {
        "recipe": "task",
        "preset": "small",
        "command": "python recipes/task/train.py",
        "metrics": {"bits per character": 1.73456, "word error": 0.25},
        "baselines": {"bz2": 2.0},
        "published": {"LSTM": [1.36, "a paper"]},
        "seconds": 170.2,
        "device": "2 CPU cores",
    }
    row = {"benchmark": "LSTM", "peer_name": "Keras", "ours": 1.0, "peer": 2.0}
    cases = [row | {"case": "a", "ratio": 4.0}, row | {"case": "b", "ratio": 1.0}]
    for name, content in {
        "recipes/task/results/small.json": recipe,
        "benchmarks/results/lstm.json": {
            "rows": cases,
            "asked": {"Keras": 3.0},
            "name": "lstm",
            "notes": ["A note."],
            "device": "2 CPU cores",
            "versions": {"python": "3.11", "torch": None},
        },
    }.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(json.dumps(content))
    assert readme.recipes_table(tmp_path).splitlines()[2:] == [
        "| [task](recipes/task), small | **bits per character 1.735** | bz2 2 "
        "| LSTM 1.36 (a paper) | 2 min 50 s, 2 CPU cores |"
    ]
    assert readme.results_table(tmp_path / "recipes" / "task").splitlines()[2:] == [
        "| `small` | **bits per character 1.735<br>word error 25 %** | bz2 2 "
        "| LSTM 1.36 (a paper) | 2 min 50 s, 2 CPU cores |"
    ]
    assert readme.benchmarks_table(tmp_path).splitlines()[2:] == [
        "| LSTM | Keras | **2.00 ×** | 1.00 × (b) | 3.00 ×, missed |",
        "",
        "Measured on 2 CPU cores: python 3.11.",
    ]
    assert readme.notes(tmp_path / "benchmarks") == "- A note."
    path = tmp_path / "benchmarks/results/lstm.json"
    other = json.loads(path.read_text()) | {"name": "omega", "device": "another"}
    path.with_name("omega.json").write_text(json.dumps(other))
    assert readme.benchmarks_table(tmp_path).splitlines()[4:] == [
        "",
        "`lstm`: measured on 2 CPU cores: python 3.11.",
        "",
        "`omega`: measured on another: python 3.11.",
    ]


def test_the_table_of_one_text(tmp_path):
    """A row for each perplexity, older ideas first; other figures have none."""
    assert readme.treebank_table(tmp_path) == readme.NOT_MEASURED
    lstm = {"perplexity": 102.4, "with a cache": 99.0, "parameters": 4}
    lstm["validation perplexity"] = 105.0
    for recipe, preset, metrics in (
        ("word_lm", "zaremba_small", lstm),
        ("word_lm", "small", {"perplexity": 60.0}),
        ("ngram", "ptb", {"perplexity, add-one": 3456.7, "perplexity, LSTM": 1.0}),
    ):
        path = tmp_path / "recipes" / recipe / "results" / f"{preset}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        result = dict(recipe=recipe, preset=preset, metrics=metrics, baselines={})
        named = "LSTM" if recipe == "word_lm" else "perplexity, LSTM"
        result |= dict(published={named: [114.5, "a paper"]}, seconds=1, device="")
        path.write_text(json.dumps(result))
    assert readme.treebank_table(tmp_path).splitlines()[2:] == [
        "| [ngram](recipes/ngram), ptb | add-one | **3,457** |  |",
        "| [ngram](recipes/ngram), ptb | LSTM | **1** | 114.5 (a paper) |",
        "| [word_lm](recipes/word_lm), zaremba_small | alone | **102.4** "
        "| LSTM 114.5 (a paper) |",
        "| [word_lm](recipes/word_lm), zaremba_small | with a cache | **99** |  |",
    ]


def test_tables_of_a_recipes_own(tmp_path):
    text = "<!-- table: lengths -->\n<!-- end -->"
    assert readme.NOT_MEASURED in readme.filled(text, tmp_path)
    (tmp_path / "results").mkdir()
    columns = {"plain": {"short": 0.12345, "long": 7}, "window": {"long": "none"}}
    other = {"lengths": {"plain": {"short": 1}}}
    for name, command, tables in (
        ("a", "train.py --preset a", other),
        ("b", "train.py", {"lengths": columns}),
    ):
        content = {"preset": name, "command": command, "tables": tables}
        (tmp_path / "results" / f"{name}.json").write_text(json.dumps(content))
    assert readme.filled(text, tmp_path).splitlines()[2:-2] == [
        "|  | plain | window |",
        "| --- | --- | --- |",
        "| short | 0.1235 |  |",
        "| long | 7 | none |",
    ]
    named = text.replace("lengths", "lengths a")
    assert readme.filled(named, tmp_path).splitlines()[4:-2] == ["| short | 1 |"]
    with pytest.raises(ValueError, match="no table 'lengths' of preset 'c'"):
        readme.filled(text.replace("lengths", "lengths c"), tmp_path)

"""The benchmarks run and hand back rows of one layout; no time is asserted."""

import json

import pytest

import rnnkit
from benchmarks import __main__ as command
from benchmarks import layer_steps, memory, timing
from benchmarks.peers import KerasStep
from benchmarks.report import Report
from tools import readme

COLUMNS = ["benchmark", "case", "ours", "peer", "peer_name", "ratio"]


def test_lists_every_benchmark(capsys):
    assert command.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(command.NAMES)
    assert all(line.endswith(".") for line in lines)


def test_an_unknown_benchmark_is_named(capsys):
    with pytest.raises(SystemExit):
        command.main(["lstmm"])
    assert "'lstmm'" in capsys.readouterr().err


def test_ratio_above_one_means_ours_is_better():
    report = Report("ms", {"slow": 2.5, "fast": 0.5})
    report.add("b", "one", ours=1.0, peer=2.0, peer_name="slow")
    report.add("b", "two", ours=1.0, peer=8.0, peer_name="slow")
    report.add("b", "one", ours=2.0, peer=8.0, peer_name="fast", more_is_better=True)
    assert [row["ratio"] for row in report.rows] == [2.0, 8.0, 0.25]
    assert report.means() == pytest.approx({("b", "slow"): 4.0, ("b", "fast"): 0.25})
    text = report.text()
    assert "b against slow: 4.00 ×, asked 2.50 ×: reached" in text
    assert "b against fast: 0.25 ×, asked 0.50 ×: MISSED" in text


def test_contenders_take_turns(monkeypatch):
    # It would look at all that the tests before have left.
    monkeypatch.setattr(timing.gc, "collect", lambda: 0)
    calls = []
    contenders = {name: lambda name=name: calls.append(name) for name in "ab"}
    seconds = timing.interleaved(contenders, rounds=3, warm_up=1)
    assert list(seconds) == ["a", "b"]
    assert "".join(calls) == "ab" + "ab" + "ba" + "ab"
    calls.clear()
    timing.interleaved(contenders, rounds=2, warm_up=0, calls=3)
    assert "".join(calls) == "aaabbb" + "bbbaaa"


@pytest.mark.slow
def test_a_benchmark_writes_what_the_readme_reads(tmp_path, capsys, monkeypatch):
    """A tiny layer benchmark without torch: its table, its file, its README rows."""
    monkeypatch.setattr(command, "silence_tensorflow", lambda: None)
    monkeypatch.setattr(layer_steps, "torch", None)
    path = tmp_path / "benchmarks" / "results" / "gru.json"
    assert command.main(["gru", "--quick", "--json", str(path)]) == 0
    assert "Geometric means:" in capsys.readouterr().out
    result = json.loads(path.read_text())
    assert [list(row) for row in result["rows"]] == [COLUMNS]
    for row in result["rows"]:
        assert row["ratio"] == pytest.approx(row["peer"] / row["ours"])
    assert result["notes"][1].startswith("torch is not installed")
    table = readme.benchmarks_table(tmp_path)
    assert "| GRU | keras.layers.GRU |" in table
    assert f"Measured on {result['device']}" in table


@pytest.mark.skipif(not memory.CLEAR.exists(), reason="told by Linux only")
def test_memory_is_what_a_peak_adds_though_there_was_a_higher_one():
    size = 40_000_000
    assert len(b"x" * (5 * size))
    found, megabytes = memory.grown(lambda: len(b"x" * size))
    assert found == size
    assert 35 < megabytes < 80


def test_contenders_that_compute_something_else_are_refused():
    with_other_gates = KerasStep(
        rnnkit.layers.SimpleRNN(4, activation="relu", return_sequences=True)
    )
    ours = KerasStep(rnnkit.layers.SimpleRNN(4, return_sequences=True))
    with pytest.raises(ValueError, match="peer computes something else"):
        layer_steps.load_all({"ours": ours, "peer": with_other_gates}, (4, 3, 2, 4))

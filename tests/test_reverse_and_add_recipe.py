"""The recipe of longer texts, stopping and own mistakes: tasks, rules, measures."""

import importlib
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from keras import ops

from tests.running import again, recipe, results, run

TRAIN = recipe("reverse_and_add")
CONFIG = SimpleNamespace(
    study="all",
    task="reverse",
    shortest=4,
    longest=5,
    beyond=7,
    examples=1,
    test_examples=3,
    place_examples=3,
    epochs=1,
    decoders=("plain",),
    stopping_decoder="window",
    schedules=("linear",),
    units=4,
    embedding_dim=4,
)
LENGTHS = np.array([3, 1, 5])


@pytest.fixture
def module(monkeypatch):
    """Imports a file of the recipe's folder."""
    monkeypatch.syspath_prepend(str(TRAIN.parent))
    yield importlib.import_module
    for name in ("tasks", "writers", "studies", "summary"):
        sys.modules.pop(name, None)


def changed(**changes):
    """The configuration with other values."""
    return SimpleNamespace(**{**vars(CONFIG), **changes})


def test_targets_are_what_the_task_says(module):
    pairs = module("tasks").pairs
    for source, target in zip(*vars(pairs("reverse", (4, 6), 50, "train")).values()):
        assert target == "".join(reversed(source))
        assert 4 <= len(source) <= 6
    for source, target in zip(*vars(pairs("add", (4, 4), 50, "test")).values()):
        first, second = (int(part[::-1]) for part in source.split("+"))
        assert int(target[::-1]) == first + second
        assert len(source) == 9
    for source, target in zip(*vars(pairs("walk", (7, 7), 50, "train")).values()):
        place = 0
        for step, after in zip(source, target, strict=True):
            place = (place + {"+": 1, "-": -1}[step]) % 10
            assert int(after) == place


@pytest.mark.parametrize("task", ["reverse", "add", "walk"])
def test_no_source_of_the_test_is_trained_on(module, task):
    pairs = module("tasks").pairs
    train, test = (pairs(task, (4, 6), 2000, part) for part in ("train", "test"))
    assert not set(train.sources) & set(test.sources)
    assert pairs(task, (4, 6), 9, "test") == pairs(task, (4, 6), 9, "test")
    assert pairs(task, (4, 6), 9, "test") != pairs(task, (4, 6), 9, "test", seed=1)


def test_what_there_is_not_is_said(module):
    check = module("studies").check
    check(CONFIG)
    for changes, message in {
        ("study", "x"): "No study 'x'; there are lengths, stopping, exposure, all.",
        ("task", "x"): "No task 'x'; there are reverse, add, walk.",
        ("decoders", ("x",)): "No decoder 'x'; there are plain, additive, ",
        ("schedules", ("x",)): "No schedule 'x'; there are constant, linear, ",
        ("shortest", 2): "Lengths from 2 to 5 cannot be had",
        ("longest", 3): "Lengths from 4 to 3 cannot be had",
        ("beyond", 4): "The tests reach 4 digits, the training 5",
        ("epochs", 0): "epochs is 0: take 1 or more.",
    }.items():
        with pytest.raises(SystemExit, match=re.escape(message)):
            check(changed(**dict([changes])))


@pytest.mark.parametrize("padding", [0, 3])
def test_losses_of_what_says_when_to_stop(module, padding):
    """Against sums over the true steps alone; padding adds nothing."""
    extra_loss = module("writers").extra_loss
    rng = np.random.default_rng(0)
    size = LENGTHS.max() + 1 + padding
    extra = rng.normal(2, 2, (3, size))
    real = np.arange(size) <= LENGTHS[:, None]
    is_end = np.arange(size) == LENGTHS[:, None]
    given = extra.astype("float32"), real.astype("float32"), is_end
    stop, steps = [], []
    for row, length in zip(extra, LENGTHS):
        for t in range(length + 1):
            p = 1 / (1 + np.exp(-row[t]))
            stop.append(-np.log(p if t == length else 1 - p))
            away = abs(length - t - row[t])
            steps.append(away**2 / 2 if away < 1 else away - 0.5)
    first = [steps[0], steps[4], steps[6]]
    for rule, expected in {
        "stop output": np.mean(stop),
        "remaining steps": np.mean(steps),
        "predicted length": np.mean(first),
    }.items():
        found = float(extra_loss(rule, *given))
        assert found == pytest.approx(expected, rel=1e-5), rule


@pytest.mark.parametrize(
    "rule", ["end symbol", "stop output", "predicted length", "remaining steps"]
)
def test_each_rule_stops_where_it_is_told(module, monkeypatch, rule):
    """The decoder is replaced by one that knows the lengths, and writes sevens."""
    writers, vocabulary = module("writers"), module("tasks").vocabulary()
    model = writers.build(CONFIG, vocabulary, "plain", "reverse", rule)
    seven = vocabulary.encode("7")[0]

    def begin(source, lengths, training=False):
        return {"step": ops.zeros_like(lengths)}, {"length": lengths}

    def both(tokens, state, constants):
        done = state["step"] == constants["length"]
        remaining = ops.cast(constants["length"] - state["step"], "float32")
        extra = {
            "end symbol": 0 * remaining,
            "stop output": ops.where(done, 9.0, -9.0),
            "predicted length": remaining + 0.3,
            "remaining steps": remaining + 0.3,
        }[rule]
        ends = done & (rule == "end symbol")
        token = ops.where(ends, vocabulary.end, seven)
        symbols = 20 * ops.one_hot(token, vocabulary.size)
        return (symbols, extra), {"step": state["step"] + 1}

    monkeypatch.setattr(model, "begin", begin)
    monkeypatch.setattr(model, "both", both)
    written = model.translate(["1234", "5", "678901"], beam_width=2)
    assert written == ["7777", "7", "777777"]


def test_the_end_is_no_symbol_where_another_output_tells(module):
    """Nothing pulls its logit up, but under the rule of the end symbol."""
    tensorflow = pytest.importorskip("tensorflow")
    writers, vocabulary = module("writers"), module("tasks").vocabulary()
    target = np.array([[*vocabulary.encode("41"), vocabulary.end, -1]], "int32")
    for rule in writers.RULES:
        model = writers.build(CONFIG, vocabulary, "plain", "reverse", rule)
        model.compile()
        y_pred = tensorflow.Variable(
            np.full((1, 4, vocabulary.size + 1), 0.3, "float32")
        )
        with tensorflow.GradientTape() as tape:
            loss = model.compute_loss(None, target, y_pred)
        gradient = tape.gradient(loss, y_pred).numpy()[0]
        assert (gradient[2, vocabulary.end] < 0) == (rule == "end symbol")
        assert not gradient[3].any()
        told = {"end symbol": 0, "predicted length": 1}.get(rule, 3)
        assert np.count_nonzero(gradient[:, -1]) == told


def test_accuracy_and_length_error_by_length(module):
    def translate(sources, **options):
        return [s[::-1] if len(s) < 6 else s[:1:-1] for s in sources]

    measure = module("studies").by_length(CONFIG, "reverse")
    found = measure(SimpleNamespace(translate=translate))
    assert found == {"accuracy": [1, 1, 0, 0], "length error": [0, 0, 2, 2]}


def test_tables_tell_lengths_apart(module):
    summary = module("summary")
    one = {"accuracy": [1.0, 0.8, 0.5, 0.1], "length error": [0.0, 0.2, 1.0, 3.0]}
    places = {"true": [0.1] * 5 + [0.2] * 2, "own": [0.2] * 5 + [0.6, 0.8]}
    found = {"lengths": {"a": one}, "stopping": {"b": one}, "exposure": {"c": places}}
    made = summary.tables(found, CONFIG)
    assert list(made["lengths"]["a"].items()) == [
        ("accuracy, lengths trained on", pytest.approx(0.9)),
        ("accuracy, longer", pytest.approx(0.3)),
        ("accuracy, length 6", 0.5),
        ("accuracy, length 7", 0.1),
    ]
    assert made["stopping"]["b"]["mean length error, longer"] == 2
    assert made["exposure"]["c"]["error after own symbols, later places"] == 0.7
    assert summary.metrics(found, CONFIG)["accuracy, longer, b"] == pytest.approx(0.3)
    short = changed(beyond=5)
    one = {"accuracy": [1.0, 0.8], "length error": [0.0, 0.2]}
    assert list(summary.tables({"stopping": {"b": one}}, short)["stopping"]["b"]) == [
        "accuracy, lengths trained on",
        "mean length error, lengths trained on",
    ]


@pytest.mark.slow
def test_smoke_learns_to_reverse(tmp_path):
    command = (TRAIN, "--preset", "smoke")
    printed, status = run(tmp_path, *command)
    assert status == 0, printed
    found = results(tmp_path)
    cells = found["tables"]["lengths"]["window"]
    assert cells["accuracy, lengths trained on"] >= 0.7
    assert found["baselines"]["accuracy, the source as it is"] < 0.1
    (picture,) = tmp_path.glob("runs/*/*/lengths.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
    printed, status = again(tmp_path, *command)
    assert status == 0
    assert "has finished before" in printed


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.parametrize("study", ["stopping", "exposure"])
def test_the_other_studies_run(tmp_path, study):
    flags = ("--study", study, "--epochs", 1, "--examples", 64, "--schedules", "linear")
    printed, status = run(tmp_path, TRAIN, "--preset", "smoke", *flags)
    assert status == 0, printed
    found = results(tmp_path)
    columns = {"stopping": 4, "exposure": 2}[study]
    assert len(found["tables"][study]) == columns
    # An interrupted run goes on with the training in which it was.
    (path,) = tmp_path.glob("runs/*/*/results.json")
    path.unlink()
    printed, status = run(tmp_path, TRAIN, "--preset", "smoke", *flags)
    assert status == 0, printed
    assert "Epoch" not in printed
    assert results(tmp_path)["tables"] == found["tables"]

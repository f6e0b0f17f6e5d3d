"""The recipe of shapes: what is shown is what runs; tasks; diagrams; and a run."""

import importlib
import inspect
import itertools
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from tests.running import again, recipe, results, run

TRAIN = recipe("shapes")


@pytest.fixture
def module(monkeypatch):
    """Imports a file of the recipe's folder."""
    monkeypatch.syspath_prepend(str(TRAIN.parent))
    yield importlib.import_module
    for name in ("shapes", "lessons", "diagrams"):
        sys.modules.pop(name, None)


def lesson(module, name, **changes):
    """A lesson whose network is not built."""
    lessons = module("lessons")
    outputs = {"output_to_hidden": (None, None)}
    for shape in vars(lessons.shapes).copy():
        if not shape.startswith("_"):
            setattr(lessons.shapes, shape, lambda *_, s=shape: outputs.get(s))
    return lessons.LESSONS[name](np.random.default_rng(0), 64)


def test_the_readme_shows_the_code_that_runs(module):
    shapes = module("shapes")
    functions = [
        inspect.getsource(function).strip()
        for _, function in inspect.getmembers(shapes, inspect.isfunction)
        if function.__module__ == "shapes"
    ]
    text = TRAIN.with_name("README.md").read_text("utf-8")
    shown = [block.strip() for block in re.findall(r"```python\n(.*?)```", text, re.S)]
    assert sorted(shown) == sorted(functions)
    assert len(functions) == len(module("lessons").LESSONS)
    assert all(len(function.splitlines()) <= 10 for function in functions)


def test_diagrams_join_what_the_shapes_join(module):
    shapes = module("diagrams").SHAPES
    assert list(shapes) == list(module("lessons").LESSONS)
    for nodes, arrows in shapes.values():
        joined = set(itertools.chain(*itertools.chain(*arrows.values())))
        assert joined == set(nodes)
        for start, end in itertools.chain(*arrows.values()):
            (a, b), (c, d) = nodes[start], nodes[end]
            assert (c - a, d - b) in {(0, 1), (1, 0), (1, -1)}, (start, end)
        places = list(nodes.values())
        assert len(set(places)) == len(places)
    weights = {name: set(arrows) - {""} for name, (_, arrows) in shapes.items()}
    assert weights["no output"] == {"U", "W"}
    assert weights["output to hidden"] == {"U", "V", "R"}  # its only memory
    assert len(shapes["output at each step"][1]["V"]) == 4
    assert shapes["output at the end"][1]["V"] == [("h4", "y4")]
    assert shapes["vector to sequence"][1]["R"][0] == ("y1", "h2")


def test_numbers_are_spelled(module):
    in_words = module("lessons").in_words
    for number, text in {
        0: "zero",
        13: "thirteen",
        40: "forty",
        99: "ninety nine",
        100: "one hundred",
        519: "five hundred and nineteen",
        4023: "four thousand and twenty three",
        7000: "seven thousand",
        9999: "nine thousand nine hundred and ninety nine",
    }.items():
        assert in_words(number) == text
    assert len({in_words(number) for number in range(10_000)}) == 10_000


def test_brackets_match_in_half_of_all(module):
    lessons = module("lessons")

    def plain(row):
        text = "".join("()"[k] for k in row)
        while "()" in text:
            text = text.replace("()", "")
        return not text

    rng = np.random.default_rng(0)
    rows = [lessons.brackets(rng, 4) for _ in range(200)]
    assert [lessons.matches(row) for row in rows] == [plain(row) for row in rows]
    assert 80 < sum(map(plain, rows)) < 120


def test_a_register_holds_what_was_loaded_last(module):
    given = lesson(module, "output to hidden")
    commands, truth = given.x[0].argmax(-1), given.y.argmax(-1)
    for row, after in zip(commands, truth):
        held = None
        for command, value in zip(row, after):
            held = command - 1 if command else held
            assert value == held


def test_turns_lead_where_complex_numbers_say(module):
    given = lesson(module, "sequence to vector")
    for row, place in zip(given.x, given.y):
        here, heading = 0, 1
        for turn in row:
            heading *= (1, 1j, -1j)[turn]
            here += heading
        np.testing.assert_allclose([here.real, here.imag], place, atol=1e-5)


def test_sums_and_memories(module):
    given = lesson(module, "output at each step")
    for row, after in zip(given.x, given.y):
        assert list(after) == [sum(row[: t + 1]) % 3 for t in range(len(row))]
    given = lesson(module, "no output")
    np.testing.assert_array_equal(given.x.argmax(-1)[:, -1 - 8], given.y)


def test_the_words_come_one_step_late(module):
    given = lesson(module, "vector to sequence")
    start, end = 2, 3
    for before, y in zip(given.x[1], given.y):
        size = list(y).index(end) + 1
        assert before[0] == start
        assert list(before[1:size]) == list(y[: size - 1])
        assert set(y[size:]) <= {-1}


def test_what_there_is_not_is_said(module):
    check = module("lessons").check
    good = {"shapes": ("no output",), "examples": 1, "epochs": 1}
    check(SimpleNamespace(**good))
    with pytest.raises(SystemExit, match="No shape 'x'; there are no output, output"):
        check(SimpleNamespace(**good | {"shapes": ("x",)}))
    for empty in ({"shapes": ()}, {"examples": 0}, {"epochs": 0}):
        with pytest.raises(SystemExit, match="Nothing is to be learnt"):
            check(SimpleNamespace(**good | empty))


def test_gain_is_what_the_rival_lacks(module):
    gain = module("lessons").gain
    assert gain("accuracy", 0.5, 0.75) == 0.5
    assert gain("accuracy", 0.5, 0.5) == 0
    assert gain("distance", 2.0, 0.5) == 0.75


@pytest.mark.slow
def test_smoke_learns_from_its_own_outputs(tmp_path):
    command = (TRAIN, "--preset", "smoke")
    printed, status = run(tmp_path, *command)
    assert status == 0, printed
    found = results(tmp_path)
    assert found["metrics"]["accuracy, output to hidden"] > 0.6
    assert found["baselines"]["accuracy, output to hidden"] < 0.4
    for name in ("shapes.png", "output_to_hidden.png"):
        (picture,) = tmp_path.glob(f"runs/*/*/{name}")
        assert picture.read_bytes().startswith(b"\x89PNG")
    printed, status = again(tmp_path, *command)
    assert status == 0
    assert "has finished before" in printed

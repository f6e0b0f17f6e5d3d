"""The recipe that reads lines: its data, its scores, and as a user runs it."""

import collections
import importlib
import itertools
import json
import sys

import keras
import numpy as np
import pytest

import rnnkit  # noqa: F401  (defines what the model holds)
from tests.running import again, killed_in_mid_epoch, recipe, results, run, start

for needed in ("jiwer", "matplotlib", "PIL"):
    pytest.importorskip(needed)

TRAIN = recipe("ocr")
Read = collections.namedtuple("Read", ("score", "symbols"))


@pytest.fixture
def module(monkeypatch):
    """Imports a file of the recipe's folder."""
    monkeypatch.syspath_prepend(str(TRAIN.parent))

    def load(name):
        monkeypatch.delitem(sys.modules, name, raising=False)
        return importlib.import_module(name)

    return load


class Neutral:
    """A generator of random numbers that gives the middle of what is asked for."""

    def uniform(self, low, high):
        return (low + high) / 2

    def normal(self, mean, deviation, size=None):
        return np.full(size, mean) if size else mean


def family(font):
    """What of a font's name its weights and slants share."""
    known = ("DejaVuSansMono", "DejaVuSans", "DejaVuSerif", "STIX", "cms", "cmt")
    return next((name for name in known if font.startswith(name)), font)


def test_tested_families_are_in_no_other_part(module):
    found = module("lines").FONTS.items()
    fonts = {part: {font for row in rows for font in row} for part, rows in found}
    test, valid, train = (
        set(map(family, fonts[part])) for part in ("test", "valid", "train")
    )
    assert test == {"STIX"}
    assert not test & (valid | train)
    assert not fonts["valid"] & fonts["train"]


@pytest.mark.slow
def test_tested_lines_are_in_no_other_part(module):
    texts = module("lines").docstring_lines()
    train, valid, test = (set(texts[part]) for part in ("train", "valid", "test"))
    assert min(map(len, (train, valid, test))) > 100
    assert not train & (valid | test)
    assert all(8 <= len(text) <= 32 and text.isascii() for text in train | test)


@pytest.mark.parametrize("part", ["train", "valid", "test"])
def test_rendered_text_is_ink_on_paper_of_one_height(module, part):
    lines, rng = module("lines"), np.random.default_rng(0)
    for font in (font for row in lines.FONTS[part] for font in row):
        short, long = (lines.render(text, font, rng) for text in ("in", "in" * 9))
        for ink in (short, long):
            assert ink.shape[1] == lines.HEIGHT
            assert ink.dtype == np.float32
            assert 0 <= ink.min() < 0.1 < 0.35 < ink.max() <= 1
        assert len(long) > 2 * len(short)
        varied = [lines.render("in", font, rng, varied=True) for _ in range(4)]
        assert len({len(ink) for ink in varied}) > 1


def test_strewn_characters_keep_spaces_and_most_others(module):
    rng = np.random.default_rng(0)
    text = ("as plain as a text can be " * 40).strip()
    found = module("lines").strewn(text, ["@", "^"], rng, spaces=0.0)
    assert [c == " " for c in found] == [c == " " for c in text]
    changed = np.mean([a != b for a, b in zip(found, text) if b != " "])
    assert 0.2 < changed < 0.4
    assert set(found) == set(text) | {"@", "^"}
    twice = module("lines").strewn("x" * 1000, list("abcdefgh"), rng, 1.0, 0.0, 0.5)
    assert 400 < sum(a == b for a, b in itertools.pairwise(twice)) < 700
    spaced = module("lines").strewn("unspaced" * 100, ["@", "^"], rng, spaces=0.5)
    assert 60 < spaced.count(" ") < 160
    assert spaced == " ".join(spaced.split())


def test_stretching_is_by_the_factors_drawn(module):
    ink = np.random.default_rng(0).random((50, 32), "float32")
    same, wider = Neutral(), Neutral()
    same.uniform = lambda low, high: 1.0
    wider.uniform = lambda low, high: 2.0
    stretched = module("lines").stretched
    np.testing.assert_allclose(stretched(ink, same), ink, atol=1e-6)
    found = stretched(ink, wider)
    assert found.shape == (100, 32)
    # Between the middles of two columns, each weighs as it is near.
    np.testing.assert_allclose(found[1], 0.75 * ink[0] + 0.25 * ink[1], atol=1e-6)
    np.testing.assert_allclose(found[2], 0.25 * ink[0] + 0.75 * ink[1], atol=1e-6)
    narrow = stretched(ink, np.random.default_rng(1))
    assert 20 < len(narrow) < 90
    assert narrow.max() <= ink.max()


def test_raising_moves_ink_up_and_down_alone(module):
    lines = module("lines")
    ink = np.random.default_rng(0).random((50, 32), "float32")
    np.testing.assert_allclose(lines.raised(ink, Neutral()), ink, atol=1e-6)
    rows = np.broadcast_to(np.linspace(0, 1, 32, dtype="float32"), (50, 32))
    for seed in range(5):
        found = lines.raised(rows, np.random.default_rng(seed))
        np.testing.assert_allclose(found, found[:1].repeat(50, 0), atol=1e-6)
        np.testing.assert_allclose(found[0, [0, -1]], [0, 1], atol=1e-3)
        assert (np.diff(found[0]) > 0).all()
        assert np.abs(found[0] - rows[0]).max() > 0.01


def test_pressing_thickens_or_thins_strokes(module):
    ink, random = np.zeros((9, 32), "float32"), Neutral()
    ink[3:6, 10:20] = 1
    random.uniform = lambda low, high: high
    thick = module("lines").pressed(ink, random)
    random.uniform = lambda low, high: low
    thin = module("lines").pressed(ink, random)
    np.testing.assert_allclose(thick[2:7, 15], [0, 1, 1, 1, 0.8], atol=1e-6)
    np.testing.assert_allclose(thick[4, 19:22], [1, 0.8, 0], atol=1e-6)
    np.testing.assert_allclose(thin[2:7, 15], [0, 0.6, 1, 1, 0], atol=1e-6)


def test_distortion_without_chance_is_but_fainter(module):
    ink = np.random.default_rng(0).random((50, 32), "float32")
    found = module("lines").distorted(ink, Neutral())
    np.testing.assert_allclose(found, 0.8 * ink, atol=1e-6)


def test_distortion_slants_and_moves(module):
    ink = np.zeros((60, 32), "float32")
    ink[30, 4:28] = 1
    random, moved = Neutral(), Neutral()
    random.normal = lambda mean, deviation: 0.2 if deviation == 0.08 else mean
    found = module("lines").distorted(ink, random)
    centres = (found * np.arange(60)[:, None]).sum(0)[4:28] / found.sum(0)[4:28]
    np.testing.assert_allclose(np.diff(centres), -0.2, atol=1e-4)
    moved.uniform = lambda low, high: 1.0
    found = module("lines").distorted(ink, moved)
    np.testing.assert_allclose(found[:, 3:27], ink[:, 4:28], atol=1e-6)


@pytest.mark.parametrize(
    ("text", "read", "wrong", "missed"),
    [
        ("abc", "abc", set(), {}),
        ("abc", "axc", {1}, {}),
        ("abc", "ac", set(), {1: "b"}),
        ("ac", "abc", {1}, {}),
        ("a b", "ab", set(), {1: " "}),
        ("ab", "a b", {1}, {}),
        ("ab", "", set(), {0: "ab"}),
        ("a|<b", "a|b", set(), {2: "<"}),
    ],
)
def test_errors_are_marked_where_they_are(module, text, read, wrong, missed):
    assert module("picture").errors(text, tuple(read)) == (wrong, missed)


def test_the_surer_half_is_by_nats_a_symbol(module):
    scoring = module("scoring")
    read = ["aaaa", "b", "cx", "xx"]
    found = [
        Read(score, tuple(text)) for score, text in zip((-4, -0.5, -3, -8.0), read)
    ]
    sure = scoring.confidence(found)
    np.testing.assert_allclose(sure, [-1, -0.5, -1.5, -4])
    assert scoring.halves(["aaaa", "b", "cc", "dd"], read, sure) == {
        "character error, greedy, the surer half": 0.0,
        "character error, greedy, the other half": 0.75,
    }


def test_what_training_lacks_is_counted(module):
    found = module("scoring").unknown(("ab b", "c"), ("ab d", "d b"))
    assert list(found.values()) == [2, 0.5]


@pytest.mark.slow
def test_smoke_learns_to_read(tmp_path):
    printed, status = run(tmp_path, TRAIN, "--preset", "smoke")
    assert status == 0, printed
    folder = tmp_path / "runs" / "ocr" / "smoke"
    assert results(tmp_path)["metrics"]["character error, greedy"] < 0.2
    rows = json.loads((folder / "transcripts.json").read_text("utf-8"))
    assert len(rows) == 40
    for name in ("training.png", "predictions.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
    assert not list(folder.glob("*checkpoint"))
    model = keras.saving.load_model(folder / "model.keras")
    assert model.vocabulary.characters == " aeinorst"
    printed, status = again(tmp_path, TRAIN, "--preset", "smoke")
    assert status == 0
    assert "has finished before" in printed


@pytest.mark.thorough
@pytest.mark.slow
def test_missing_the_error_is_a_failure(tmp_path):
    flags = ("--epochs", 1, "--baseline-epochs", 1, "--learning-rate", 0.0)
    printed, status = run(tmp_path, TRAIN, "--preset", "smoke", *flags)
    assert status == 1
    assert "It had to reach 20% character error and did not." in printed


@pytest.mark.thorough
@pytest.mark.slow
def test_killed_in_mid_epoch_it_goes_on(tmp_path):
    flags = ("--preset", "smoke", "--baseline-epochs", 1, "--checkpoint-seconds", 0)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir()
    cut.mkdir()
    printed, status = run(whole, TRAIN, *flags)
    assert status == 0, printed
    killed_in_mid_epoch(start(cut, TRAIN, *flags), cut)
    printed, status = run(cut, TRAIN, *flags)
    assert status == 0, printed
    assert "Going on from" in printed
    one, other = (
        json.loads(
            (folder / "runs/ocr").glob("*/transcripts.json").__next__().read_text()
        )
        for folder in (whole, cut)
    )
    assert [row["greedy"] for row in one] == [row["greedy"] for row in other]

"""The recipe that reads music: labels by hand, staves, and as a user runs it."""

import importlib.util
import itertools
import json
import re
import sys
import types

import keras
import numpy as np
import pytest

import rnnkit
from tests import running
from tests.data.test_line_images import png
from tests.data.wav_files import write

TRAIN = running.recipe("omr")
MODULES = ("engraving", "errors", "picture", "staves", "tunes")
TUNE = """X:7
T: By Hand
M: 6/8
L: 1/8
K: Bb
F | "Bb"(B>cd) =e2e | {g}_e3- e2z | B,/2^c/2d/2e/ f2^^g2 | (3abc d3 |
"""
SYMBOLS = (
    "clef-G2 keySignature-BbM timeSignature-6/8 note-F4_eighth barline "
    "note-Bb4_eighth. note-C5_sixteenth note-D5_eighth note-E5_quarter "
    "note-E5_eighth barline gracenote-G5_eighth note-Eb5_quarter. tie "
    "note-Eb5_quarter rest-eighth barline note-Bb3_sixteenth note-C#5_sixteenth "
    "note-D5_sixteenth note-Eb5_sixteenth note-F5_quarter note-G##5_quarter barline"
)


@pytest.fixture
def omr(monkeypatch):
    """The recipe's modules, by name."""
    monkeypatch.syspath_prepend(str(TRAIN.parent))
    yield lambda name: importlib.import_module(name)
    for name in MODULES:
        sys.modules.pop(name, None)


@pytest.fixture
def tunes(omr):
    pytest.importorskip("music21", reason="needs the tunes of music21")
    return omr("tunes")


@pytest.fixture
def engraving(omr):
    for package in ("verovio", "resvg_py", "PIL"):
        pytest.importorskip(package, reason="engraves by verovio and resvg")
    return omr("engraving")


def read(tunes, clef="G2", tune=TUNE, most=40):
    """The incipit of a tune, under the first name that gives it a clef."""
    found = (tunes.read_incipit(tune, f"tune {k}", most) for k in range(100))
    return next(incipit for incipit in found if incipit is None or incipit.clef == clef)


def test_labels_are_those_a_hand_reads(tunes):
    assert read(tunes).symbols() == SYMBOLS


def test_an_accidental_is_printed_once_in_a_measure(tunes):
    signs = [sign for measure in read(tunes).measures for sign in measure]
    printed = [sign.accidental for sign in signs if sign.kind != "rest"]
    assert printed == [*[""] * 4, "n", *[""] * 5, "s", *[""] * 3, "ss"]


def test_the_bass_clef_lowers_a_tune_by_two_octaves(tunes):
    found = read(tunes, clef="F4").symbols()
    lowered = re.sub(r"(\d)_", lambda octave: f"{int(octave[1]) - 2}_", SYMBOLS)
    assert found == lowered.replace("clef-G2", "clef-F4")


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ("GABG|A4|GABG|", 6),
        ("GABG|[GB]2G2|GABG|", 4),
        ("GABG|(3GAB G2|GABG|", 4),
        ("GABG|A3|GABG|", 4),
        ("GABG|A5|GABG|", 4),
        ("GABG|[1 A4|GABG|", 4),
        ("GABG|\nM:3/4\nGAB|GAB|", 4),
        ("GABG|\nK:D\nGABG|GABG|", 4),
        ("GABG-|A4|GABG|", 4),
        ("GABG|A4-", 4),
    ],
    ids=[
        *("whole", "chord", "tuplet", "short", "long"),
        *("ending", "meter", "key", "tie", "cut"),
    ],
)
def test_an_incipit_ends_before_what_it_cannot_say(tunes, more, kept):
    tune = "X:1\nM:2/4\nL:1/8\nK:G\nG2|GBAc|BAGA|" + more
    found = read(tunes, tune=tune)
    assert len(found.measures) == kept
    assert not found.measures[-1][-1].tied


def test_an_incipit_has_no_more_symbols_than_asked(tunes):
    found = read(tunes, most=16)
    assert found.symbols().split() == SYMBOLS.split()[:11]


@pytest.mark.slow
def test_splits_share_no_tune(tunes, omr):
    incipits, groups = tunes.read_incipits(limit=1500)
    names = tuple(map(str, range(len(incipits))))
    found = rnnkit.data.Examples(names, names, names, tuple(groups))
    parts = omr("staves").by_group(found, {"test": 0.2, "valid": 0.1})
    assert sum(map(len, parts.values())) == len(incipits)
    assert 0.1 < len(parts["test"]) / len(incipits) < 0.25
    keys = [
        {
            key
            for name in part.names
            for key in (
                incipits[int(name)].melody(),
                incipits[int(name)].name.split(" ", 2)[2].casefold() or name,
            )
        }
        for part in parts.values()
    ]
    for one, other in itertools.combinations(keys, 2):
        assert not one & other


def test_what_is_engraved_stands_where_the_labels_say(tunes, engraving):
    """The notes of verovio's picture, read from left to right off their heights."""
    for clef, lowest in (("G2", "E4"), ("F4", "G2")):
        incipit = read(tunes, clef=clef)
        draw = engraving.Engraver(64)
        draw(incipit.name, engraving.mei(incipit))
        svg = draw.toolkit.renderToSVG(1)
        bottom = [int(y) for y in re.findall(r'<path d="M0 ([0-9]+) L', svg)[:5]][-1]
        places = re.findall(
            r'class="notehead">\s*<use [^>]*translate\((-?\d+), (-?\d+)\)', svg
        )
        places = sorted((int(x), int(y)) for x, y in places)
        letters = "CDEFGAB"
        base = 7 * int(lowest[1]) + letters.index(lowest[0])
        steps = [base + round((bottom - y) / 90) for _, y in places]
        seen = [letters[step % 7] + str(step // 7) for step in steps]
        notes = re.findall(r"note-(\w)[#b]*(\d)_", incipit.symbols())
        assert seen == [letter + octave for letter, octave in notes]


def test_engraved_staves_are_kept_and_half_a_file_is_none(
    tunes, engraving, tmp_path, capsys
):
    incipits = [read(tunes), read(tunes, clef="F4")]
    first = engraving.engrave(incipits, tmp_path, 64, workers=1)
    assert [len(image) for image in first] == [64, 64]
    assert "Engraving 2 staves" in capsys.readouterr().out
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    with np.load(path) as arrays:
        other = {**arrays, "ink": arrays["ink"] // 2}
    np.savez(path, **other)
    wrong = path.read_bytes()
    path.write_bytes(whole)
    for content in (None, whole[:-400], whole[: len(whole) // 2], b"", wrong):
        if content is not None:
            path.write_bytes(content)
        again = engraving.engrave(incipits, tmp_path, 64, workers=1)
        assert ("Engraving" in capsys.readouterr().out) == (content is not None)
        assert all(map(np.array_equal, first, again))


def test_without_the_wheels_one_line_says_what_to_install(omr, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for call in (
        omr("tunes").corpus_folder,
        lambda: omr("engraving").engrave([], "nowhere", 64, workers=1),
    ):
        with pytest.raises(SystemExit, match=r"pip install -e \"\.\[recipes,music\]\""):
            call()


def test_errors_are_told_by_kind(omr):
    pytest.importorskip("jiwer")
    truth = [
        "clef-G2 keySignature-GM timeSignature-C note-G4_half note-A4_half barline",
        "clef-F4 timeSignature-C rest-half note-G2_half barline",
    ]
    seen = [
        "clef-G2 keySignature-DM timeSignature-C note-G4_quarter note-B4_whole",
        "clef-F4 timeSignature-C rest-half note-G2_half barline barline",
    ]
    assert set(omr("errors").by_kind(truth, truth).values()) == {0}
    assert omr("errors").by_kind(truth, seen) == {
        "barline": 2 / 2,
        "clef": 0,
        "duration": 2 / 4,
        "key signature": 1,
        "pitch": 1 / 3,
        "rest": 0,
        "time signature": 0,
    }
    assert omr("errors").of_sequences(truth, [truth[0], seen[1]]) == 0.5


def made_up_primus(omr, folder, count=30):
    """Write staves of two heights; one file is cut, one has an unknown symbol."""
    made = omr("staves").made_up(count, 0, types.SimpleNamespace(height=32))
    names = [f"{k:03}-1_1" for k in range(count)]
    symbols = sorted({symbol for text in made.texts for symbol in text.split()})
    files = {
        "Data/train.txt": "\n".join(names[: -count // 3]),
        "Data/test.txt": "\n".join(names[-count // 3 :]),
        "Data/vocabulary_agnostic.txt": "\n".join(symbols),
    }
    for k, (name, image, text) in enumerate(zip(names, made.inputs, made.texts)):
        grey = 255 - np.clip(255 * image.T, 0, 255).astype("uint8")
        larger = grey.repeat(1 + k % 2, axis=0).repeat(1 + k % 2, axis=1)
        files[f"p/{name}.png"] = png(larger)[: 90 if k == 3 else None]
        files[f"p/{name}.agnostic"] = "clef.Z-L9" if k == 4 else text
    write(folder / "primus", files)


def test_primus_is_brought_to_one_height(omr, tmp_path):
    made_up_primus(omr, tmp_path)
    settings = types.SimpleNamespace(
        data="primus", encoding="agnostic", limit=None, height=32
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNKIT_DATA", str(tmp_path))
        with pytest.warns(UserWarning, match="2 of 30 left out: .*no whole PNG.*Z-L9"):
            parts = omr("staves").read_parts(settings, tmp_path)
    assert [len(parts[part]) for part in ("train", "valid", "test")] == [17, 1, 10]
    made = omr("staves").made_up(30, 0, settings)
    for part in parts.values():
        for name, x in zip(part.names, part.inputs):
            expected = np.clip(made.inputs[int(name[:3])], 0, 1)
            np.testing.assert_allclose(x, expected, atol=0.005)


@pytest.mark.slow
@pytest.mark.thorough
def test_primus_goes_through_the_recipe(omr, tmp_path, monkeypatch):
    made_up_primus(omr, tmp_path)
    monkeypatch.setenv("RNNKIT_DATA", str(tmp_path))
    flags = ("--encoding", "agnostic", "--height", 32, "--units", 8, "--layers", 1)
    flags = (*flags, "--epochs", 1, "--beam-width", 5, "--filters", 4, 4, 4)
    printed, status = running.run(tmp_path, TRAIN, "--preset", "primus", *flags)
    assert status == 0, printed
    assert "17 to train, 1 to valid, 10 to test" in printed
    assert "2 of 30 left out" in printed


@pytest.mark.slow
def test_smoke_learns_and_says_where_everything_is(tmp_path):
    command = (TRAIN, "--preset", "smoke")
    printed, status = running.run(tmp_path, *command)
    assert status == 0, printed
    folder = tmp_path / "runs" / "omr" / "smoke"
    metrics = running.results(tmp_path)["metrics"]
    assert metrics["symbol error, greedy"] < 0.1
    assert metrics["sequence error, greedy"] < 0.5
    names = ("training.png", "staves.png", "transcripts.json", "model.keras")
    for name in (*names, "results.json"):
        assert name in printed
        assert (folder / name).stat().st_size > 0
    assert not list(folder.glob("*checkpoint"))
    rows = json.loads((folder / "transcripts.json").read_text())
    assert len(rows) == 80
    model = keras.saving.load_model(folder / "model.keras")
    assert "keySignature-FM" in model.vocabulary.tokens
    with pytest.raises(ValueError, match=r"the model reads \(32,\)"):
        model.transcribe([np.zeros((90, 31), "float32")])

    printed, status = running.again(tmp_path, *command)
    assert status == 0
    assert "finished before" in printed
    assert "Epoch" not in printed


@pytest.mark.thorough
@pytest.mark.slow
def test_missing_the_error_is_a_failure_and_a_killed_run_goes_on(tmp_path):
    flags = ("--preset", "smoke", "--checkpoint-seconds", 0, "--learning-rate", 0.0)
    process = running.start(tmp_path, TRAIN, *flags)
    running.killed_in_mid_epoch(process, tmp_path)
    printed, status = running.run(tmp_path, TRAIN, *flags)
    assert "Going on from" in printed
    assert status == 1
    assert "It had to reach 10% symbol error and did not." in printed

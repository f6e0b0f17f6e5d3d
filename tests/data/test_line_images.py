"""Images of lines: ink is 1, works stay together, bad ones are told."""

import struct
import zlib

import numpy as np
import pytest

from rnnkit.data import load_archiscribe, load_primus
from rnnkit.data.line_images import read_ink
from tests.data.wav_files import write


def png(grey):
    """The bytes of a grey PNG image of `(height, width)` values in 0 to 255."""

    def chunk(kind, content):
        crc = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)

    height, width = np.shape(grey)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + bytes(row) for row in np.asarray(grey, "uint8"))
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


GREY = np.random.default_rng(0).integers(0, 256, (32, 60))
WORKS = [f"18{n:02}_bub_gb__{n}-A" for n in range(20)]


@pytest.fixture
def lines(tmp_path):
    """Two lines of each of twenty works, in no order."""
    names = [f"{work}_{line}.png" for line in ("b1", "a0") for work in WORKS[::-1]]
    images = {
        f"archiscribe_h32/{name}": png(GREY[:, : 5 + n]) for n, name in enumerate(names)
    }
    table = "".join(f'{name}\t„line" {n} ſ\n' for n, name in enumerate(names))
    write(tmp_path / "archiscribe", images | {"archiscribe_h32.tsv": table})
    return tmp_path


def test_ink_is_one_and_paper_is_zero(tmp_path):
    write(tmp_path, {"a.png": png(GREY), "b.png": png([[0, 255], [51, 204]])})
    ink = read_ink(tmp_path / "a.png", height=32)
    assert ink.dtype == np.float32
    np.testing.assert_allclose(ink, 1 - GREY / 255.0, atol=1e-7)
    np.testing.assert_allclose(read_ink(tmp_path / "b.png"), [[1, 0], [0.8, 0.2]])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (png(GREY[:31]), "is 31 pixels high, not 32"),
        (png(GREY)[:-100], "is no whole PNG"),
        (png(GREY)[:20], "is no whole PNG"),
        (b"", "is no whole PNG"),
        (b"ceci n'est pas une image", "is no whole PNG"),
    ],
    ids=["height", "cut", "header", "empty", "text"],
)
def test_a_bad_image_is_left_out_and_told(lines, content, words):
    name = f"{WORKS[3]}_a0.png"
    write(lines / "archiscribe/archiscribe_h32", {name: content})
    with pytest.warns(UserWarning, match=rf"1 of 40 left out: .*3-A_a0\.png {words}"):
        assert sum(map(len, load_archiscribe(lines).values())) == 39
    with pytest.raises(ValueError, match=rf"3-A_a0\.png {words}"):
        load_archiscribe(lines, strict=True)


def test_an_absent_image_or_transcript_is_told(lines):
    folder = lines / "archiscribe"
    (folder / f"archiscribe_h32/{WORKS[3]}_a0.png").unlink()
    table = folder / "archiscribe_h32.tsv"
    table.write_text(table.read_text(encoding="utf-8") + "1899_x_0.png\t\n", "utf-8")
    with pytest.warns(UserWarning, match=r"2 of 41 left out: .*3-A_a0.*of 1899_x_0"):
        load_archiscribe(lines)


def test_lines_keep_their_transcripts(lines):
    table = (lines / "archiscribe/archiscribe_h32.tsv").read_text(encoding="utf-8")
    texts = dict(line.split(".png\t") for line in table.splitlines())
    parts = load_archiscribe(lines, strict=True)
    for part in parts.values():
        for name, image, text, work in zip(
            part.names, part.inputs, part.texts, part.groups
        ):
            assert text == texts[name]
            assert image.shape == (32, 5 + int(text.split()[1]))
            assert name in (f"{work}_a0", f"{work}_b1")


def test_the_split_is_by_works(lines):
    parts = load_archiscribe(lines, strict=True)
    assert set(parts["valid"].groups) == {WORKS[4], WORKS[14]}
    assert set(parts["test"].groups) == {WORKS[9], WORKS[19]}
    assert set(parts["train"].groups) == set(WORKS) - {WORKS[n] for n in (4, 14, 9, 19)}
    assert sum(map(len, parts.values())) == 40


def test_archiscribe(data_set):
    data_set("archiscribe")
    parts = load_archiscribe(strict=True)
    assert {part: len(lines) for part, lines in parts.items()} == {
        "train": 3393,
        "valid": 391,
        "test": 471,
    }
    assert len(set().union(*(lines.groups for lines in parts.values()))) == 112
    assert len(set().union(*("".join(lines.texts) for lines in parts.values()))) == 168
    for lines in parts.values():
        # Paper outweighs ink, above all at the edge, and no line is blank.
        assert 0.2 < np.median([image.mean() for image in lines.inputs]) < 0.3
        assert np.median([image[0].mean() for image in lines.inputs]) < 0.2
        assert all(image.mean() > 0.03 for image in lines.inputs)


@pytest.fixture
def incipits(tmp_path):
    """Three incipits of two works."""
    files = {
        "Data/train.txt": "01-1_1\n02-1_1\n",
        "Data/test.txt": "01-1_2\n",
        "Data/vocabulary_semantic.txt": "barline\nclef-C1\nnote-Bb4_eighth\n",
        "Data/vocabulary_agnostic.txt": "clef.C-L1\nbarline-L1\n",
    }
    for n, name in enumerate(("01-1_1", "02-1_1", "01-1_2")):
        files |= {
            f"package/{name}/{name}.png": png(GREY[: 20 + n]),
            f"package/{name}/{name}.semantic": "clef-C1\t" + n * "barline\t",
            f"package/{name}/{name}.agnostic": "clef.C-L1\t" + n * "barline-L1\t",
        }
    write(tmp_path / "primus", files)
    return tmp_path


@pytest.mark.parametrize(
    ("encoding", "clef", "bar"),
    [("semantic", "clef-C1", "barline"), ("agnostic", "clef.C-L1", "barline-L1")],
)
def test_both_encodings_are_read(incipits, encoding, clef, bar):
    parts = load_primus(incipits, encoding, strict=True)
    assert parts["train"].names == ("01-1_1", "02-1_1")
    assert parts["train"].texts == (clef, f"{clef} {bar}")
    assert parts["test"].texts == (f"{clef} {bar} {bar}",)
    assert parts["train"].groups == ("01", "02")
    assert {clef, bar} <= set(parts["test"].symbols)
    assert [len(image) for image in parts["train"].inputs] == [20, 21]
    np.testing.assert_allclose(
        parts["test"].inputs[0], 1 - GREY[:22] / 255.0, atol=1e-7
    )


def test_primus_may_be_read_in_part(incipits):
    parts = load_primus(incipits, limit=1, strict=True)
    assert parts["train"].names == ("01-1_1",)
    assert parts["test"].names == ("01-1_2",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"02-1_1.semantic": "clef-C9"}, "no symbol 'clef-C9' in the vocabulary"),
        ({"02-1_1.semantic": ""}, "is empty"),
        ({"02-1_1.semantic": b"clef-\xe9"}, r"1_1\.semantic is not UTF-8: .* 0xe9"),
        ({"02-1_1.png": png(GREY)[:90]}, "is no whole PNG"),
        ({"02-1_1.png": None}, r"02-1_1 has no 02-1_1\.png"),
        ({"02-1_1.semantic": None}, r"No such file.*02-1_1\.semantic"),
    ],
    ids=["symbol", "empty", "latin", "cut", "image", "notes"],
)
def test_a_bad_incipit_is_told(incipits, change, words):
    for name, content in change.items():
        path = incipits / "primus/package/02-1_1" / name
        path.write_bytes(content) if isinstance(content, bytes) else None
        path.write_text(content) if isinstance(content, str) else None
        path.unlink() if content is None else None
    with pytest.warns(UserWarning, match=rf"1 of 3 left out: .*{words}"):
        assert load_primus(incipits)["train"].names == ("01-1_1",)
    with pytest.raises(ValueError, match=f"1 of 3 are bad: .*{words}"):
        load_primus(incipits, strict=True)


def test_an_unknown_encoding_is_an_error(incipits):
    with pytest.raises(ValueError, match="not 'mei'"):
        load_primus(incipits, "mei")


@pytest.mark.parametrize("load", [load_archiscribe, load_primus])
def test_without_the_files_it_says_what_to_put_where(tmp_path, load):
    with pytest.raises(FileNotFoundError, match=f"No {tmp_path}.* into {tmp_path}"):
        load(tmp_path)


def test_primus(data_set):
    if len(list(data_set("primus").rglob("*.png"))) != 1:
        pytest.skip("is about the sample of a single incipit")
    with pytest.warns(UserWarning, match="87,677 of 87,678 left out"):
        (test,) = load_primus()["test"].inputs
    assert test.shape == (155, 1041)
    assert 0.05 < test.mean() < 0.3

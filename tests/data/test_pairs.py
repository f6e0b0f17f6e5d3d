"""Pairs of texts: line by line, and what is wrong is named with its line."""

import gzip

import pytest

from rnnkit.data import Pairs, read_pairs
from tests.data.wav_files import write


def read(folder, source, target, names=("a.de", "a.en")):
    write(folder, dict(zip(names, (source, target))))
    return read_pairs(*(folder / name for name in names))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_lines_belong_together(tmp_path, pack):
    # Only "\n" ends a line: the others are characters of it.
    source, target = "ä\u2028b\r\n c \n", "x\x0by\nz"
    names = ("a.de", "a.en") if pack is bytes else ("a.de.gz", "a.en.gz")
    pairs = read(tmp_path, pack(source.encode()), pack(target.encode()), names)
    assert pairs == Pairs(("ä\u2028b", "c"), ("x\x0by", "z"))
    assert len(pairs) == 2
    assert pairs.swapped() == Pairs(pairs.targets, pairs.sources)
    assert pairs.subset([1]) == pairs.subset([False, True]) == Pairs(("c",), ("z",))


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("a\nb\nc\n", "a\nb\n", r"a\.de has 3 lines, but \S*a\.en has 2"),
        ("a\n \nc\n", "a\nb\nc\n", r"a\.de:2 is empty"),
        ("a\nb\n", "a\n\n", r"a\.en:2 is empty"),
        ("", "", r"a\.de is empty"),
        ("a\nb\n", b"a\n\xff\xfe\n", r"a\.en:2 is not UTF-8"),
        (b"a\nb\n\xc3", "a\nb\nc", r"a\.de:3 is not UTF-8"),
    ],
    ids=["count", "source", "target", "nothing", "bytes", "cut"],
)
def test_what_is_wrong_is_named(tmp_path, source, target, words):
    with pytest.raises(ValueError, match=words):
        read(tmp_path, source, target)


@pytest.mark.parametrize("keep", [-5, 12, 0])
def test_half_a_packed_file_is_told(tmp_path, keep):
    packed = gzip.compress(b"a\nb\n" * 50)
    with pytest.raises(ValueError, match=r"a\.de\.gz is (no whole gzip file|empty)"):
        read(tmp_path, packed[:keep], packed, ("a.de.gz", "a.en.gz"))


def test_each_source_has_a_target():
    with pytest.raises(ValueError, match="2 sources, but 1 targets"):
        Pairs(("a", "b"), ("c",))

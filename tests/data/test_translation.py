"""Published translations: the files named, checked, and split as documented."""

import gzip
import hashlib

import pytest

from rnnkit.data import load_fra_eng, load_multi30k, load_tanaka, translation
from tests.data.wav_files import write

GERMAN, ENGLISH = "ein Hündchen\nzwei Hunde\n".encode(), b"a dog\ntwo dogs\n"


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Two small files where Multi30k's are, and an empty data folder."""
    files = {
        "train.de.gz": gzip.compress(GERMAN),
        "train.en.gz": gzip.compress(ENGLISH),
    }
    address = write(tmp_path / "there", files).as_uri() + "/"
    hashes = {
        "de": hashlib.sha256(GERMAN).hexdigest(),
        "en": hashlib.sha256(ENGLISH).hexdigest(),
    }
    monkeypatch.setattr(translation, "MULTI30K", address)
    monkeypatch.setitem(translation.MULTI30K_SHA256, "train", hashes)
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("RNNKIT_DATA", str(tmp_path / "data"))
    return tmp_path


def test_it_is_downloaded_once(published):
    pairs = load_multi30k(parts=["train"])["train"]
    assert pairs.sources == ("ein Hündchen", "zwei Hunde")
    for file in (published / "there").iterdir():
        file.unlink()
    again = load_multi30k("en", "de", ["train"])["train"]
    assert again == pairs.swapped()
    names = {path.name for path in (published / "data/multi30k").iterdir()}
    assert names == {"train.de.gz", "train.en.gz"}


def test_nothing_wrong_is_kept(published):
    write(published / "there", {"train.de.gz": gzip.compress(b"ein Hund\n")})
    with pytest.raises(ValueError, match=r"is not the published train\.de\.gz"):
        load_multi30k(parts=["train"])
    assert not list((published / "data/multi30k").iterdir())
    write(published / "data/multi30k", {"train.de.gz": gzip.compress(GERMAN)[:-9]})
    with pytest.raises(ValueError, match=r"train\.de\.gz is no whole gzip file"):
        load_multi30k(parts=["train"])


def test_without_a_connection_it_says_where_to_put_the_file(published):
    (published / "there/train.en.gz").unlink()
    with pytest.raises(ConnectionError, match=r"multi30k by hand as train\.en\.gz"):
        load_multi30k(parts=["train"])


def test_what_there_is_not_is_told():
    with pytest.raises(ValueError, match="no part 'test'; there are train"):
        load_multi30k(parts=["test"])
    with pytest.raises(ValueError, match="no test2017 in 'cs', but in en, de, fr"):
        load_multi30k("cs", "en", ["test2017"])
    with pytest.raises(ValueError, match="are \"ja\" and \"en\", not 'ja' and 'de'"):
        load_tanaka(target="de")


def test_multi30k(data_set):
    folder = data_set("multi30k").parent
    parts = load_multi30k(parts=tuple(translation._MULTI30K_PARTS), data_dir=folder)
    sizes = [len(pairs) for pairs in parts.values()]
    assert sizes == [29_000, 1_014, 1_000, 1_000, 461, 1_071]
    test = parts["test2016"]
    assert test.sources[1].startswith("Ein Boston Terrier läuft")
    assert test.targets[1].startswith("A Boston Terrier is running")
    assert len(load_multi30k("cs", "fr", ["test2018"], folder)["test2018"]) == 1_071


def test_tanaka(data_set):
    folder = data_set("tanaka_ja_en").parent
    parts = load_tanaka(data_dir=folder)
    assert [len(pairs) for pairs in parts.values()] == [10_000, 500, 500]
    assert parts["valid"].targets[2] == "he is a german by origin ."
    assert load_tanaka("en", "ja", folder)["test"] == parts["test"].swapped()


def sentences(count):
    return [(f"Sentence {i % (count // 2)}.", f"Phrase {i}.") for i in range(count)]


def test_one_english_sentence_is_in_one_part(tmp_path):
    rows = sentences(400)
    lines = [f"{e}\t{f}\tCC-BY" if e[-2] > "4" else f"{e}\t{f}" for e, f in rows]
    write(tmp_path / "fra_eng", {"fra.txt": "\n".join(lines) + "\n"})
    parts = load_fra_eng(tmp_path)
    found = [pair for p in parts.values() for pair in zip(p.sources, p.targets)]
    assert sorted(found) == sorted(rows)
    english = [set(pairs.sources) for pairs in parts.values()]
    assert all(english)
    assert sum(map(len, english)) == len(set().union(*english))
    # An edition with more sentences leaves each in its part.
    write(tmp_path / "fra_eng", {"fra.txt": "\n".join([*lines[:90], "New.\tNeuf."])})
    for part, pairs in load_fra_eng(tmp_path).items():
        assert set(pairs.sources) - {"New."} <= set(parts[part].sources)


def test_a_bad_line_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Unpack \S+fra-eng\.zip into \S+"):
        load_fra_eng(tmp_path)
    for line in (b"Go.", b"Go.\t ", b"\tVa !", b""):
        write(tmp_path / "fra_eng", {"fra.txt": b"Go.\tVa !\n" + line + b"\nI.\tJe.\n"})
        with pytest.raises(ValueError, match=r"fra\.txt:2: .* is not English, tab"):
            load_fra_eng(tmp_path)


def test_fra_eng(data_set):
    parts = load_fra_eng(data_set("fra_eng").parent)
    assert {part: len(pairs) for part, pairs in parts.items()} == {
        "train": 128_821,
        "valid": 6_971,
        "test": 6_995,
    }

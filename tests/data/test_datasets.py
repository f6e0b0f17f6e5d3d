"""Data sets: found in a folder, downloaded whole or not at all, checked."""

import hashlib
import tarfile

import pytest

from rnnkit.data import datasets, load
from tests.data.archives import archive


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A data set of one file, whose address is a local archive."""
    content = b"some words\n"
    where = tmp_path / "published.tgz"
    where.write_bytes(archive({"../escape": b"x", "./in/words.txt": content}))
    file = datasets.DataFile(
        "words.txt", hashlib.sha256(content).hexdigest(), "in/words.txt"
    )
    data_set = datasets.DataSet("toy", where.as_uri(), "none", {"text": file})
    monkeypatch.setitem(datasets.DATA_SETS, "toy", data_set)
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("RNNKIT_DATA", str(tmp_path / "data"))
    return where


def test_it_is_downloaded_once(published, tmp_path):
    assert load("toy") == {"text": "some words\n"}
    published.unlink()
    assert load("toy") == {"text": "some words\n"}
    assert [p.name for p in (tmp_path / "data" / "toy").iterdir()] == ["words.txt"]
    assert not (tmp_path / "escape").exists()


def test_a_named_folder_comes_before_the_environment(published, tmp_path):
    (tmp_path / "other").mkdir()
    load("toy", data_dir=tmp_path / "other")
    assert (tmp_path / "other/toy/words.txt").exists()
    assert not list((tmp_path / "data").iterdir())


def test_a_named_folder_that_is_not_there_is_not_made(published, tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"data_dir names the folder .*othre'"):
        load("toy", data_dir=tmp_path / "othre")
    monkeypatch.setenv("RNNKIT_DATA", str(tmp_path / "dta"))
    with pytest.raises(FileNotFoundError, match=r"RNNKIT_DATA names the folder .*dta'"):
        load("toy")
    assert not (tmp_path / "othre").exists()
    assert not (tmp_path / "dta").exists()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (archive({"in/words.txt": b"other words\n"}), "is not the published words.txt"),
        (archive({"elsewhere": b""}), "holds no in/words.txt"),
    ],
    ids=["other words", "elsewhere"],
)
def test_nothing_wrong_is_kept(published, tmp_path, content, error):
    published.write_bytes(content)
    with pytest.raises(ValueError, match=error):
        load("toy")
    assert not list((tmp_path / "data" / "toy").iterdir())


def test_half_a_download_is_not_taken_for_the_whole(published, tmp_path):
    published.write_bytes(published.read_bytes()[:50])
    with pytest.raises((EOFError, ValueError, tarfile.ReadError)):
        load("toy")
    assert not list((tmp_path / "data" / "toy").iterdir())


def test_a_spoilt_file_is_found_out(published, tmp_path):
    load("toy")
    (tmp_path / "data/toy/words.txt").write_text("tampered")
    with pytest.raises(ValueError, match="Delete it"):
        load("toy")


def test_without_a_connection_it_says_where_to_put_the_file(published):
    published.unlink()
    with pytest.raises(ConnectionError, match=r"Put words\.txt into .*toy by hand"):
        load("toy")


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match="tinyshakespeare, ptb"):
        load("wikitext")


def test_tinyshakespeare(data_set):
    text = load("tinyshakespeare", data_set("tinyshakespeare").parent)["text"]
    assert len(text) == 1_115_394
    assert len(set(text)) == 65


def test_the_characters_of_ptb_are_mikolovs(data_set):
    parts = load("ptb_characters", data_set("ptb").parent)
    assert {part: len(text) // 1000 for part, text in parts.items()} == {
        "train": 5017,
        "valid": 393,
        "test": 442,
    }
    assert len(set(parts["train"])) == 50
    assert set(parts["test"]) < set(parts["train"])

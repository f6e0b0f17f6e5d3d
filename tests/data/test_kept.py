"""Texts kept in the cache: only as long as they are those that would be made."""

import pytest

from rnnkit.data import kept as module

TEXTS = {"b": "é\ud800", "a": "\n"}


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A function that says whether texts of an origin were made, not found."""
    monkeypatch.setattr(module, "cache", lambda: tmp_path / "cache")

    def made(origin):
        calls = []
        found = module.kept("some", origin, lambda: calls.append(1) or TEXTS)
        assert list(found.items()) == list(TEXTS.items())
        return bool(calls)

    return made


def test_made_once_of_each_origin(made, tmp_path):
    assert made(b"one")
    assert not made(b"one")
    assert made(b"two")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["some.json"]


@pytest.mark.parametrize("spoil", [lambda s: s[:30], lambda s: s.replace("\\n", "x")])
def test_what_is_spoilt_is_made_anew(made, tmp_path, spoil):
    made(b"one")
    path = tmp_path / "cache/some.json"
    path.write_text(spoil(path.read_text()))
    assert made(b"one")


def test_where_nothing_can_be_written_nothing_is_kept(made, tmp_path):
    (tmp_path / "cache").write_text("a file")
    assert made(b"one")
    assert made(b"one")

import pytest

from rnnkit.training import atomic_write


def test_replaces_only_when_whole(tmp_path):
    path = tmp_path / "new" / "file"
    with atomic_write(path) as file:
        file.write(b"one")
    assert path.read_bytes() == b"one"
    with pytest.raises(TypeError):
        fail_half_way(path)
    assert path.read_bytes() == b"one"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def fail_half_way(path):
    with atomic_write(path) as file:
        file.write(b"two" * 100_000)
        assert path.read_bytes() == b"one"
        file.write(None)


def test_what_a_killed_writer_left_is_cleared_away(tmp_path):
    (tmp_path / ".file.123.tmp").write_bytes(b"half")
    with atomic_write(tmp_path / "file") as file:
        file.write(b"one")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]

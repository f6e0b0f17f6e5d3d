"""Spoken words: the splits of their authors, bad clips told, downloads checked."""

import dataclasses
import gzip
import hashlib
import zlib

import numpy as np
import pytest

from rnnkit.data import load_fsdd, load_speech_commands, spoken_words
from rnnkit.data.downloads import fingerprint
from tests.data.archives import archive
from tests.data.wav_files import BAD, NOISE, wav, write

CLIPS = {
    f"{digit}_{speaker}_{number}.wav": wav([digit + 1, number, *NOISE])
    for digit in (0, 7)
    for speaker in ("ann", "bob")
    for number in (0, 4, 5, 10)
}


def whole(clips):
    others = {"repo/README.md": b"x", "repo/recordings/../../0_escape_0.wav": b"x"}
    return archive(others | {f"repo/recordings/{n}": c for n, c in clips.items()})


def spoilt(clips):
    """The same, compressed into a stream that goes wrong in the middle."""
    content = gzip.decompress(whole(clips))
    stream = zlib.compressobj(0, wbits=31)
    good = stream.compress(content[: len(content) // 2])
    return good + stream.flush(zlib.Z_FULL_FLUSH) + b"\x07" * 9


@pytest.fixture
def published(tmp_path, monkeypatch):
    """FSDD with few clips, published in a local archive."""
    lines = sorted(f"{n} {hashlib.sha256(c).hexdigest()}" for n, c in CLIPS.items())
    where = tmp_path / "published.tgz"
    where.write_bytes(whole(CLIPS))
    small = dataclasses.replace(
        spoken_words.FSDD,
        url=where.as_uri(),
        files=len(CLIPS),
        bytes=sum(map(len, CLIPS.values())),
        sha256=hashlib.sha256("\n".join(lines).encode()).hexdigest(),
    )
    monkeypatch.setattr(spoken_words, "FSDD", small)
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("RNNKIT_DATA", str(tmp_path / "data"))
    return where


@pytest.fixture
def clips(published, tmp_path):
    """The folder of the same, not to be downloaded."""
    published.unlink()
    return write(tmp_path / "data/fsdd/recordings", CLIPS)


def test_the_test_set_is_numbers_below_five(clips):
    parts = load_fsdd(strict=True)
    assert parts["test"].names == tuple(
        f"{digit}_{speaker}_{number}"
        for digit in (0, 7)
        for speaker in ("ann", "bob")
        for number in (0, 4)
    )
    assert len(parts["train"]) == 8
    for part in parts.values():
        for name, x, text, group in zip(
            part.names, part.inputs, part.texts, part.groups
        ):
            digit, speaker, number = name.split("_")
            assert text == {"0": "zero", "7": "seven"}[digit]
            assert group == speaker
            assert (x[:2] * 32768).tolist() == [int(digit) + 1, int(number)]


def test_bad_clips_are_left_out_and_told_once(clips):
    bad = {f"1_{what[:2]}_{i}.wav": BAD[what][0] for i, what in enumerate(BAD)}
    write(clips, bad | {"three.wav": wav(NOISE)})
    with pytest.warns(UserWarning, match="left out") as told:
        parts = load_fsdd()
    assert sum(map(len, parts.values())) == len(CLIPS)
    (told,) = told
    assert told.filename == __file__
    assert f"holds {len(CLIPS) + len(bad) + 1} files" in str(told.message)
    assert f" {len(bad) + 1} of {len(CLIPS) + len(bad) + 1} left" in str(told.message)


@pytest.mark.parametrize("what", BAD)
def test_strict_names_the_bad_clip(clips, what):
    content, words = BAD[what]
    write(clips, {"7_bob_5.wav": content})
    with pytest.raises(ValueError, match=rf"7_bob_5\.wav .*{words}"):
        load_fsdd(strict=True)


def test_a_missing_clip_is_noticed(clips):
    (clips / "0_ann_0.wav").unlink()
    with pytest.warns(UserWarning, match="holds 15 files .* published were 16"):
        assert len(load_fsdd()["test"]) == 7
    with pytest.raises(ValueError, match="holds 15 files"):
        load_fsdd(strict=True)


def test_it_is_downloaded_once(published, tmp_path):
    first = load_fsdd()
    published.unlink()
    assert load_fsdd(strict=True)["train"].names == first["train"].names
    assert [path.name for path in (tmp_path / "data/fsdd").iterdir()] == ["recordings"]
    assert not list(tmp_path.rglob("*escape*"))


@pytest.mark.parametrize(
    "content",
    [
        whole(CLIPS | {"0_ann_0.wav": wav(NOISE[::-1])}),
        whole(dict(list(CLIPS.items())[1:])),
        whole({"1" + name[1:]: content for name, content in CLIPS.items()}),
        whole(CLIPS)[:300],
        b"not found",
        spoilt({"0_ann_0.wav": bytes(400_000)}),
    ],
    ids=["other", "fewer", "renamed", "half", "text", "spoilt"],
)
def test_nothing_wrong_is_kept(published, tmp_path, content):
    published.write_bytes(content)
    with pytest.raises(ValueError, match=r"not what was published|no whole archive"):
        load_fsdd()
    assert not list((tmp_path / "data/fsdd").iterdir())


def test_without_a_connection_it_says_where_to_put_the_files(published):
    published.unlink()
    with pytest.raises(ConnectionError, match=r"Put its files into .*recordings by"):
        load_fsdd()


def test_fsdd(data_set):
    folder = data_set("fsdd") / "recordings"
    assert fingerprint(folder) == spoken_words.FSDD.sha256
    parts = load_fsdd(strict=True)
    assert {part: len(clips) for part, clips in parts.items()} == {
        "train": 2700,
        "test": 300,
    }
    for clips in parts.values():
        speakers = {"george", "jackson", "lucas", "nicolas", "theo", "yweweler"}
        assert set(clips.groups) == speakers
        assert len(set(clips.texts)) == 10
        assert all(0 < np.abs(x).max() <= 1 for x in clips.inputs)


@pytest.fixture
def commands(tmp_path):
    """Speech Commands in small."""
    lists = {"validation_list.txt": "yes/b_nohash_0.wav\n"}
    lists["testing_list.txt"] = "yes/c_nohash_1.wav\nno/c_nohash_0.wav\n"
    files = [f"{word}/{who}_nohash_0" for word in ("yes", "no") for who in "abc"]
    files += ["yes/c_nohash_1", "_background_noise_/tap"]
    sounds = {f"{name}.wav": wav(NOISE, rate=16000) for name in files}
    write(tmp_path / "speech_commands", lists | sounds)
    return tmp_path


def test_commands_are_split_by_their_lists(commands):
    parts = load_speech_commands(commands)
    assert parts["valid"].names == ("yes/b_nohash_0",)
    assert parts["test"].names == ("no/c_nohash_0", "yes/c_nohash_1")
    assert parts["test"].texts == ("no", "yes")
    assert parts["test"].groups == ("c", "c")
    assert parts["train"].names == (
        "no/a_nohash_0",
        "no/b_nohash_0",
        "yes/a_nohash_0",
        "yes/c_nohash_0",
    )


def test_commands_may_be_some_words(commands):
    parts = load_speech_commands(commands, words=["no"])
    assert {part: len(clips) for part, clips in parts.items()} == {
        "train": 2,
        "valid": 0,
        "test": 1,
    }
    with pytest.raises(FileNotFoundError, match="no folder for maybe, _"):
        load_speech_commands(commands, words=["no", "maybe", "_"])


def test_bad_commands_are_told(commands):
    write(commands / "speech_commands", {"no/a_nohash_0.wav": wav(NOISE)})
    with pytest.warns(UserWarning, match=r"1 of 7 left out: .*no/a_nohash_0\.wav has"):
        assert len(load_speech_commands(commands)["train"]) == 3
    with pytest.raises(ValueError, match="8,000 samples a second, not 16,000"):
        load_speech_commands(commands, strict=True)


def test_without_commands_it_says_what_to_put_where(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Unpack .*tar\.gz into .*commands"):
        load_speech_commands(tmp_path)

"""WAV files: read exactly, and refused in words that name them."""

import numpy as np
import pytest

from rnnkit.data import read_recordings, read_wav
from tests.data.wav_files import BAD, NOISE, wav, write


def test_samples_are_those_written(tmp_path):
    values = [0, 1, -1, 32767, -32768, *NOISE]
    write(tmp_path, {"a.wav": wav(values)})
    samples = read_wav(tmp_path / "a.wav")
    assert samples.dtype == np.float32
    np.testing.assert_array_equal(samples.astype("float64") * 32768, values)
    assert samples.max() < 1
    assert samples.min() == -1


@pytest.mark.parametrize("path", [str, lambda path: path], ids=["str", "Path"])
def test_the_rate_may_be_asked_for(tmp_path, path):
    file = path(write(tmp_path, {"a.wav": wav(NOISE, rate=16000)}) / "a.wav")
    assert len(read_wav(file, sample_rate=16000)) == len(read_wav(file)) == 50
    with pytest.raises(ValueError, match=r"a\.wav has 16,000 .* not 8,000: resample"):
        read_wav(file, sample_rate=8000)


@pytest.mark.parametrize("what", [what for what in BAD if what != "silent"])
def test_a_bad_file_is_named(tmp_path, what):
    content, words = BAD[what]
    write(tmp_path, {"odd.wav": content})
    with pytest.raises(ValueError, match=rf"odd\.wav .*{words}"):
        read_wav(tmp_path / "odd.wav", sample_rate=8000)


def test_silence_may_be_read(tmp_path):
    write(tmp_path, {"a.wav": BAD["silent"][0]})
    assert (read_wav(tmp_path / "a.wav") == np.float32(7 / 32768)).all()


def test_recordings_are_pairs_of_sound_and_text(tmp_path):
    files = {
        "b.wav": wav(NOISE[:20]),
        "b.txt": "\ufeffzwei Wörter\n",
        "anna/a.wav": wav(NOISE[:30]),
        "anna/a.txt": "eins",
        "notes.txt": "not about a sound",
    }
    read = read_recordings(write(tmp_path / "mine", files), sample_rate=8000)
    assert read.names == ("anna/a", "b")
    assert read.texts == ("eins", "zwei Wörter")
    assert read.groups == ("anna", "mine")
    assert [len(samples) for samples in read.inputs] == [30, 20]


def test_bad_recordings_are_left_out_and_told_once(tmp_path):
    files = {"good.wav": wav(NOISE), "good.txt": "yes", "mute.wav": wav(NOISE)}
    files |= {"blank.wav": wav(NOISE), "blank.txt": " \n"}
    for what, (content, _) in BAD.items():
        files |= {f"{what}.wav": content, f"{what}.txt": "no"}
    write(tmp_path, files)
    with pytest.warns(UserWarning, match="left out") as told:
        read = read_recordings(tmp_path, sample_rate=8000)
    assert read.names == ("good",)
    (told,) = told
    assert told.filename == __file__
    told = str(told.message)
    assert told.startswith(f"{len(BAD) + 2} of {len(BAD) + 3} left out: ")
    assert "blank.txt is empty. " in told
    assert told.endswith(f"… and {len(BAD) - 1} more.")


@pytest.mark.parametrize("what", BAD)
def test_strict_raises(tmp_path, what):
    content, words = BAD[what]
    good = {"good.wav": wav(NOISE), "good.txt": "yes"}
    write(tmp_path, good | {"odd.wav": content, "odd.txt": "no"})
    with pytest.raises(ValueError, match=rf"odd\.wav .*{words}"):
        read_recordings(tmp_path, sample_rate=8000, strict=True)


def test_a_sound_without_text_is_named(tmp_path):
    write(tmp_path, {"mute.wav": wav(NOISE)})
    with pytest.raises(ValueError, match=r"mute\.wav has no mute\.txt beside it"):
        read_recordings(tmp_path, sample_rate=8000, strict=True)


def test_a_text_that_is_not_utf_8_is_named(tmp_path):
    files = {"a.wav": wav(NOISE), "a.txt": "grün".encode("latin-1")}
    write(tmp_path, files | {"b.wav": wav(NOISE), "b.txt": "rot"})
    words = r"1 of 2 left out: \S*a\.txt is not UTF-8: .* 0xfc in position 2"
    with pytest.warns(UserWarning, match=words):
        assert read_recordings(tmp_path, sample_rate=8000).names == ("b",)


def test_nothing_to_read_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="No folder"):
        read_recordings(tmp_path / "nowhere", sample_rate=8000)
    with pytest.raises(ValueError, match="No WAV file in"):
        read_recordings(tmp_path, sample_rate=8000)
    write(tmp_path, {"a.wav": wav([])})
    with pytest.raises(ValueError, match=r"1 of 1 left out: .*a\.wav has no a\.txt"):
        read_recordings(tmp_path, sample_rate=8000)

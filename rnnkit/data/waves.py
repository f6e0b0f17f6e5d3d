"""WAV files: one, or a folder of them with their texts beside them."""

import wave
from pathlib import Path

import numpy as np

from rnnkit.data.examples import Examples, read_each, read_text


def read_wav(path, sample_rate=None):
    """Read a WAV file of 16-bit samples, one channel.

    Args:
        path: The file.
        sample_rate: The rate it must have, in hertz. By default any.

    Returns:
        Samples in [-1, 1), float32 `(time,)`.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It has another rate, more channels or other samples, is empty, or
            ends before its header says; names the file.
    """
    try:
        with open(path, "rb") as file, wave.open(file) as sound:
            channels, width, rate, count, *_ = sound.getparams()
            content = sound.readframes(count)
    except (wave.Error, EOFError) as error:
        reason = str(error) or "it ends within its header"
        raise ValueError(f"{path} is no WAV file of PCM samples: {reason}.") from error
    if sample_rate not in (None, rate):
        raise ValueError(
            f"{path} has {rate:,} samples a second, not {sample_rate:,}: resample it."
        )
    if (channels, width) != (1, 2):
        raise ValueError(
            f"{path} has {channels} channel(s) of {8 * width} bits, not one of 16: "
            "convert it."
        )
    if not count:
        raise ValueError(f"{path} is empty: it has no samples.")
    if len(content) != count * width:
        raise ValueError(
            f"{path} is cut short: {len(content) // width:,} of {count:,} samples."
        )
    return np.frombuffer(content, "<i2").astype("float32") / np.float32(32768)


def read_speech(path, sample_rate):
    """`read_wav`, where silence is an error too."""
    samples = read_wav(path, sample_rate)
    if samples.min() == samples.max():
        raise ValueError(f"{path} is silent: all its samples are the same.")
    return samples


def read_recordings(folder, sample_rate, strict=False):
    """Read a folder of recordings, `name.wav` with `name.txt` beside it.

    Folders in it are read too.

    Args:
        folder: The folder.
        sample_rate: The rate that all must have, in hertz.
        strict: Raise where a recording is bad. By default it is left out, and one
            warning at the end says how many were, and names the first.

    Returns:
        `Examples`, sorted by name. The name is the path in the folder without `.wav`,
        the group the folder a recording lies in.

    Raises:
        FileNotFoundError: There is no such folder.
        ValueError: There is no recording in it; with `strict`, one has another rate,
            is silent, empty or cut short, or has no text in UTF-8.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(f"No folder {str(folder)!r}.")

    def read(path):
        text_file = path.with_suffix(".txt")
        if not text_file.exists():
            raise ValueError(f"{path} has no {text_file.name} beside it.")
        text = read_text(text_file).strip()
        if not text:
            raise ValueError(f"{text_file} is empty.")
        name = path.relative_to(folder).with_suffix("").as_posix()
        return name, read_speech(path, sample_rate), text, path.parent.name

    paths = sorted(folder.rglob("*.wav"))
    if not paths:
        raise ValueError(f"No WAV file in {str(folder)!r}.")
    return Examples(*zip(*read_each(read, paths, strict)))

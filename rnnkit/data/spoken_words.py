"""Spoken words, one a clip: the Free Spoken Digit Dataset and Speech Commands."""

import re

from rnnkit.data.downloads import PublishedFolder, home
from rnnkit.data.examples import by_part, read_each, read_text
from rnnkit.data.waves import read_speech

_DIGITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
]

FSDD = PublishedFolder(
    folder="fsdd/recordings",
    url="https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/heads/"
    "master.tar.gz",
    terms="CC BY-SA 4.0",
    member=r"[^/]+/recordings/(\d_[a-z]+_\d+\.wav)",
    files=3_000,
    bytes=21_128_848,
    sha256="3ee995d6778c7ff34ae05297eb4f0002f5097dec693dcf8735ec30e8d8146944",
)
_SPEECH_COMMANDS = "https://download.tensorflow.org/data/speech_commands_v0.02.tar.gz"


def load_fsdd(data_dir=None, strict=False):
    """The Free Spoken Digit Dataset: 3,000 clips of English digits, 6 speakers, 8 kHz.

    Split as its authors do: of the 50 clips of a digit by a speaker, numbers 0–4 are
    the test. The speakers are the same in both; `groups` names them, to hold some out.

    Args:
        data_dir: Folder that has, or gets, `fsdd/recordings/`. By default the one that
            the environment variable RNNKIT_DATA names, else `~/.cache/rnnkit`.
        strict: Raise where a clip is bad, or the files are not as many and as large
            as those published. By default a bad clip is left out, and one warning at
            the end says how many were, and names the first.

    Returns:
        `{"train": Examples, "test": Examples}`: samples in [-1, 1), float32 `(time,)`;
        texts "zero" to "nine"; groups are speakers.

    Raises:
        ValueError: A download is not what was published; no clip can be read; with
            `strict`, see there.
        ConnectionError: The download failed; says where to put the files by hand.

    Terms: CC BY-SA 4.0.
    Source: https://github.com/Jakobovski/free-spoken-digit-dataset, the address not
    opened when it was written down here. What comes from it must have the sha256 of
    `FSDD`, computed from a copy of the 3,000 clips.
    """
    folder = FSDD.locate(data_dir)

    def read(path):
        named = re.fullmatch(r"(\d)_([^_]+)_(\d+)\.wav", path.name)
        if not named:
            raise ValueError(f"{path} is not named digit_speaker_number.wav.")
        digit, speaker, number = named.groups()
        part = "test" if int(number) < 5 else "train"
        samples = read_speech(path, sample_rate=8000)
        return part, path.stem, samples, _DIGITS[int(digit)], speaker

    paths = sorted(folder.iterdir())
    rows = read_each(read, paths, strict, FSDD.difference(folder))
    return by_part(rows, ("train", "test"))


def load_speech_commands(data_dir=None, words=None, strict=False):
    """Google's Speech Commands: English words of a second each, 16 kHz.

    Version 0.02 has 105,829 clips of 35 words, 6.7 GB as float32. Speakers are not
    shared between the parts.

    Args:
        data_dir: Folder that has `speech_commands/`, and in it a folder for each word
            with `validation_list.txt` and `testing_list.txt`. By default as in
            `load_fsdd`.
        words: Words to read. By default all.
        strict: Raise where a clip is bad. By default as in `load_fsdd`.

    Returns:
        `{"train": Examples, "valid": Examples, "test": Examples}`: samples in [-1, 1),
        float32 `(time,)`; texts are words; groups are speakers.

    Raises:
        FileNotFoundError: A folder or list is not there; says what to put where.
        ValueError: No clip can be read; with `strict`, a clip has another rate, or is
            silent, empty or cut short.

    Terms: CC BY 4.0.
    Source: https://download.tensorflow.org/data/speech_commands_v0.02.tar.gz, an
    address not opened when it was written down here. Not downloaded.
    Reference: [Warden, 2018](https://arxiv.org/abs/1804.03209)
    """
    folder = home(data_dir) / "speech_commands"
    parts = {}
    for part in ("validation", "testing"):
        path = folder / f"{part}_list.txt"
        if not path.exists():
            raise FileNotFoundError(
                f"No {path}. Unpack {_SPEECH_COMMANDS} into {folder}, or name the "
                "folder that has speech_commands/ with data_dir= or RNNKIT_DATA."
            )
        short = {"validation": "valid", "testing": "test"}[part]
        parts |= dict.fromkeys(read_text(path).split(), short)
    if words is None:
        found = (path.name for path in folder.iterdir() if path.is_dir())
        words = sorted(name for name in found if name[0] not in "._")
    missing = [word for word in words if not (folder / word).is_dir()]
    if missing:
        raise FileNotFoundError(f"{folder} has no folder for {', '.join(missing)}.")

    def read(path):
        word = path.parent.name
        name = f"{word}/{path.name}"
        samples = read_speech(path, sample_rate=16000)
        speaker = path.stem.partition("_nohash_")[0]
        return parts.get(name, "train"), f"{word}/{path.stem}", samples, word, speaker

    paths = [path for word in words for path in sorted((folder / word).glob("*.wav"))]
    return by_part(read_each(read, paths, strict), ("train", "valid", "test"))

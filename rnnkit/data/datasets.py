"""Published data sets by name: looked for in a folder first, then downloaded."""

import dataclasses
import os
import tempfile
from pathlib import Path

from rnnkit.data.downloads import AGAIN, check, fetch, home, members


@dataclasses.dataclass(frozen=True)
class DataFile:
    """One file of a data set, and the sha256 of its content once unpacked."""

    name: str
    sha256: str
    member: str = ""  # its path inside the archive; empty: the download itself


@dataclasses.dataclass(frozen=True)
class DataSet:
    """A published data set.

    The addresses are those its authors name; none was opened when they were written
    down here, but what comes from them must have the sha256 of `files`.
    """

    folder: str
    url: str  # empty: nothing is downloaded
    terms: str
    files: dict  # part -> DataFile
    by_hand: str = ""  # how else to come by the files


_PTB = "simple-examples/data/"
_PTB_FILES = {
    "train": DataFile(
        "ptb.train.txt",
        "fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf",
        _PTB + "ptb.train.txt",
    ),
    "valid": DataFile(
        "ptb.valid.txt",
        "c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2",
        _PTB + "ptb.valid.txt",
    ),
    "test": DataFile(
        "ptb.test.txt",
        "dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0",
        _PTB + "ptb.test.txt",
    ),
}

DATA_SETS = {
    "tinyshakespeare": DataSet(
        folder="tinyshakespeare",
        url="https://raw.githubusercontent.com/karpathy/char-rnn/master/data/"
        "tinyshakespeare/input.txt",
        terms="public domain",
        files={
            "text": DataFile(
                "tinyshakespeare.txt",
                "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            )
        },
    ),
    "ptb": DataSet(
        folder="ptb",
        url="https://www.fit.vutbr.cz/~imikolov/rnnlm/simple-examples.tgz",
        terms="research only",
        files=_PTB_FILES,
    ),
    "kjv": DataSet(
        folder="kjv",
        url="",
        terms="public domain, but in the United Kingdom",
        files={
            "text": DataFile(
                "kjv.txt",
                "cd45f0c9cedab8e4439bd6486c8952c77cc8b0ecc5d1f6ae3513f2039f47229d",
            )
        },
        by_hand="Debian's program writes it: apt install bible-kjv && bible -f "
        "-l100000 gen1:1-rev22:21 > kjv.txt",
    ),
}


def load(name, data_dir=None):
    """Read a published data set.

    Args:
        name: `"tinyshakespeare"` (part `text`), `"ptb"` (words; parts `train`,
            `valid`, `test`), `"ptb_characters"`, the characters of the same as
            Mikolov cut them: 50 symbols, a space written as `_`, one sentence a line;
            or `"kjv"` (part `text`), the King James Bible, a verse a line with its
            place before it, `Ge1:1 In the`. `load_words` cuts texts into words.
        data_dir: Folder to look in, and to download into. By default the one that
            the environment variable RNNKIT_DATA names, else `~/.cache/rnnkit`.

    Returns:
        `{part: str}`.

    Raises:
        ValueError: No such data set, or a file is not the one published.
        ConnectionError: The download failed; says where to put the file by hand.
        FileNotFoundError: It is one that is not downloaded; says where it is from. Or
            the folder that is named is not there.
    """
    characters = name == "ptb_characters"
    key = "ptb" if characters else name
    if key not in DATA_SETS:
        known = ", ".join([*DATA_SETS, "ptb_characters"])
        raise ValueError(f"No data set {name!r}; there are {known}.")
    data_set = DATA_SETS[key]
    folder = home(data_dir) / data_set.folder
    missing = {
        part: file
        for part, file in data_set.files.items()
        if not (folder / file.name).exists()
    }
    if missing:
        _download(data_set, missing.values(), folder)
    texts = {}
    for part, file in data_set.files.items():
        content = (folder / file.name).read_bytes()
        remedy = AGAIN if data_set.url else data_set.by_hand
        check(content, file.sha256, file.name, folder / file.name, remedy)
        texts[part] = content.decode("utf-8")
    return {p: _as_characters(t) if characters else t for p, t in texts.items()}


def _as_characters(words):
    lines = (line.strip().replace(" ", "_") for line in words.split("\n"))
    return "\n".join(lines)


def _download(data_set, files, folder):
    """Fetch files; one appears under its name only whole and with its sha256."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as part:
        archive = Path(part) / "download"
        names = ", ".join(file.name for file in files)
        by_hand = (
            f"Put {names} into {folder} by hand, or name the folder that has "
            f"{data_set.folder}/ with data_dir= or RNNKIT_DATA."
        )
        if not data_set.url:
            raise FileNotFoundError(
                f"No {names} in {folder}. {by_hand} {data_set.by_hand}"
            )
        fetch(data_set.url, archive, by_hand)
        for file in files:
            content = _content(archive, file, data_set.url)
            check(content, file.sha256, file.name, data_set.url)
            whole = Path(part) / file.name
            whole.write_bytes(content)
            os.replace(whole, folder / file.name)


def _content(archive, file, url):
    """The bytes of a file; out of an archive only this member is ever read."""
    if not file.member:
        return archive.read_bytes()
    for _, content in members(archive, url, lambda name: name == file.member):
        return content
    raise ValueError(f"{url} holds no {file.member}.")

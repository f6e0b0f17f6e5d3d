"""Where data sets lie, and how one is fetched: whole and checked, or not at all."""

import dataclasses
import gzip
import hashlib
import http.client
import os
import re
import tarfile
import tempfile
import urllib.request
import zlib
from pathlib import Path

AGAIN = "Delete it, and it is downloaded again."


def cache():
    """The folder of what is downloaded or made, where no other is named."""
    return Path.home() / ".cache" / "rnnkit"


def home(data_dir=None):
    """The folder data sets lie in: the one given, RNNKIT_DATA's, or the cache.

    Raises:
        FileNotFoundError: A folder is named that is not there.
    """
    given = data_dir or os.environ.get("RNNKIT_DATA")
    if not given:
        return cache()
    folder = Path(given).expanduser()
    if not folder.is_dir():
        by = "data_dir" if data_dir else "RNNKIT_DATA"
        raise FileNotFoundError(
            f"{by} names the folder {str(folder)!r}, which is not there. Correct the "
            "name; or make the folder, and what can be downloaded comes into it."
        )
    return folder


def sha256(content):
    """Sha256 of bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def check(content, expected, name, where, remedy=""):
    """Raise ValueError unless bytes found at `where` are the published file `name`.

    The error ends with `remedy`, what is to be done.
    """
    found = sha256(content)
    if found != expected:
        raise ValueError(
            f"{where} is not the published {name}: its sha256 is {found}, not "
            f"{expected}. {remedy}".rstrip()
        )


def fetch(url, path, by_hand):
    """Download `url` to `path`.

    Raises:
        ConnectionError: It failed; `by_hand` says what to do instead.
    """
    try:
        with urllib.request.urlopen(url, timeout=60) as response:
            path.write_bytes(response.read())
    except (http.client.HTTPException, OSError) as error:
        raise ConnectionError(
            f"Could not download {url} ({error}). {by_hand}"
        ) from error


def members(archive, url, wanted):
    """Yield `(name, content)` of the files of a tar archive that `wanted(name)`.

    Nothing is written, so that a name in the archive leads nowhere.

    Raises:
        ValueError: The archive is not whole; names `url`, where it came from.
    """
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                name = member.name.removeprefix("./")
                if member.isfile() and wanted(name):
                    yield name, tar.extractfile(member).read()
    except (tarfile.ReadError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(
            f"{url} gave no whole archive ({error}). Try again: nothing was kept."
        ) from error


@dataclasses.dataclass(frozen=True)
class PublishedFolder:
    """A published data set of many files in one folder.

    The sha256 is that of the lines `name sha256-of-the-file`, sorted and joined with
    line ends. It is checked once, after a download; each load only compares the number
    of files and bytes.

    Attributes:
        folder: Where it lies below the data folder.
        url: Address of a tar archive that holds it.
        terms: Terms of use.
        member: Pattern of its members' paths; group 1 is the name of the file.
        files: Number of files.
        bytes: Their size together.
        sha256: See above.
    """

    folder: str
    url: str
    terms: str
    member: str
    files: int
    bytes: int
    sha256: str

    def locate(self, data_dir=None):
        """The folder, downloaded if it is not there.

        Raises:
            ValueError: The download is not what was published.
            ConnectionError: The download failed.
        """
        folder = home(data_dir) / self.folder
        if not folder.is_dir():
            self._download(folder)
        return folder

    def difference(self, folder):
        """In words, how the files of a folder differ from the published; or ""."""
        with os.scandir(folder) as entries:
            sizes = [entry.stat().st_size for entry in entries]
        if (len(sizes), sum(sizes)) == (self.files, self.bytes):
            return ""
        return (
            f"{folder} holds {len(sizes):,} files of {sum(sizes):,} bytes; published "
            f"were {self.files:,} of {self.bytes:,}."
        )

    def _download(self, folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".download-") as tmp:
            archive, whole = Path(tmp) / "download", Path(tmp) / "whole"
            by_hand = (
                f"Put its files into {folder} by hand, or name the folder that has "
                f"{self.folder}/ with data_dir= or RNNKIT_DATA."
            )
            fetch(self.url, archive, by_hand)
            whole.mkdir()
            pattern = re.compile(self.member)
            for name, content in members(archive, self.url, pattern.fullmatch):
                (whole / pattern.fullmatch(name)[1]).write_bytes(content)
            found = fingerprint(whole)
            if found != self.sha256:
                raise ValueError(
                    f"{self.url} is not what was published: its files have the sha256 "
                    f"{found}, not {self.sha256}. Nothing was kept. {by_hand}"
                )
            os.replace(whole, folder)


def fingerprint(folder):
    """One sha256 for all the files of a folder; see `PublishedFolder`."""
    lines = (f"{path.name} {sha256(path.read_bytes())}" for path in folder.iterdir())
    return sha256("\n".join(sorted(lines)).encode())

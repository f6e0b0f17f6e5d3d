"""Images of lines to read: printed text (archiscribe) and music (PrIMuS)."""

import numpy as np

from rnnkit.data.downloads import home
from rnnkit.data.examples import by_part, read_each, read_text

_INK = (1 - np.arange(256) / 255).astype("float32")
_PRIMUS = (
    "https://grfia.dlsi.ua.es/primus/packages/primusCalvoRizoAppliedSciences2018.tgz"
)


def load_archiscribe(data_dir=None, strict=False):
    """Lines of German print of 1800–1899, mostly Fraktur: 4,255 of 112 works.

    The split is by works, sorted by year: of every ten, the fifth is validation and
    the tenth is test.

    Args:
        data_dir: Folder that has `archiscribe/archiscribe_h32.tsv`, lines of a file's
            name, a tab and its transcript, and the images, scaled to height 32, in
            `archiscribe/archiscribe_h32/`. By default the one that the environment
            variable RNNKIT_DATA names, else `~/.cache/rnnkit`.
        strict: Raise where a line is bad. By default it is left out, and one warning
            at the end says how many were, and names the first.

    Returns:
        `{"train": Examples, "valid": Examples, "test": Examples}`: images float32
        `(32, width)`, ink 1 and paper 0; groups are works. A file is named
        year_identifier_line.png, after the scan's identifier in the Internet Archive:
        the work is what comes before the last `_`.

    Raises:
        FileNotFoundError: The files are not there; says what to put where.
        ValueError: No line can be read; with `strict`, an image has another height or
            is not whole, or a line has no transcript.

    Terms: CC BY 4.0.
    Source: https://github.com/jbaiter/archiscribe-corpus, an address not opened when
    it was written down here. Its images are larger: nothing is downloaded, and no
    sha256 is compared.
    """
    folder = home(data_dir) / "archiscribe"
    table = folder / "archiscribe_h32.tsv"
    if not table.exists():
        raise FileNotFoundError(
            f"No {table}. Scale the lines of github.com/jbaiter/archiscribe-corpus to "
            f"height 32 and put them into {folder / table.stem}, and into the table "
            "their names and transcripts with a tab between; or name the folder that "
            "has archiscribe/ with data_dir= or RNNKIT_DATA."
        )
    # Quotation marks are part of the transcripts: this is no csv.
    lines = read_text(table).split("\n")
    lines = [line.partition("\t") for line in lines if line]
    works = sorted({_work(name) for name, _, _ in lines})
    parts = {work: _part(place) for place, work in enumerate(works)}

    def read(line):
        name, _, text = line
        if not text.strip():
            raise ValueError(f"{table} has no transcript of {name}.")
        image = read_ink(folder / table.stem / name, height=32)
        work = _work(name)
        return parts[work], name.removesuffix(".png"), image, text, work

    return by_part(read_each(read, lines, strict), ("train", "valid", "test"))


def load_primus(data_dir=None, encoding="semantic", limit=None, strict=False):
    """PrIMuS: one staff of engraved music each, and its notes; 87,678 incipits.

    The split is the one published with the authors' model. It is not by works: the
    voices of a work may be in both parts; `groups` names the works.

    Args:
        data_dir: Folder that has `primus/Data/` of the authors' tf-deep-omr, with
            `train.txt`, `test.txt` and the vocabularies, and anywhere below `primus/`
            the incipits, `name.png` with `name.semantic` and `name.agnostic` beside
            it. By default as in `load_archiscribe`.
        encoding: `"semantic"`, what the notes mean (`note-Bb4_eighth`), or
            `"agnostic"`, which sign is where (`note.eighth-L4`).
        limit: Incipits to read of each part, from the start of its list. All take
            about 57 GB as float32.
        strict: Raise where an incipit is bad or absent. By default as in
            `load_archiscribe`.

    Returns:
        `{"train": Examples, "test": Examples}`: images float32 `(height, width)` as
        they are, ink 1 and paper 0; texts the symbols with a space between; `symbols`
        the vocabulary of the encoding; groups are works (RISM's numbers).

    Raises:
        FileNotFoundError: The lists are not there; says what to put where.
        ValueError: No such encoding, or no incipit can be read; with `strict`, one is
            absent or not whole, not in UTF-8, or holds a symbol that the vocabulary
            lacks.

    Terms: lists and vocabularies MIT; for the images none are stated.
    Source: https://grfia.dlsi.ua.es/primus/ and
    https://github.com/calvozaragoza/tf-deep-omr, addresses not opened when they were
    written down here. Not downloaded.
    Reference: [Calvo-Zaragoza and Rizo, 2018](https://doi.org/10.3390/app8040606)
    """
    if encoding not in ("semantic", "agnostic"):
        raise ValueError(f'encoding is "semantic" or "agnostic", not {encoding!r}.')
    folder = home(data_dir) / "primus"
    files = ("train.txt", "test.txt", f"vocabulary_{encoding}.txt")
    for file in files:
        if not (folder / "Data" / file).exists():
            raise FileNotFoundError(
                f"No {folder / 'Data' / file}. Put Data/ of the authors' tf-deep-omr "
                f"there and unpack {_PRIMUS} into {folder}, or name the folder that "
                "has primus/ with data_dir= or RNNKIT_DATA."
            )
    *lists, symbols = (read_text(folder / "Data" / file).split() for file in files)
    known = set(symbols)
    incipits = [
        (part, name) for part, names in zip(files, lists) for name in names[:limit]
    ]
    images = {path.stem: path for path in folder.rglob("*.png")}

    def read(incipit):
        part, name = incipit
        if name not in images:
            raise ValueError(f"{name} has no {name}.png below {folder}.")
        notes = images[name].with_suffix(f".{encoding}")
        text = read_text(notes).split()
        if strange := [symbol for symbol in text if symbol not in known]:
            raise ValueError(f"{notes}: no symbol {strange[0]!r} in the vocabulary.")
        if not text:
            raise ValueError(f"{notes} is empty.")
        work = name.partition("-")[0]
        return part[:-4], name, read_ink(images[name]), " ".join(text), work

    rows = read_each(read, incipits, strict)
    return by_part(rows, ("train", "test"), tuple(symbols))


def read_ink(path, height=None):
    """Read a PNG image of something dark on white.

    Args:
        path: The file.
        height: The height it must have, in pixels. By default any.

    Returns:
        Ink in [0, 1], float32 `(height, width)`: black is 1.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is no whole PNG image, or has another height; names the file.
    """
    import tensorflow as tf

    with open(path, "rb") as file:
        content = file.read()
    try:
        image = tf.io.decode_png(content, channels=1).numpy()[..., 0]
    except tf.errors.InvalidArgumentError as error:
        raise ValueError(f"{path} is no whole PNG image.") from error
    if height not in (None, len(image)):
        raise ValueError(f"{path} is {len(image)} pixels high, not {height}.")
    return _INK[image]


def _work(name):
    return name.rpartition("_")[0]


def _part(place):
    return {4: "valid", 9: "test"}.get(place % 10, "train")

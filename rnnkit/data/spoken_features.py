"""Speech as features: AN4 and a Russian voice, cepstra at 100 frames a second."""

import re
import zipfile

import numpy as np

from rnnkit.data.downloads import home
from rnnkit.data.examples import Examples, read_each, read_text

_AN4 = "http://www.speech.cs.cmu.edu/databases/an4/"


def load_an4(data_dir=None, *, strict=False):
    """CMU's AN4 as 13 mel cepstra at 100 frames a second: 948 and 130 utterances.

    Spelled words, numbers and commands, in English; the official split, in which no
    speaker of one part is in the other.

    Args:
        data_dir: Folder that has `an4_mfcc13/an4_mfcc13.npz`. By default the one that
            the environment variable RNNKIT_DATA names, else `~/.cache/rnnkit`. For
            both parts p, `train` and `test`, it holds the utterances' features one
            after another, `p_x` `(frames, 13)`, and of each utterance the frames
            `p_len`, the words `p_text` and the id `p_id`.
        strict: Whether a bad utterance is an error; otherwise it is left out, and a
            warning names it.

    Returns:
        `{"train": Examples, "test": Examples}`: features float32 `(time, 13)`, not
        normalized; texts in capitals; groups are speakers, the middle of the id:
        an251-fash-b is by fash.

    Raises:
        FileNotFoundError: The file is not there; says how it is made.
        ValueError: It is not as above; or with `strict` an utterance is bad: it is
            empty, holds a number that is not finite, or has another kind of id.

    Terms: BSD-like, any use.
    Source: CMU, http://www.speech.cs.cmu.edu/databases/an4/, an address not opened
    when it was written down here. It publishes the sound and the cepstra in files of
    their own, not in this form: nothing is downloaded, and no sha256 is compared.
    Reference: Acero, Acoustical and environmental robustness in automatic speech
    recognition, 1993
    """
    path = home(data_dir) / "an4_mfcc13" / "an4_mfcc13.npz"
    parts = ("train", "test")
    arrays = _read_npz(
        path,
        [f"{part}_{field}" for part in parts for field in ("x", "len", "text", "id")],
        f"It is made from the 13 cepstra of {_AN4} or computed from its sound; "
        "rnnkit.data.load_an4 says which arrays it holds.",
    )
    split = {}
    for part in parts:
        names = tuple(arrays[f"{part}_id"].tolist())
        x = arrays[f"{part}_x"].astype("float32")
        whole = Examples(
            names,
            _cut(x, arrays[f"{part}_len"], path),
            tuple(arrays[f"{part}_text"].tolist()),
            tuple(f"{name}--".split("-")[1].lower() for name in names),
        )

        def good(k, path=path, whole=whole):
            if whole.names[k].count("-") != 2:
                raise ValueError(
                    f"{path}: {whole.names[k]!r} is no id like an251-fash-b."
                )
            return _good(k, path, whole)

        split[part] = whole.subset(read_each(good, range(len(whole)), strict))
    return split


def an4_dictionary(data_dir=None):
    """The pronunciations of AN4's words: 130 of 101 words, in 33 phones.

    Args:
        data_dir: Folder that has `an4/etc/an4.dic`. By default as in `load_an4`.

    Returns:
        `{word: [[phone, …], …]}`, a word's pronunciations in the file's order.

    Raises:
        FileNotFoundError: The file is not there.
        ValueError: A line is not `WORD PHONE PHONE …`.

    Terms, source: as `load_an4`.
    """
    path = home(data_dir) / "an4" / "etc" / "an4.dic"
    if not path.exists():
        raise FileNotFoundError(
            f"No {path}. Put etc/ of {_AN4} there, or name the folder that has an4/ "
            "with data_dir= or RNNKIT_DATA."
        )
    words = {}
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        word, *phones = line.split() or [""]
        if not phones:
            raise ValueError(f"{path}:{number}: {line!r} is not WORD PHONE PHONE …")
        words.setdefault(re.sub(r"\(\d+\)$", "", word), []).append(phones)
    return words


def load_festvox_ru(data_dir=None, *, strict=False):
    """A Russian voice with a phone for every frame: 620 utterances, 1.66 hours.

    One speaker reads a novel; 13 mel cepstra at 100 frames a second. The split is by
    the number in the name: those that end in 0 are the test, in 5 the validation.

    Args:
        data_dir: Folder that has `festvox_ru_mfcc13/festvox_ru_mfcc13.npz` and
            `festvox_ru_labels/txt.done.data`. By default as in `load_an4`. The first
            holds the utterances' features one after another, int8 `x` `(frames, 13)`
            with `mean` and `std` `(13,)`, the phone `y` of every frame, and `lengths`,
            `names` and `phones`; features are `x / 32 * std + mean`.
        strict: Whether a bad utterance is an error; otherwise it is left out, and a
            warning names it.

    Returns:
        `{"train": Examples, "valid": Examples, "test": Examples}`: features float32
        `(time, 13)`, labels int32 `(time,)`, `symbols` the 51 phones, `pau` for a
        pause. Frame i has the phone that is heard at its middle, `i / 100 + 0.015`
        seconds. Texts are as published: Cyrillic, with `+` before some stressed vowels.

    Raises:
        FileNotFoundError: A file is not there.
        ValueError: One is not as above; or with `strict` an utterance is bad: it is
            empty, holds a number that is not finite or what is no phone, or has no
            text.

    Terms: BSD-like.
    Source: the Debian package festvox-ru, which holds sound and labels: nothing is
    downloaded, and no sha256 is compared.
    """
    root = home(data_dir)
    path = root / "festvox_ru_mfcc13" / "festvox_ru_mfcc13.npz"
    text_file = root / "festvox_ru_labels" / "txt.done.data"
    source = "It is made from the Debian package festvox-ru; rnnkit.data."
    arrays = _read_npz(
        path,
        ["x", "mean", "std", "y", "lengths", "names", "phones"],
        f"{source}load_festvox_ru says which arrays it holds.",
    )
    if not text_file.exists():
        raise FileNotFoundError(f"No {text_file}. It is in Debian's festvox-ru.")
    lines = re.findall(r'^\(\s*(\S+)\s+"(.*)"\s*\)', read_text(text_file), re.M)
    texts = dict(lines)
    names, phones = arrays["names"].tolist(), tuple(arrays["phones"].tolist())
    x = arrays["x"].astype("float32") / 32 * arrays["std"] + arrays["mean"]
    whole = Examples(
        tuple(names),
        _cut(x, arrays["lengths"], path),
        tuple(texts.get(name) for name in names),
        ("nsh",) * len(names),
        _cut(arrays["y"].astype("int32"), arrays["lengths"], path),
        phones,
    )

    def good(k):
        name, found = names[k], _good(k, path, whole)
        if name not in texts:
            raise ValueError(f"{text_file} has no text of {name}.")
        strange = set(whole.labels[k].tolist()) - set(range(len(phones)))
        if strange:
            worst = min(strange)
            raise ValueError(f"{path}: {name} has label {worst} of {len(phones)}.")
        return found

    whole = whole.subset(read_each(good, range(len(whole)), strict))
    ends = [name[-1] for name in whole.names]
    part = np.array([{"0": "test", "5": "valid"}.get(end, "train") for end in ends])
    return {p: whole.subset(part == p) for p in ("train", "valid", "test")}


def _read_npz(path, fields, made):
    """Arrays of an .npz file by name; nothing in it is run."""
    if not path.exists():
        raise FileNotFoundError(
            f"No {path}. {made} Name the folder that has {path.parent.name}/ with "
            "data_dir= or RNNKIT_DATA."
        )
    try:
        with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
            return {field: file[field] for field in fields}
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is not what is read here: {error}.") from error


def _good(k, path, examples):
    """The place `k`, if there is something in the utterance, and all of it finite."""
    name, frames = examples.names[k], examples.inputs[k]
    if not len(frames):
        raise ValueError(f"{path}: {name} is empty.")
    if not np.isfinite(frames).all():
        raise ValueError(f"{path}: {name} holds a number that is not finite.")
    return k


def _cut(frames, lengths, path):
    """`(frames, …)` → tuple of `(time, …)`."""
    if lengths.min() < 0:
        raise ValueError(f"{path}: there is an utterance of {lengths.min()} frames.")
    if lengths.sum() != len(frames):
        raise ValueError(
            f"{path}: the lengths of {len(lengths):,} utterances come to "
            f"{lengths.sum():,} frames, but there are {len(frames):,}."
        )
    return tuple(np.split(frames, np.cumsum(lengths)[:-1]))

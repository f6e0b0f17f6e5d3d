"""Sentences and their translations: Multi30k, Tatoeba, Tanaka."""

import os
import tempfile
import zlib
from pathlib import Path

from rnnkit.data.downloads import AGAIN, check, fetch, home
from rnnkit.data.pairs import (
    Pairs,
    lines_of,
    pairs_of_lines,
    read_content,
)

MULTI30K = "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/"
_MULTI30K_PARTS = {
    "train": "train",
    "valid": "val",
    "test2016": "test_2016_flickr",
    "test2017": "test_2017_flickr",
    "test2017_mscoco": "test_2017_mscoco",
    "test2018": "test_2018_flickr",
}
# File -> language -> sha256 of its text, unpacked.
MULTI30K_SHA256 = {
    "train": {
        "en": "460a15fbd157e34a7a9957ee388c1ca247fe47af3ef25fb50442af6c274e0fc6",
        "de": "2c2b73fd2b548fbcde3a875e0a78d6ee94d498bfdee6bd3eae3945779e9ddf72",
        "fr": "5925a3c18f1587b6b54b87743106e6e8ab93618edb6f65d19eac0621f853a10d",
        "cs": "2be68b38c8d586ff4f54eb13cc6e1baaaa053695b3f070d3038303a47f2268da",
    },
    "val": {
        "en": "1f2a23d992769b5b3d209b0a10dd0b77c08cceb1f20dfb97ed0aafa49d107227",
        "de": "660e09eb7e1da2f856ea13ee5ad3cf6d36b3d5b0b733c857e94c5747a3dfc660",
        "fr": "5304e444d842e962b2dda4d816b70b22a1765b15401642b7ca37a67477e708dc",
        "cs": "d53827e469b0a1ca8d57e9e26b2b64c4bc4b33f5479c7b03ae87ae5c882c3e33",
    },
    "test_2016_flickr": {
        "en": "399a4382932c1aadd3ceb9bef1008d388a64c76d4ae4e9d4728c6f4301cac182",
        "de": "4be6b5b3236b79c25475c6bb829800a7ce559e9ba7a1f6c2394fe4d40be46d16",
        "fr": "cb3160d69b002bb638e66cc7612fcd56cb0af82eadc9c142dedc438afb885ef6",
        "cs": "45adb85f688de8407fddcbe1b36dca15d12aab868149b337e2576f2d6d2ff8d8",
    },
    "test_2017_flickr": {
        "en": "ce1450ddc5ab0834502579d77a170849952e15a2938b34cc503bdc25ebb4fb98",
        "de": "c3078bc3b36808bf9d20eb2347ed6137016179ef59ec0d2b9b8ecc3fb2880081",
        "fr": "6f3764e31dac41e9455e612958bcfd4e877c5e15cd66df2c2b2be6d9bd83e5b6",
    },
    "test_2017_mscoco": {
        "en": "43051fdfa86fd5395182e718a94ca67b1b227b9f7c79596ff0f6b813216981d2",
        "de": "58277df3c75f92f7145a11b910b553d1cf82c439249d4dc237c899609eafac22",
        "fr": "39cde3f43f32b0a6bf29ce4917a46329ff32e53070c2fac87506695a740ae0a0",
    },
    "test_2018_flickr": {
        "en": "4e585c2dd525911a6ea7730e9d0b516239af3f1b1ffae6a2130223cfb639f25e",
        "de": "39fcc8b3331d76fb42d648d019c6898b0d5e58baac87bc2a0bb93f44ec8db207",
        "fr": "234b4a887da0da4801a3e2c6f21336231ff7dd46daeb80cfa1b551c8bbb78239",
        "cs": "1db59fe6980c9b3f9bade65122a985e71150214837d76f4768a5a8384c0b2dc7",
    },
}
TANAKA = "https://raw.githubusercontent.com/neubig/nn4nlp-code/master/data/parallel/"
TANAKA_SHA256 = {
    "train.ja": "44dbd44a7421b6ac7b013ce5c7379b08fcb0a9811bacf043cc99b7d97270b34d",
    "train.en": "baa91ec85449b1751936bc24e47bb5ae98627832bf5a82b391effe2064f140e9",
    "dev.ja": "1eb65b3fe51540ea878228fc58ebb572747a3a146652d6d73660e8acf0893ae0",
    "dev.en": "0e96ff5976b2a17840568dfa9c684f97494e121f63357b9f96ea5e8467fcb343",
    "test.ja": "22b2e5ee8d740338b2fd0aeddca76698fe1098f94b8dd53f0ffb878c2b4a2033",
    "test.en": "a23ab6662ba1b575e4df0c9ec5ae70561b57ece6a267404a228fb2b5e9f0fbd9",
}


def load_multi30k(
    source="de", target="en", parts=("train", "valid", "test2016"), data_dir=None
):
    """Multi30k: 31,014 captions of photographs, translated, and its tests.

    Args:
        source, target: Two of `"en"`, `"de"`, `"fr"`, `"cs"`.
        parts: Of `"train"` (29,000 pairs), `"valid"` (1,014), `"test2016"` (1,000),
            `"test2017"` (1,000), `"test2017_mscoco"` (461) and `"test2018"` (1,071),
            the official ones; Czech has none of 2017.
        data_dir: Folder that has, or gets, `multi30k/` with `train.de.gz` and the
            like. By default the one that the environment variable RNNKIT_DATA names,
            else `~/.cache/rnnkit`.

    Returns:
        `{part: Pairs}`: captions as written, neither tokenized nor lower-cased.

    Raises:
        ValueError: No such language or part, or a file is not the one published.
        ConnectionError: A download failed; says where to put the file by hand.

    Terms: none stated; research.
    Source: https://github.com/multi30k/dataset, an address not opened when it was
    written down here; what comes from it must have the sha256 of the files unpacked.
    Reference: [Elliott et al., 2016](https://arxiv.org/abs/1605.00459)
    """
    folder = home(data_dir) / "multi30k"
    split = {}
    for part in parts:
        if part not in _MULTI30K_PARTS:
            known = ", ".join(_MULTI30K_PARTS)
            raise ValueError(f"Multi30k has no part {part!r}; there are {known}.")
        stem = _MULTI30K_PARTS[part]
        hashes = MULTI30K_SHA256[stem]
        for language in (source, target):
            if language not in hashes:
                raise ValueError(
                    f"Multi30k has no {part} in {language!r}, but in "
                    f"{', '.join(hashes)}."
                )
        paths = [folder / f"{stem}.{language}.gz" for language in (source, target)]
        contents = [
            _published(path, MULTI30K + path.name, hashes[language])
            for path, language in zip(paths, (source, target))
        ]
        split[part] = pairs_of_lines(*contents, *paths)
    return split


def load_tanaka(source="ja", target="en", data_dir=None):
    """Japanese sentences with English translations, from the Tanaka corpus.

    The cut of Neubig's course on neural networks for language: short sentences,
    10,000 / 500 / 500 of them. Words are separated by spaces and English is in lower
    case; `text.replace(" ", "")` is Japanese as it is written, and what it was before,
    the true segmentation.

    Args:
        source, target: `"ja"` and `"en"`, or the other way round.
        data_dir: Folder that has, or gets, `tanaka_ja_en/tanaka_ja_en_10k/` with
            `train.ja` and the like. By default as in `load_multi30k`.

    Returns:
        `{"train": Pairs, "valid": Pairs, "test": Pairs}`.

    Raises:
        ValueError: No such languages, or a file is not the one published.
        ConnectionError: A download failed; says where to put the file by hand.

    Terms: CC BY 2.0.
    Source: https://github.com/neubig/nn4nlp-code, an address not opened when it was
    written down here; what comes from it must have the sha256 of the files at hand.
    """
    if {source, target} != {"ja", "en"}:
        raise ValueError(
            f'source and target are "ja" and "en", not {source!r} and {target!r}.'
        )
    folder = home(data_dir) / "tanaka_ja_en" / "tanaka_ja_en_10k"
    split = {}
    for part, stem in {"train": "train", "valid": "dev", "test": "test"}.items():
        paths = [folder / f"{stem}.{language}" for language in (source, target)]
        contents = [
            _published(path, TANAKA + path.name, TANAKA_SHA256[path.name])
            for path in paths
        ]
        split[part] = pairs_of_lines(*contents, *paths)
    return split


def load_fra_eng(data_dir=None):
    """English sentences with French translations, from Tatoeba; sorted by length.

    Many sentences have several translations. One English sentence is in one part only:
    a checksum of it decides, the same in every edition of the file. The same French may
    be in two parts, as the translation of different English.

    Args:
        data_dir: Folder that has `fra_eng/fra.txt`, lines of English, a tab and
            French; what follows another tab is passed over. By default as in
            `load_multi30k`.

    Returns:
        `{"train": Pairs, "valid": Pairs, "test": Pairs}`, English the sources; about
        90, 5 and 5 percent.

    Raises:
        FileNotFoundError: The file is not there; says where it is from.
        ValueError: A line is not English, a tab and French, or not UTF-8; names it.

    Terms: CC BY 2.0, "www.manythings.org/anki and tatoeba.org".
    Source: http://www.manythings.org/anki/fra-eng.zip, an address not opened when it
    was written down here. It holds the newest edition: nothing is downloaded, and no
    sha256 is compared. The edition of 2017-09-29 has 142,787 pairs.
    """
    path = home(data_dir) / "fra_eng" / "fra.txt"
    if not path.exists():
        raise FileNotFoundError(
            f"No {path}. Unpack http://www.manythings.org/anki/fra-eng.zip into "
            f"{path.parent}, or name the folder that has fra_eng/ with data_dir= or "
            "RNNKIT_DATA."
        )
    split = {"train": ([], []), "valid": ([], []), "test": ([], [])}
    for number, line in enumerate(lines_of(read_content(path), path), 1):
        english, _, rest = line.partition("\t")
        pair = english.strip(), rest.partition("\t")[0].strip()
        if not all(pair):
            raise ValueError(f"{path}:{number}: {line!r} is not English, tab, French.")
        place = zlib.crc32(pair[0].encode()) % 20
        columns = split[{0: "test", 1: "valid"}.get(place, "train")]
        for column, text in zip(columns, pair):
            column.append(text)
    return {part: Pairs(*map(tuple, columns)) for part, columns in split.items()}


def _published(path, url, expected):
    """The content of a published file, downloaded if it is not there, and checked."""
    if path.exists():
        content = read_content(path)
        check(content, expected, path.name, path, AGAIN)
        return content
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".download-") as part:
        download = Path(part) / path.name
        fetch(url, download, f"Put it into {path.parent} by hand as {path.name}.")
        content = read_content(download)
        check(content, expected, path.name, url)
        os.replace(download, path)
    return content

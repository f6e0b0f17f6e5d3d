"""Images of lines and their texts: scanned, or rendered; and how they are varied."""

import dataclasses
import functools
import pathlib
import string
import textwrap

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

import rnnkit
from rnnkit import recipe

HEIGHT = 32
LETTERS = "aeinorst"  # of the made-up words
_SLANTED = 5  # pixels that a slant moves a row at most
TEX = set(string.ascii_letters + string.digits + " !#%&()*+,-./:;=?@[]")
"""What TeX's roman fonts have in the places of ASCII."""

# Families are kept apart: what is tested has not been seen in any weight. Each row of
# a part is drawn as often as the others.
FONTS = {
    "train": [
        [f"DejaVuSans{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")],
        ["DejaVuSerif", "DejaVuSerif-Bold"],
        ["DejaVuSerif-Italic", "DejaVuSerif-BoldItalic"],
        [f"DejaVuSansMono{style}" for style in ("", "-Bold", "-Oblique")],
        ["cmr10", "cmb10"],
        ["cmti10"],
    ],
    "valid": [["cmss10"], ["cmtt10"]],
    "test": [["STIXGeneral"], ["STIXGeneralBol"], ["STIXGeneralItalic"]],
}


@dataclasses.dataclass(frozen=True)
class Lines:
    """What a recogniser learns from and is tested on.

    Attributes:
        parts: `{part: rnnkit.data.Examples}`; images are `(width, height)`.
        varied: Makes the images and texts of an epoch from its number.
        texts: All training texts, for what is known of the language.
    """

    parts: dict
    varied: object
    texts: tuple


def read_lines(config):
    """Return the `Lines` that a configuration names."""
    if config.data == "archiscribe":
        return scanned(config)
    if config.data not in ("rendered", "words"):
        raise SystemExit(
            f"No data {config.data!r}; there are rendered, archiscribe and words."
        )
    return rendered(config)


def scanned(config):
    """Archiscribe's lines, works held out."""
    parts = {}
    for part, found in recipe.loaded(rnnkit.data.load_archiscribe).items():
        images = tuple(np.ascontiguousarray(image.T) for image in found.inputs)
        parts[part] = dataclasses.replace(found, inputs=images)
    texts = parts["train"].texts
    widths = np.array([len(image) for image in parts["train"].inputs])
    train = parts["train"] = parts["train"].subset(widths <= config.widest)

    def varied(epoch):
        rng = np.random.default_rng((config.seed, epoch))
        return [distorted(image, rng) for image in train.inputs], train.texts

    return Lines(parts, varied, texts)


def rendered(config):
    """Lines of text in fonts that are in every installation of matplotlib."""
    texts = made_up_words() if config.data == "words" else docstring_lines()
    characters = set("".join(texts["train"]))

    def examples(part, count, seed, varied=False, widest=np.inf):
        rng = np.random.default_rng((config.seed, seed))
        in_tex = [text for text in texts[part] if set(text) <= TEX]
        rows = []
        while len(rows) < count:
            font = str(rng.choice(FONTS[part][rng.integers(len(FONTS[part]))]))
            tex = font.startswith("cm")
            chosen = in_tex if tex else texts[part]
            text = chosen[rng.integers(len(chosen))]
            if varied and rng.random() < config.strewn:
                known = sorted((characters & TEX if tex else characters) - {" "})
                text = strewn(text, known, rng, *rng.uniform(0.1, (0.7, 0.4, 0.3)))
            image = render(text, font, rng, varied)
            if len(image) <= widest:
                rows.append((image, text, font))
        images, lines, fonts = zip(*rows)
        names = tuple(f"{font} {k}" for k, font in enumerate(fonts))
        return rnnkit.data.Examples(names, images, lines, fonts)

    parts = {
        "train": examples("train", config.lines, 0, True, config.widest),
        "valid": examples("valid", config.lines // 10, 1),
        "test": examples("test", config.lines // 10, 2),
    }

    widest = max(map(len, parts["train"].inputs))  # no epoch has a size of its own

    def varied(epoch):
        found = examples("train", config.lines, 3 + epoch, True, widest)
        return found.inputs, found.texts

    return Lines(parts, varied, tuple(texts["train"]))


def made_up_words():
    """Return `{part: texts}` of two words, of forty that are random letters."""
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list(LETTERS), n)) for n in rng.integers(2, 6, 40)]
    pairs = [" ".join(rng.choice(words, 2)) for _ in range(500)]
    return {"train": pairs[:400], "valid": pairs[400:450], "test": pairs[450:]}


@functools.cache
def docstring_lines(shortest=8, longest=32):
    """Return `{part: texts}`: lines of the standard library's docstrings.

    Of every ten modules outside of packages the fifth is for validation and the tenth
    for the test, which have whole lines; a line that training has too is in neither.
    Training has the lines of all others and of the topics of `help`, long ones in
    pieces.
    """
    printable = set(string.printable) - set(string.whitespace) | {" "}
    sources, prose = rnnkit.data.standard_library(), rnnkit.data.docstrings()
    modules = [name for name in sources.names if len(pathlib.Path(name).parts) == 1]
    parts = {name: "valid" for name in modules[4::10]}
    parts |= {name: "test" for name in modules[9::10]}
    found = {"train": {}, "valid": {}, "test": {}}
    for name, text in zip(prose.names, prose.texts):
        part = parts.get(name, "train")
        for line in text.splitlines():
            pieces = textwrap.wrap(" ".join(line.split()), longest)
            if part == "train" or len(pieces) == 1:
                for piece in pieces:
                    if len(piece) >= shortest and printable >= set(piece):
                        found[part][piece] = None
    train = list(found["train"])
    held_out = {
        part: [text for text in found[part] if text not in found["train"]]
        for part in ("valid", "test")
    }
    return {"train": train, **held_out}


def strewn(text, characters, rng, share=0.3, spaces=0.15, again=0.0):
    """Return the text with others in place of some characters, so that rare ones are
    seen, and all where no word foretells them.

    Args:
        characters: What is drawn from, each as often.
        share: Of the text's characters, but for its spaces, that are replaced.
        spaces: Of those, how many become spaces instead.
        again: Of the others, how many are the last that was drawn once more.
    """
    found, last = [], None
    for character in text:
        if character != " " and rng.random() < share:
            if rng.random() < spaces:
                character = " "
            elif last is None or rng.random() >= again:
                character = last = str(rng.choice(characters))
            else:
                character = last
        found.append(character)
    return " ".join("".join(found).split())


def render(text, font, rng, varied=False):
    """Return an image of `text`, `(width, 32)`, ink in [0, 1].

    Place, blur, contrast, noise and size, from the top of an l to the bottom of a g,
    are drawn at random; with `varied` width, spaces, slant and thickness too.
    """
    _, top, _, bottom = _face(font, 100).getbbox("lg", anchor="ls")
    size = round(100 * rng.uniform(22, 27) / (bottom - top))
    face = _face(font, size)
    words = text.split(" ")
    space = face.getlength(" ") * (rng.uniform(0.6, 1.4) if varied else 1)
    margin = rng.integers(2, 10, 2)
    ends = np.cumsum([face.getlength(word) + space for word in words])
    width = int(ends[-1] - space + margin.sum())
    image = Image.new("L", (width, HEIGHT))
    free = HEIGHT - size * (bottom - top) / 100  # pixels above and below the letters
    baseline = round(rng.uniform(1, free - 1) - size * top / 100)
    for word, place in zip(words, [0, *ends]):
        place = (margin[0] + round(place), baseline)
        ImageDraw.Draw(image).text(place, word, 255, face, anchor="ls")
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 0.8)))
    ink = np.asarray(image, "float32").T / 255
    if varied:
        ink = distorted(pressed(raised(stretched(ink, rng), rng), rng), rng)
    else:
        ink = ink * rng.uniform(0.6, 1)
    noise = rng.uniform(0, 0.06) * rng.standard_normal(ink.shape, "float32")
    return np.clip(ink + noise, 0, 1).astype("float32")


@functools.cache
def _face(font, size):
    folder = pathlib.Path(matplotlib.get_data_path(), "fonts", "ttf")
    # Plain layout, which every build of Pillow has: no ligatures.
    return ImageFont.truetype(
        folder / f"{font}.ttf", size, layout_engine=ImageFont.Layout.BASIC
    )


def stretched(ink, rng, every=12):
    """Return the image wider or narrower, by another factor every few pixels."""
    width = len(ink)
    knots = np.exp(rng.normal(0, 0.2, width // every + 2)) * rng.uniform(0.75, 1.15)
    factors = np.interp(np.arange(width), every * np.arange(len(knots)), knots)
    ends = np.cumsum(factors)
    places = np.arange(0.5, ends[-1])
    return _between(ink, np.interp(places, ends - factors / 2, np.arange(width)))


def raised(ink, rng, every=8):
    """Return the image with some heights stretched and others pressed together, so
    that small letters are higher or lower beside the great ones."""
    height = ink.shape[1]
    knots = np.exp(rng.normal(0, 0.2, height // every + 1))
    factors = np.interp(np.arange(height), every * np.arange(len(knots)), knots)
    middles = np.cumsum(factors) - factors / 2
    middles = (middles - middles[0]) * (height - 1) / (middles[-1] - middles[0])
    places = np.interp(np.arange(height), middles, np.arange(height))
    return _between(ink.T, places).T


def pressed(ink, rng):
    """Return the image with strokes thicker or thinner, those that lie by another
    measure than those that stand."""
    for axis in (0, 1):
        near = np.roll(ink, 1, axis)  # the margins are blank, or nearly
        weight = np.float32(rng.uniform(-0.4, 0.8))
        other = np.maximum(ink, near) if weight > 0 else np.minimum(ink, near)
        ink = ink + abs(weight) * (other - ink)
    return ink


def _between(rows, places):
    """The rows at these places, numbers from 0 to the last, interpolated."""
    first = places.astype(int)
    part = (places - first)[:, None].astype("float32")
    return rows[first] * (1 - part) + rows[np.minimum(first + 1, len(rows) - 1)] * part


def distorted(ink, rng):
    """Return the image slanted, moved, higher or lower, fainter, bolder or thinner."""
    width, height = ink.shape
    middle = (height - 1) / 2
    rows = np.arange(height) - middle
    source = rows / rng.uniform(0.9, 1.1) + middle + rng.uniform(-1.5, 1.5)
    weights = np.maximum(1 - np.abs(np.arange(height)[:, None] - source), 0)
    found = np.pad(ink @ weights.astype("float32"), [[_SLANTED, _SLANTED + 1], [0, 0]])
    moves = np.clip(rng.normal(0, 0.08), -0.25, 0.25) * rows + _SLANTED
    for row, move in enumerate(moves):
        first, part = int(move), np.float32(move % 1)
        near, far = (found[first + k : first + k + width, row] for k in (0, 1))
        found[:width, row] = near * (1 - part) + far * part
    thickness = np.exp(rng.normal(0, 0.3))
    found = np.maximum(found[:width], 0) ** np.float32(thickness)
    return found * np.float32(rng.uniform(0.6, 1))

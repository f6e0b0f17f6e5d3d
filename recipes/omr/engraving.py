"""Incipits engraved: to MEI, by verovio to SVG, by resvg to images of ink.

python recipes/omr/engraving.py incipits.json images.npz 64

engraves a file of `[name, mei]` pairs; `engrave` starts it, once for every processor.
"""

import concurrent.futures
import hashlib
import importlib.metadata
import importlib.util
import inspect
import io
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile
import zlib

import numpy as np
from tunes import WANTED, Incipit

FONTS = ("Leipzig", "Bravura", "Gootville", "Leland", "Petaluma")
PACKAGES = ("verovio", "resvg_py", "pillow")
_CHUNK = 500  # incipits that are engraved at once
_FINE = 2  # pixels of the first drawing in one of the image
_LENGTHS = {
    "double_whole": "breve",
    "whole": "1",
    "half": "2",
    "quarter": "4",
    "eighth": "8",
    "sixteenth": "16",
    "thirty_second": "32",
}
_BEAMED = ("eighth", "sixteenth", "thirty_second")
_STAFF = '<path d="M0 ([0-9]+) L'
_MEI = (
    '<mei xmlns="http://www.music-encoding.org/ns/mei" meiversion="5.1"><meiHead>'
    "<fileDesc><titleStmt><title/></titleStmt><pubStmt/></fileDesc></meiHead><music>"
    "<body><mdiv><score><scoreDef><staffGrp>{staff}</staffGrp></scoreDef><section>"
    "{measures}</section></score></mdiv></body></music></mei>"
)


def mei(incipit: Incipit):
    """Return an incipit in MEI, what verovio reads."""
    meter = {"C": 'meter.sym="common"', "C/": 'meter.sym="cut"'}.get(incipit.meter)
    if meter is None:
        count, unit = incipit.meter.split("/")
        meter = f'meter.count="{count}" meter.unit="{unit}"'
    sharps = f"{abs(incipit.sharps)}{'s' if incipit.sharps > 0 else 'f'}"
    shape, line = incipit.clef
    staff = (
        f'<staffDef n="1" lines="5" clef.shape="{shape}" clef.line="{line}" '
        f'keysig="{sharps if incipit.sharps else 0}" {meter}/>'
    )
    beat, tied, measures = _beat(incipit.meter), False, []
    for number, measure in enumerate(incipit.measures, 1):
        inside, beam, place = [], [], None
        for sign in measure:
            text = _element(sign, tied)
            tied = sign.tied if sign.kind == "note" else tied
            if sign.kind == "gracenote" and sign.start // beat == place:
                beam.append(text)  # of a beam's notes, not before them
                continue
            short = sign.kind == "note" and sign.duration.rstrip(".") in _BEAMED
            if not short or sign.start // beat != place:
                inside += _beam(beam)
                beam = []
            place = sign.start // beat if short else None
            (beam if short else inside).append(text)
        inside += _beam(beam)
        measures.append(
            f'<measure n="{number}"><staff n="1"><layer n="1">{"".join(inside)}'
            "</layer></staff></measure>"
        )
    return _MEI.format(staff=staff, measures="".join(measures))


def _beat(meter):
    """Return for how many quarters notes are beamed together."""
    if meter in ("C", "C/"):
        return {"C": 1, "C/": 2}[meter]
    count, unit = map(int, meter.split("/"))
    whole = count * 4 / unit
    if unit >= 8 and count % 3 == 0:
        return 12 / unit
    return min(whole, max(1, 4 / unit))


def _element(sign, tied):
    dots = ' dots="1"' if sign.duration.endswith(".") else ""
    length = f'dur="{_LENGTHS[sign.duration.rstrip(".")]}"{dots}'
    if sign.kind == "rest":
        return f"<rest {length}/>"
    accidentals = {"#": "s", "##": "ss", "b": "f", "bb": "ff", "": "n"}
    sounds = accidentals[sign.pitch[1:-1]]
    accidental = f' accid="{sign.accidental}"' if sign.accidental else ""
    grace = ' grace="unacc"' if sign.kind == "gracenote" else ""
    tie = {(0, 0): "", (0, 1): "i", (1, 1): "m", (1, 0): "t"}[tied, sign.tied]
    if sign.kind == "gracenote":
        tie = ""
    tie = f' tie="{tie}"' if tie else ""
    return (
        f'<note pname="{sign.pitch[0].lower()}" oct="{sign.pitch[-1]}" {length}'
        f'{accidental} accid.ges="{sounds}"{grace}{tie}/>'
    )


def _beam(notes):
    several = sum(" grace=" not in text for text in notes) > 1
    return ["<beam>", *notes, "</beam>"] if several else notes


class Engraver:
    """Draws MEI with verovio, in a manner that the name of an incipit decides."""

    def __init__(self, height):
        import verovio

        self.height = height  # pixels

        verovio.enableLog(verovio.LOG_ERROR)
        self.toolkit = verovio.toolkit()

    def __call__(self, name, text):
        """Return ink 0 to 255, uint8 `(height, width)`; the staff is in the middle.

        Raises:
            ValueError: verovio or resvg could not draw it.
        """
        seed = hashlib.sha256(name.encode()).digest()[:8]
        rng = np.random.default_rng(int.from_bytes(seed, "big"))
        margins = {f"pageMargin{side}": 20 for side in ("Left", "Right")}
        margins |= {f"pageMargin{side}": 0 for side in ("Top", "Bottom")}
        self.toolkit.setOptions(
            margins
            | {
                "adjustPageHeight": True,
                "adjustPageWidth": True,
                "pageWidth": 60000,
                "breaks": "none",
                "header": "none",
                "footer": "none",
                "font": str(rng.choice(FONTS)),
                "spacingLinear": rng.uniform(0.18, 0.28),
                "spacingNonLinear": rng.uniform(0.5, 0.65),
                "staffLineWidth": rng.uniform(0.15, 0.3),
                "stemWidth": rng.uniform(0.2, 0.35),
            }
        )
        if not self.toolkit.loadData(text):
            raise ValueError(f"verovio cannot read the MEI of {name}.")
        drawn = self._drawn(
            name, self.height * rng.uniform(0.0043, 0.0051), rng.integers(-2, 3)
        )
        return _worn(drawn, rng)

    def _drawn(self, name, zoom, shift):
        """Draw what is loaded, `zoom` times verovio's size, `shift` pixels lower."""
        import resvg_py
        from PIL import Image

        svg = self.toolkit.renderToSVG(1)
        lines = [int(y) for y in re.findall(_STAFF, svg)[:5]]
        height = float(re.search(r'height="([0-9.]+)px"', svg)[1])
        if len(lines) < 5:
            raise ValueError(f"verovio drew no staff of {name}.")
        middle = lines[2] / 10  # verovio's units are tenths of a pixel
        above = max(middle, height - middle)
        zoom = min(zoom, (self.height / 2 - 2) / above)
        try:
            drawn = resvg_py.svg_to_bytes(
                svg_string=svg,
                zoom=_FINE * zoom,
                background="#ffffff",
                skip_system_fonts=True,
            )
        except ValueError as error:
            raise ValueError(f"resvg cannot draw {name}: {error}") from error
        drawn = Image.open(io.BytesIO(bytes(drawn))).convert("L")
        top = round(_FINE * (self.height / 2 + shift - zoom * middle))
        width = -(-drawn.width // _FINE)
        page = Image.new("L", (_FINE * width, _FINE * self.height), 255)
        page.paste(drawn, (0, top))
        return 255 - np.asarray(page.reduce(_FINE))


def _worn(ink, rng):
    """Return ink that is paler or darker, blurred a little, and has grains."""
    ink = ink / 255 * rng.uniform(0.7, 1.3)
    side = rng.uniform(0, 0.2)
    for axis in (0, 1):
        ink = (
            (1 - 2 * side) * ink
            + side * np.roll(ink, 1, axis)
            + side * np.roll(ink, -1, axis)
        )
    ink = ink + rng.uniform(0, 0.06) * rng.normal(size=ink.shape)
    return np.round(255 * np.clip(ink, 0, 1)).astype("uint8")


def engrave(incipits, folder, height, workers):
    """Return the images of incipits, uint8 `(height, width)` each.

    What was engraved is kept in a folder, piece by piece, and found there the next
    time; a piece that is not whole, or of other incipits, is engraved anew.

    Args:
        incipits: a list of `Incipit`.
        folder: where to keep images.
        height: of the images, in pixels.
        workers: processes at once.

    Raises:
        SystemExit: verovio or resvg are not installed, or fail.
    """
    for package in ("verovio", "resvg_py", "PIL"):
        if importlib.util.find_spec(package) is None:
            raise SystemExit(WANTED)
    rows = [[incipit.name, mei(incipit)] for incipit in incipits]
    pieces = [rows[k : k + _CHUNK] for k in range(0, len(rows), _CHUNK)]
    made_by = [importlib.metadata.version(package) for package in PACKAGES]
    made_by += map(inspect.getsource, (Engraver, _worn))
    names = [
        hashlib.sha256(json.dumps([made_by, height, piece]).encode()).hexdigest()
        for piece in pieces
    ]
    paths = [pathlib.Path(folder) / f"{name[:32]}.npz" for name in names]
    found = [_read(path, len(piece)) for path, piece in zip(paths, pieces)]
    missing = [k for k, images in enumerate(found) if images is None]
    if missing:
        print(f"Engraving {sum(len(pieces[k]) for k in missing):,} staves …")
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        jobs = {k: pool.submit(_start, pieces[k], paths[k], height) for k in missing}
        for done, (k, job) in enumerate(jobs.items(), 1):
            job.result()
            found[k] = _read(paths[k], len(pieces[k]))
            if found[k] is None:
                raise SystemExit(f"{paths[k]} was engraved, and is not whole.")
            print(f"  {done} of {len(missing)} pieces", flush=True)
    return [image for images in found for image in images]


def _start(piece, path, height):
    """Engrave a piece in a process of its own."""
    import rnnkit  # here, that the process started below is light

    with tempfile.TemporaryDirectory() as folder:
        given, made = (pathlib.Path(folder, name) for name in ("in.json", "out.npz"))
        given.write_text(json.dumps(piece), encoding="utf-8")
        command = [sys.executable, __file__, str(given), str(made), str(height)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"Engraving failed: {done.stderr.strip()[-500:]}")
        with rnnkit.training.atomic_write(path) as file:
            file.write(made.read_bytes())


def _digest(ink, widths):
    return hashlib.sha256(ink.tobytes() + widths.tobytes()).hexdigest()


def _read(path, count):
    """Return the images in a file, None if there is none or it is not whole."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            ink, widths, digest = (arrays[n] for n in ("ink", "widths", "digest"))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    if len(widths) != count or str(digest) != _digest(ink, widths):
        return None
    return np.split(ink, np.cumsum(widths)[:-1], axis=1)


def main(given, path, height):
    """Engrave the `[name, mei]` pairs of one file into another."""
    rows = json.loads(pathlib.Path(given).read_text(encoding="utf-8"))
    draw = Engraver(int(height))
    images = [draw(name, text) for name, text in rows]
    ink = np.concatenate(images, axis=1)
    widths = np.array([image.shape[1] for image in images])
    np.savez_compressed(path, ink=ink, widths=widths, digest=_digest(ink, widths))


if __name__ == "__main__":
    main(*sys.argv[1:])

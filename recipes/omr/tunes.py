"""Real tunes: the monophonic ones of music21's corpus, cut to incipits."""

import dataclasses
import fractions
import hashlib
import importlib.util
import itertools
import pathlib
import re

COLLECTIONS = ("airdsAirs", "essenFolksong", "oneills1850", "ryansMammoth")
WANTED = 'The tunes and their engraver are missing: pip install -e ".[recipes,music]"'

SHARPS = "FCGDAEB"
MAJORS = (  # from seven flats to seven sharps
    *("Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C"),
    *("G", "D", "A", "E", "B", "F#", "C#"),
)
_NAMES = (
    *("double_whole", "whole", "half", "quarter"),
    *("eighth", "sixteenth", "thirty_second"),
)
LENGTHS = {fractions.Fraction(8, 2**k): name for k, name in enumerate(_NAMES)}
DURATIONS = LENGTHS | {3 * k / 2: f"{name}." for k, name in LENGTHS.items()}
_NOTE = re.compile(r"([_=^]*)([A-Ga-g])([,']*)")


@dataclasses.dataclass(frozen=True)
class Sign:
    """A note, a rest or a grace note.

    Attributes:
        kind: `note`, `rest` or `gracenote`.
        duration: such as `eighth.`.
        start: quarters since the measure began.
        pitch: how it sounds, such as `Bb4`; empty for a rest.
        accidental: what is printed before it: `s`, `f`, `n`, `ss`, `ff` or nothing.
        tied: whether a tie goes from it to the next note.
    """

    kind: str
    duration: str
    start: fractions.Fraction
    pitch: str = ""
    accidental: str = ""
    tied: bool = False


@dataclasses.dataclass(frozen=True)
class Incipit:
    """The first measures of a tune.

    Attributes:
        name: collection, number and title of the tune.
        clef: such as `G2`.
        sharps: of the key signature; flats are below zero.
        meter: such as `6/8`, `C` or `C/`.
        measures: a tuple of `Sign`s for each.
    """

    name: str
    clef: str
    sharps: int
    meter: str
    measures: tuple

    def symbols(self):
        """Return what is printed, in PrIMuS' semantic encoding, with spaces between.

        The key signature without sharps and flats is nothing that could be seen, and
        has no symbol.
        """
        found = [f"clef-{self.clef}"]
        if self.sharps:
            found.append(f"keySignature-{MAJORS[self.sharps + 7]}M")
        found.append(f"timeSignature-{self.meter}")
        for measure in self.measures:
            for sign in measure:
                pitch = f"{sign.pitch}_" if sign.pitch else ""
                found.append(f"{sign.kind}-{pitch}{sign.duration}")
                found += ["tie"] * sign.tied
            found.append("barline")
        return " ".join(found)

    def melody(self, count=12):
        """Return the first steps of the tune, the same in whatever key it stands."""
        notes = [
            sign for measure in self.measures for sign in measure if sign.kind == "note"
        ][: count + 1]
        heights = [_height(note.pitch) for note in notes]
        steps = [above - below for below, above in itertools.pairwise(heights)]
        return tuple(zip(steps, (note.duration for note in notes)))


def corpus_folder():
    """Return the folder of music21's corpus.

    Raises:
        SystemExit: music21 is not installed, or came without its corpus.
    """
    found = importlib.util.find_spec("music21")
    if found is None:
        raise SystemExit(WANTED)
    folder = pathlib.Path(found.origin).parent / "corpus"
    if not all((folder / name).is_dir() for name in COLLECTIONS):
        raise SystemExit(f"{folder} lacks tunes: install music21 with its corpus.")
    return folder


def read_incipits(most=28, limit=None):
    """Return an incipit of each tune that has one, and the group each belongs to.

    Tunes with the same title, or that begin with the same melody, are one group: in no
    two parts of a split.

    Args:
        most: symbols in an incipit, at most.
        limit: tunes to read, evenly spread over all; by default all.

    Returns:
        Lists of `Incipit` and of group numbers.
    """
    folder = corpus_folder()
    tunes = [
        (collection, tune)
        for collection in COLLECTIONS
        for path in sorted((folder / collection).glob("*.abc"))
        for tune in _split(path.read_text(encoding="utf-8", errors="replace"))
    ]
    if limit:
        tunes = [tunes[k * len(tunes) // limit] for k in range(min(limit, len(tunes)))]
    found, titles = [], []
    for number, (collection, tune) in enumerate(tunes):
        title = re.search(r"^T:(.*)", tune, re.M)
        title = title[1].strip() if title else ""
        incipit = read_incipit(tune, f"{collection} {number} {title}", most)
        if incipit is not None:
            found.append(incipit)
            titles.append(re.sub(r"\W+|\bthe\b", " ", title.casefold()).strip())
    return found, _groups(
        [
            [("melody", incipit.melody()), ("title", title or incipit.name)]
            for incipit, title in zip(found, titles)
        ]
    )


def read_incipit(tune, name, most=28):
    """Return the first measures of a tune in ABC notation, or None.

    An incipit ends before the first measure that has chords, tuplets, a change of key
    or meter, or more or fewer beats than the time signature says; those that are
    shorter than eight symbols are not taken.
    """
    from music21 import abcFormat, exceptions21

    handler = abcFormat.ABCHandler()
    try:
        handler.process(tune)
    except exceptions21.Music21Exception:
        return None
    header, sharps, meter, reader = True, None, None, None
    for token in handler.tokens:
        if isinstance(token, abcFormat.ABCMetadata):
            if token.isKey() and sharps is None:
                sharps = token.getKeySignatureParameters()[0]
            elif token.isMeter() and meter is None:
                meter = token.getTimeSignatureParameters()
            elif not header and (token.isKey() or token.isMeter()):
                break
            continue
        if header:
            header = False
            if sharps is None or meter is None or abs(sharps) > 7:
                return None
            reader = _Measures(sharps, fractions.Fraction(4 * meter[0], meter[1]))
        if not reader.read(token, type(token).__name__):
            break
    if reader is None:
        return None
    signs = {"common": "C", "cut": "C/"}
    printed = signs.get(meter[2], f"{meter[0]}/{meter[1]}")
    # A choice of clef that is the same in every run, an octave or two lower.
    low = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 5 == 0
    clef, octaves = ("F4", 2) if low else ("G2", 0)
    measures = tuple(_lowered(measure, octaves) for measure in reader.measures)
    for count in range(len(measures), 0, -1):
        kept = measures[:count]
        last = dataclasses.replace(kept[-1][-1], tied=False)
        kept = (*kept[:-1], (*kept[-1][:-1], last))
        incipit = Incipit(name, clef, sharps, printed, kept)
        size = len(incipit.symbols().split())
        if size <= most:
            return incipit if size >= 8 and len(incipit.melody()) > 3 else None
    return None


class _Measures:
    """Collects measures from the tokens of a tune, until one is not for us."""

    def __init__(self, sharps, length):
        self.length, self.measures = length, []
        letters = SHARPS[:sharps] if sharps > 0 else SHARPS[::-1][: max(-sharps, 0)]
        self.key = dict.fromkeys(letters, 1 if sharps > 0 else -1)
        self._begin()

    def _begin(self):
        self.signs, self.time, self.altered = [], fractions.Fraction(0), {}

    def read(self, token, kind):
        """Take one token; returns whether the incipit may go on."""
        if kind == "ABCBar":
            return self._bar(token)
        if kind == "ABCTie":
            return self._tie()
        if kind in ("ABCTuplet", "ABCChord"):
            return False
        return kind != "ABCNote" or self._note(token)

    def _bar(self, token):
        if token.isRepeatBracket():
            return False
        if not self.time:
            return not self.signs
        pickup = self.length - self.time
        if pickup and (self.measures or pickup < 0):
            return False
        signs = [dataclasses.replace(s, start=s.start + pickup) for s in self.signs]
        self.measures.append(tuple(signs))
        self._begin()
        return True

    def _tie(self):
        if not self.signs or self.signs[-1].kind != "note":
            return False
        self.signs[-1] = dataclasses.replace(self.signs[-1], tied=True)
        return True

    def _note(self, token):
        quarters = fractions.Fraction(token.quarterLength).limit_denominator(64)
        duration = "eighth" if token.inGrace else DURATIONS.get(quarters)
        if duration is None:
            return False
        if token.isRest:
            kind, pitch, accidental = "rest", "", ""
        else:
            kind = "gracenote" if token.inGrace else "note"
            pitch, accidental = self._pitch(token.src)
        before = [s for m in self.measures[-1:] for s in m] + self.signs
        if before and before[-1].tied and before[-1].pitch != pitch:
            return False  # a tie to another pitch, or over an accidental
        self.signs.append(Sign(kind, duration, self.time, pitch, accidental))
        self.time += 0 if token.inGrace else quarters
        return True

    def _pitch(self, source):
        """Return how a note sounds, and what is printed before it."""
        given, letter, marks = _NOTE.search(
            re.sub(r'"[^"]*"|![^!]*!', "", source)
        ).groups()
        octave = 4 + letter.islower() + marks.count("'") - marks.count(",")
        place = letter.upper(), octave
        holds = self.altered.get(place, self.key.get(place[0], 0))
        sounds = given.count("^") - given.count("_") if given else holds
        self.altered[place] = sounds
        name = {-2: "bb", -1: "b", 0: "", 1: "#", 2: "##"}[sounds]
        printed = {-2: "ff", -1: "f", 0: "n", 1: "s", 2: "ss"}[sounds]
        return f"{place[0]}{name}{octave}", "" if sounds == holds else printed


def _lowered(measure, octaves):
    def lowered(pitch):
        return pitch and f"{pitch[:-1]}{int(pitch[-1]) - octaves}"

    return tuple(dataclasses.replace(s, pitch=lowered(s.pitch)) for s in measure)


def _height(pitch):
    letters = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    altered = pitch.count("#") - pitch[1:].count("b")
    return 12 * int(pitch[-1]) + letters[pitch[0]] + altered


def _split(text):
    return re.findall(r"^X:.*?(?=^X:|\Z)", text, re.M | re.S)


def _groups(keys):
    """Number groups: items that share a key, be it over others, are in the same."""
    parents = list(range(len(keys)))

    def root(item):
        while parents[item] != item:
            item = parents[item]
        return item

    first = {}
    for item, names in enumerate(keys):
        for name in names:
            parents[root(item)] = root(first.setdefault(name, item))
    return [root(item) for item in range(len(keys))]

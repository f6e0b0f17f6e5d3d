"""A picture of lines, what was read in them, and where."""

import functools
import pathlib

import jiwer
import matplotlib
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font

RIGHT, WRONG, FIRST, SECOND = "#1f2430", "#dc2626", "#2563eb", "#ea580c"
FONT = pathlib.Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
SHOWN = {" ": "\N{OPEN BOX}", "\N{DOUBLE OBLIQUE HYPHEN}": "="}


def draw_lines(rows, path):
    """Draw lines, their symbols where they were read; errors are red.

    Args:
        rows: list of `(image, text, transcription, alignment)`: `(width, height)`, the
            true text, an `rnnkit.models` transcription, and the
            `rnnkit.decoding.Alignment` of what it read.
        path: where to write the picture.
    """
    figure = Figure((13, 1.35 * len(rows)), dpi=120, layout="constrained")
    for axes, row in zip(figure.subplots(len(rows), 1, squeeze=False).flat, rows):
        _draw(axes, *row)
        axes.set_xlim(0, max(len(image) for image, *_ in rows))  # one scale for all
    figure.savefig(path)


def _draw(axes, image, text, transcription, alignment):
    width, height = image.shape
    axes.imshow(
        image.T,
        aspect="auto",
        cmap="Greys",
        vmin=0,
        vmax=1,
        extent=(0, width, height, 0),
    )
    scale = width / len(alignment.path)
    wrong, missed = errors(text, transcription.symbols)
    middles = []
    spans = zip(transcription.symbols, alignment.starts, alignment.ends)
    for place, (symbol, start, end) in enumerate(spans):
        start, end = start * scale, max(end, start + 1) * scale
        middles.append((start + end) / 2)
        axes.axvspan(start, end, color=(FIRST, SECOND)[place % 2], alpha=0.25, lw=0)
        color = WRONG if place in wrong else RIGHT
        _write(axes, middles[-1], height + 3, symbol, color)
    for place, symbols in missed.items():
        after = middles[place] if place < len(middles) else width
        before = middles[place - 1] if place else 0
        _write(axes, (before + after) / 2, height + 12, f"+{symbols}", WRONG)
    sure = transcription.score / max(len(transcription.symbols), 1)
    shown = " ".join("".join(map(drawable, word)) for word in text.split(" "))
    axes.set_title(
        f"{shown}   ({sure:.2f} nats a symbol)",
        loc="left",
        fontsize=8,
        color="#6b7280",
        parse_math=False,
    )
    axes.set_ylim(height + 16, 0)
    axes.axis("off")


def errors(text, symbols):
    """Return which places of `symbols` are wrong, and `{place: missed before it}`."""
    wrong, missed = set(), {}
    if not symbols:
        return wrong, {0: text}
    # Words of one symbol each: a space is a symbol too.
    found = jiwer.process_words(
        " ".join(_word(symbol) for symbol in text),
        " ".join(_word(symbol) for symbol in symbols),
    )
    for chunk in found.alignments[0]:
        places = range(chunk.hyp_start_idx, chunk.hyp_end_idx)
        if chunk.type in ("substitute", "insert"):
            wrong.update(places)
        elif chunk.type == "delete":
            missed[chunk.hyp_start_idx] = text[chunk.ref_start_idx : chunk.ref_end_idx]
    return wrong, missed


def _word(symbol):
    return "space" if symbol.isspace() else symbol


def drawable(symbol):
    """Return a symbol as the picture's font can show it."""
    symbol = SHOWN.get(symbol, symbol)
    known = _glyphs()
    return symbol if all(ord(part) in known for part in symbol) else "\N{WHITE SQUARE}"


@functools.cache
def _glyphs():
    return FT2Font(str(FONT)).get_charmap()


def _write(axes, x, y, text, color):
    axes.text(
        x,
        y,
        "".join(map(drawable, text)),
        color=color,
        fontproperties=FontProperties(fname=FONT, size=7.5),
        ha="center",
        va="top",
        parse_math=False,
        weight="bold" if color == WRONG else "normal",
    )

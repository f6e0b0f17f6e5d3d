"""A picture of staves with what was read from them."""

import errors
import matplotlib.figure

INK, MUTED, WRONG = "#1f2430", "#6b7280", "#c2410c"


def draw(examples, read, path, count=6):
    """Draw some staves, half of them with errors if there are, and their symbols.

    Errors are marked: `read` for `true`.
    """
    wrong = [k for k, text in enumerate(examples.texts) if text != read[k]]
    right = [k for k, text in enumerate(examples.texts) if text == read[k]]
    half = min(count // 2, len(wrong))
    chosen = (_spread(wrong, half) + _spread(right, count - half))[:count]
    figure = matplotlib.figure.Figure((10, 2.4 * len(chosen)), dpi=110)
    heights = {"height_ratios": [1.3, 1] * len(chosen)}
    rows = figure.subplots(2 * len(chosen), 1, squeeze=False, gridspec_kw=heights)
    widest = max(len(examples.inputs[k]) for k in chosen)
    for axes, below, k in zip(rows[::2, 0], rows[1::2, 0], chosen):
        image = examples.inputs[k].T
        axes.imshow(image, cmap="Greys", vmin=0, vmax=1, interpolation="bilinear")
        axes.set_xlim(0, widest)
        axes.set_anchor("W")
        axes.set_title(examples.names[k], loc="left", fontsize=8, color=MUTED)
        _write(below, errors.edits(examples.texts[k], read[k]))
        axes.axis("off")
        below.axis("off")
    figure.subplots_adjust(0.01, 0.0, 0.99, 0.97, hspace=0.15)
    figure.savefig(path)


def _write(axes, pairs, columns=6):
    """Write symbols in lines below a staff."""
    for place, (true, seen) in enumerate(pairs):
        line, column = divmod(place, columns)
        seen, true = map(_short, (seen, true))
        text = seen if seen == true else f"{seen} for {true}"
        axes.text(
            column / columns,
            0.9 - 0.2 * line,
            text,
            color=INK if seen == true else WRONG,
            weight="normal" if seen == true else "bold",
            fontsize=7,
            transform=axes.transAxes,
            parse_math=False,
        )


def _short(symbol):
    """Return a symbol in fewer letters, and a dash for none."""
    text = (symbol or "–").replace("_", " ").removeprefix("note-")
    return text.replace("Signature-", " ").replace("-", " ")


def _spread(items, count):
    return [items[k * len(items) // count] for k in range(min(count, len(items)))]

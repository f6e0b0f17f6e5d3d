"""What the studies have found: figures, tables, pictures."""

import itertools

import numpy as np
from studies import TRUTH
from tasks import pairs

COLORS = ("#2563eb", "#ea580c", "#059669", "#7c3aed", "#db2777")
GRID, MUTED = "#e5e7eb", "#6b7280"
TRAINED, LONGER = "accuracy, lengths trained on", "accuracy, longer"
LENGTH_ERRORS = "mean length error, lengths trained on", "mean length error, longer"


def split(config, values, names):
    """`{name: mean}` of values by length: of those trained on, and of longer ones."""
    known = config.longest - config.shortest + 1
    parts = values[:known], values[known:]
    return {name: float(np.mean(part)) for name, part in zip(names, parts) if part}


def tables(found, config):
    """Return `{study: {column: {row: value}}}`."""
    made = {}
    for study in ("lengths", "stopping"):
        for name, one in found.get(study, {}).items():
            cells = split(config, one["accuracy"], (TRAINED, LONGER))
            if study == "lengths":
                for n in tested(config):
                    value = one["accuracy"][n - config.shortest]
                    cells[f"accuracy, length {n}"] = value
            else:
                cells |= split(config, one["length error"], LENGTH_ERRORS)
            made.setdefault(study, {})[name] = cells
    places = f"places 1 to {config.longest}", "later places"
    for name, one in found.get("exposure", {}).items():
        cells = {}
        for kind in ("true", "own"):
            early, late = one[kind][: config.longest], one[kind][config.longest :]
            for where, part in zip(places, (early, late)):
                if part:
                    cells[f"error after {kind} symbols, {where}"] = float(np.mean(part))
        made.setdefault("exposure", {})[name] = cells
    return made


def tested(config):
    """Lengths beyond those trained on that have a row of their own."""
    wanted = (config.longest + 1, config.longest + 2, 3 * config.longest // 2)
    return sorted({n for n in (*wanted, config.beyond) if n <= config.beyond})


def metrics(found, config):
    """Return the figures of all the studies, one for each of what is compared.

    Of decoders and of ways to stop the best first.
    """
    made = {}
    for study, columns in tables(found, config).items():
        if study == "exposure":
            for name in columns:
                own = found[study][name]["own"]
                made[f"error after own symbols, {name}"] = float(np.mean(own))
            continue
        row = LONGER if config.beyond > config.longest else TRAINED
        best = sorted(columns, key=lambda name: -columns[name][row])
        made |= {f"{row}, {name}": columns[name][row] for name in best}
    return made


def baselines(found, config):
    """Return the figures of what learns nothing."""
    made = {}
    if "lengths" in found or "stopping" in found:
        test = pairs(config.task, (config.shortest, config.beyond), 500, "test", 1)
        same = [a == b for a, b in zip(test.sources, test.targets)]
        made["accuracy, the source as it is"] = float(np.mean(same))
    if "exposure" in found:
        ends = config.beyond, config.beyond
        known, test = (
            np.array([list(target) for target in pairs("walk", ends, n, part).targets])
            for n, part in ((2000, "train"), (500, "test"))
        )
        right = [
            np.mean(column == max(set(seen), key=list(seen).count))
            for seen, column in zip(known.T, test.T)
        ]
        made["error, the most frequent symbol of each place"] = 1 - float(
            np.mean(right)
        )
    return made


def draw(found, config, run):
    """Draw a picture for each study."""
    lengths = range(config.shortest, config.beyond + 1)
    for study in ("lengths", "stopping"):
        if study in found:
            curves = {
                name: (lengths, one["accuracy"], {})
                for name, one in found[study].items()
            }
            length = "digits of each number" if config.task == "add" else "digits"
            labels = (length, "accuracy")
            draw_curves(curves, config, labels, run.path(f"{study}.png"))
    if "exposure" not in found:
        return
    curves = {}
    for name, one in found["exposure"].items():
        places = range(1, len(one["own"]) + 1)
        curves[f"{name}, own symbols"] = (places, one["own"], {})
        if name == TRUTH:
            dotted = {"linestyle": ":", "color": MUTED}
            curves[f"{name}, true symbols"] = (places, one["true"], dotted)
    labels = ("place in the target", "share of wrong symbols, after own or true ones")
    draw_curves(curves, config, labels, run.path("exposure.png"))


def draw_curves(curves, config, labels, path):
    """Draw curves beside each other, and where the lengths trained on end.

    Args:
        curves: `{name: (x, y, how it is drawn)}`.
        labels: Of the axes.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    figure = Figure(figsize=(8, 4.5), dpi=120, layout="constrained")
    axes = figure.subplots()
    axes.axvline(config.longest + 0.5, color=MUTED, lw=1, ls=(0, (4, 3)))
    axes.annotate(
        " longer than any trained on",
        (config.longest + 0.5, 1.0),
        xycoords=("data", "axes fraction"),
        va="bottom",
        fontsize=9,
        color=MUTED,
    )
    colors = itertools.cycle(COLORS)
    for number, (name, (x, y, options)) in enumerate(curves.items()):
        # Thinner and thinner, so that those beneath are seen.
        style = {"color": next(colors), "lw": max(1.2, 5 - number), "ms": 3, **options}
        axes.plot(x, y, marker="o", label=name, **style)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.set_ylim(-0.02, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", color=GRID)
    axes.spines[["top", "right"]].set_visible(False)
    place = {"loc": "outside lower center", "ncols": 3}
    figure.legend(frameon=False, fontsize=9, **place)
    figure.savefig(path)

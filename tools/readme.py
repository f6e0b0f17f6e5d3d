"""Fills the tables of the READMEs from what is committed.

    python -m tools.readme            # write README.md and those of the folders
    python -m tools.readme --check    # fail when one of them differs

A table stands between `<!-- table: name -->` and `<!-- end -->`. `cells` comes from
the cells' docstrings, `recipes` from `recipes/*/results/*.json` (the first figure of
each), `penn_treebank` from those of its test text, `results` from `results/*.json`
beside a recipe's README (all of them), `benchmarks` from `benchmarks/results/*.json`,
`notes` from the same beside benchmarks/README.md; any other name is looked for among
the `tables` of a recipe's results, of those of a preset where it is named too, as in
`<!-- table: heads real -->`.
"""

import json
import math
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOT_MEASURED = "Not measured yet."
# Names of what is a share.
SHARES = re.compile(r"(?<!length )(?<!squared )error|accuracy|exact match|share")


def number(value):
    """Three to four significant digits; anything but a float as it stands."""
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def figure(name, value):
    """A value as its name asks: shares in percent."""
    if isinstance(value, float) and SHARES.search(name):
        return f"{100 * value:.4g} %"
    return number(value)


def duration(seconds):
    """Seconds in words: "48 s", "2 min 50 s", "1 h 5 min"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def table(header, rows):
    """A Markdown table; a sentence where there is no row."""
    if not rows:
        return NOT_MEASURED
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def listed(values):
    """A cell of the table: each name with its value, a line each."""
    return "<br>".join(
        f"{name} {figure(name, value)}" for name, value in values.items()
    )


def read(root, pattern):
    """The JSON files that match, in order of their paths."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(root.glob(pattern))]


def cells_table(root):
    """Every public cell, its layer, the first line of its docstring, its reference."""
    import rnnkit  # noqa: F401  (defines the cells)
    from rnnkit.registration import CELLS

    rows = []
    for name, cell in sorted(CELLS.items()):
        if not cell.__module__.startswith("rnnkit."):
            continue
        summary = cell.__doc__.strip().splitlines()[0]
        reference = re.search(r"Reference: (.+?)(?:\n\s*\n|\Z)", cell.__doc__, re.S)
        source = " ".join(reference[1].split()) if reference else ""
        source = source.replace("]( ", "](")  # a link broken over two lines
        rows.append([f"`{name}`", f"`{name.removesuffix('Cell')}`", summary, source])
    return table(["cell", "layer", "what it is", "reference"], rows)


def result_row(result, most=None):
    """Ours, the baselines run here, the published, and where it was measured.

    Of each at most so many.
    """
    metrics, baselines, given = (
        dict(list(result[kind].items())[:most])
        for kind in ("metrics", "baselines", "published")
    )
    published = [
        f"{name} {figure(name, value)} ({source})"
        for name, (value, source) in given.items()
    ]
    seconds = result["seconds"]
    return [
        f"**{listed(metrics)}**" if metrics else "not run",
        listed(baselines),
        "<br>".join(published),
        f"{duration(seconds)}, {result['device']}" if seconds else "",
    ]


RESULT_HEADER = ["ours", "baselines run here", "published", "time"]


def recipes_table(root):
    """One row for each preset of every recipe: what its results begin with."""
    rows = [
        [
            f"[{result['recipe']}](recipes/{result['recipe']}), {result['preset']}",
            *result_row(result, most=1),
        ]
        for result in read(root, "recipes/*/results/*.json")
    ]
    return table(["recipe", *RESULT_HEADER], rows)


# From the oldest idea to the newest.
TREEBANK = (
    "ngram/results/ptb.json",
    "nplm/results/ptb.json",
    "word_lm/results/simple_rnn.json",
    "word_lm/results/zaremba_*.json",
    "word_lm/results/awd*.json",
)


def treebank_table(root):
    """Each perplexity of Penn Treebank's test text, the published ones beside."""
    rows = []
    for pattern in TREEBANK:
        for result in read(root, f"recipes/{pattern}"):
            name, others = result["recipe"], dict(result["published"])
            link = f"[{name}](recipes/{name}), {result['preset']}"
            left_out = ("parameters", "validation perplexity")
            found = {k: v for k, v in result["metrics"].items() if k not in left_out}
            same = {k: f"{number(v)} ({s})" for k, (v, s) in others.items()}
            first = "<br>".join(f"{k} {same[k]}" for k in others if k not in found)
            for metric, value in found.items():
                what = metric.replace("perplexity", "").strip(", ") or "alone"
                rows.append(
                    [link, what, f"**{number(value)}**", same.get(metric, first)]
                )
                first = ""
    return table(["recipe", "", "perplexity", "published"], rows)


def results_table(folder):
    """One row for each preset of the recipe in a folder."""
    rows = [
        [f"`{result['preset']}`", *result_row(result)]
        for result in read(folder, "results/*.json")
    ]
    return table(["preset", *RESULT_HEADER], rows)


def own_table(folder, name, preset=None):
    """A table of the recipe's own, of a preset or first of all of the default one."""
    results = read(folder, "results/*.json")
    for result in sorted(results, key=lambda one: "--preset" in one["command"]):
        if preset not in (None, result["preset"]):
            continue
        if columns := result.get("tables", {}).get(name):
            names = dict.fromkeys(row for cells in columns.values() for row in cells)
            rows = [
                [row, *(figure(row, cells.get(row, "")) for cells in columns.values())]
                for row in names
            ]
            return table(["", *columns], rows)
    if preset:
        raise ValueError(f"{folder.name} has no table {name!r} of preset {preset!r}.")
    return NOT_MEASURED


def benchmark_rows(result):
    """One row for each benchmark and peer: the mean, the worst case, what is asked."""
    groups = {}
    for row in result["rows"]:
        key = row["benchmark"], row["peer_name"]
        groups.setdefault(key, {})[row["case"]] = row["ratio"]
    for (benchmark, peer), ratios in groups.items():
        mean = math.exp(sum(map(math.log, ratios.values())) / len(ratios))
        worst = min(ratios, key=ratios.get)
        asked = result["asked"].get(peer)
        yield [
            benchmark,
            peer,
            f"**{times(mean)}**",
            f"{times(ratios[worst])} ({worst})" if len(ratios) > 1 else "",
            "" if asked is None else times(asked) + ", missed" * (mean < asked),
        ]


def times(ratio):
    """A ratio: "1.35 ×", "240 ×"."""
    return f"{ratio:.2f} ×" if ratio < 100 else f"{ratio:,.0f} ×"


def benchmarks_table(root):
    """Rows of every benchmark, and where they were measured."""
    results = read(root, "benchmarks/results/*.json")
    header = ["benchmark", "against", "geometric mean", "worst case", "asked"]
    lines = [table(header, [row for r in results for row in benchmark_rows(r)])]
    places = {}
    for result in results:
        places.setdefault(measured_on(result), []).append(f"`{result['name']}`")
    for place, names in places.items():
        which = f"{', '.join(names)}: measured" if len(places) > 1 else "Measured"
        lines.append(f"\n{which} on {place}.")
    return "\n".join(lines)


def notes(folder):
    """What the benchmarks say beside their tables."""
    results = read(folder, "results/*.json")
    return "\n".join(f"- {note}" for result in results for note in result["notes"])


def measured_on(result):
    """The machine and the versions of the packages."""
    found = {k: v for k, v in result["versions"].items() if v and k != "rnnkit"}
    return f"{result['device']}: " + ", ".join(f"{k} {v}" for k, v in found.items())


TABLES = {
    "cells": cells_table,
    "recipes": recipes_table,
    "penn_treebank": treebank_table,
    "results": results_table,
    "benchmarks": benchmarks_table,
    "notes": notes,
}


def filled(text, root=ROOT):
    """The README's text with its tables made anew."""

    def fill(match):
        words = match["name"].split()
        made = TABLES[words[0]](root) if words[0] in TABLES else own_table(root, *words)
        return f"<!-- table: {match['name']} -->\n\n{made}\n\n<!-- end -->"

    pattern = r"<!-- table: (?P<name>\w+( \w+)?) -->.*?<!-- end -->"
    return re.sub(pattern, fill, text, flags=re.S)


def readmes():
    """Every README that has tables."""
    return [
        *(ROOT / name for name in ("README.md", "benchmarks/README.md")),
        *sorted(ROOT.glob("recipes/*/README.md")),
    ]


def main(arguments):
    """Write the READMEs, or compare them; returns the exit status."""
    status = 0
    for path in readmes():
        old = path.read_text("utf-8")
        new = filled(old, path.parent)
        if "--check" not in arguments:
            path.write_text(new, "utf-8")
        elif new != old:
            print(f"{path.relative_to(ROOT)} is not up to date: see tools/readme.py")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

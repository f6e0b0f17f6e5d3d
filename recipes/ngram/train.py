"""Count words in a text, and see what each way of counting makes of another.

python recipes/ngram/train.py
python recipes/ngram/train.py --preset ptb
python recipes/ngram/train.py --preset kjv
python recipes/ngram/train.py --data path/to/a/text/file/or/a/folder
"""

import dataclasses
import gc
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))

import beginning  # first, by the alphabet too
from counting import ADD_ONE, COLUMNS, KNESER_NEY, by_kenlm, perplexities
from picture import draw

import rnnkit
from rnnkit import recipe


@dataclasses.dataclass(frozen=True)
class Config:
    data: str = "docstrings"
    """docstrings (of the standard library), ptb, kjv, or a text file or folder."""
    vocabulary_size: int = 10_000
    """Distinct words, the line end and <unk> counted; ptb has its own 10,000."""
    order: int = 5
    """The longest n-grams."""
    columns: tuple[str, ...] = COLUMNS
    """What is compared."""
    reach: float | None = None
    """Perplexity to reach with the longest Kneser-Ney n-grams, else the exit status
    is 1."""


PRESETS = {
    "small": Config(),
    "ptb": Config(data="ptb", reach=142.0),
    "kjv": Config(data="kjv"),
    "smoke": Config(order=2, columns=(ADD_ONE, KNESER_NEY), reach=200.0),
}
MIKOLOV = (
    "Mikolov et al., 2011, Empirical evaluation and combination of advanced language "
    "modeling techniques, table 1"
)
PUBLISHED = {"ptb": {"perplexity, modified Kneser-Ney": [141.2, MIKOLOV]}}


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "small", __doc__, arguments)
    for column in config.columns:
        if column not in COLUMNS:
            raise SystemExit(f"No column {column!r}; there are {', '.join(COLUMNS)}.")
    load, size = rnnkit.data.load_words, config.vocabulary_size
    texts = recipe.loaded(load, config.data, size)
    name = recipe.run_name(preset, config, PRESETS)
    digest = recipe.text_digest(texts.values())
    run = recipe.Run("ngram", name, config, {"sha256 of the data": digest}, fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run, config)
    table, weights = {}, {}
    for column in config.columns:
        table[column], weights[column] = perplexities(column, config.order, texts)
        shown = ", ".join(f"{value:.1f}" for value in table[column].values())
        print(f"{column}, orders 1 to {config.order}: perplexity {shown}", flush=True)
        gc.collect()  # a column's models can be a gigabyte
    best = {column: cells[f"order {config.order}"] for column, cells in table.items()}
    best = dict(sorted(best.items(), key=lambda item: item[1]))
    draw(table, config, run.path("orders.png"))
    words = {*texts["train"].split(), "<unk>", "the line end"}
    baselines = {"perplexity, every word as probable": float(len(words))}
    for whose, value in by_kenlm(texts, config.order, run.path("model.arpa")).items():
        baselines[f"perplexity, {whose}"] = value
    run.finish(
        preset,
        metrics={f"perplexity, {column}": value for column, value in best.items()},
        baselines=baselines,
        published=PUBLISHED.get(preset, {}),
        seeds=[],
        seconds=beginning.seconds(),
        tables={
            "orders": table,
            "weights": {column: cells for column, cells in weights.items() if cells},
        },
    )
    return report(run, config)


def report(run, config):
    """Print the results and where everything is; returns the exit status."""
    found = run.results["metrics"]
    rows = {**found, **run.results["baselines"]}
    reached = found.get(f"perplexity, {KNESER_NEY}", 0.0)
    missed = config.reach is not None and reached > config.reach
    return recipe.report(
        run,
        {"orders.png": "perplexity by order, of each way of counting"},
        f"Perplexity of the test text, order {config.order}, line ends counted",
        [f"  {value:>9.1f}  {name}" for name, value in rows.items()],
        f"a perplexity of {config.reach}" if missed else None,
    )


if __name__ == "__main__":
    sys.exit(main())

"""Large vocabularies: four heads for them, or pieces in the place of words.

python recipes/large_vocabulary/train.py
python recipes/large_vocabulary/train.py --preset real
"""

import dataclasses
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))

import beginning  # first, by the alphabet too
import heads
import pictures
import unseen

from rnnkit import recipe


@dataclasses.dataclass(frozen=True)
class Config:
    texts: tuple[str, ...] = ("docstrings", "standard_library", "zipf")
    """For the heads: what the model of each size reads. docstrings, ptb, kjv,
    standard_library, which is its source code, or packages, that of the others which
    are installed; of zipf, words drawn at random, only the time is told."""
    sizes: tuple[int, ...] = (10_000, 50_000, 200_000)
    """Words in the vocabulary, at most."""
    head_steps: tuple[int, ...] = (400, 100, 6)
    """Batches that the model of each size is trained on."""
    heads: tuple[str, ...] = heads.HEADS
    test_words: int = 40_000
    """Of the test text, the first ones."""
    prose: str = "docstrings"
    """For words that were never seen: docstrings or kjv."""
    kinds: tuple[str, ...] = ("characters", "byte-pair", "unigram", "words")
    pieces: int = 4000
    """Of byte-pair and unigram."""
    words: int = 10_000
    seconds: float = 30.0
    """Processor time to train each of them."""
    japanese_seconds: float = 0.0
    """The same for Japanese sentences, which have no spaces; 0 to leave them out."""
    characters: int = 2_000_000
    """Of the prose to train on, the last ones."""
    test_characters: int = 100_000
    units: int = 200
    batch_size: int = 32
    steps: int = 20
    """Words after which the gradient is cut."""
    learning_rate: float = 20.0
    """Of the heads' models, at the beginning."""
    seed: int = 0
    reach: float | None = None
    """Share of the unigram's perplexity that every head is to be below, else the exit
    status is 1."""


PRESETS = {
    "small": Config(reach=0.9),
    "real": Config(
        texts=("ptb", "standard_library", "packages"),
        head_steps=(1000, 200, 100),
        prose="kjv",
        seconds=90.0,
        japanese_seconds=45.0,
        reach=0.8,
    ),
    "smoke": Config(
        texts=("docstrings",),
        sizes=(2000,),
        head_steps=(100,),
        heads=("adaptive",),
        test_words=2000,
        kinds=("words",),
        words=1000,
        seconds=1.0,
        characters=100_000,
        test_characters=5000,
        units=48,
        reach=0.9,
    ),
}


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "small", __doc__, arguments)
    if not len(config.texts) == len(config.sizes) == len(config.head_steps):
        raise SystemExit("texts, sizes and head_steps: one of each for every model.")
    name = recipe.run_name(preset, config, PRESETS)
    facts = {"sha256 of the data": recipe.text_digest(all_texts(config))}
    run = recipe.Run("large_vocabulary", name, config, facts, fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run, config)
    once = recipe.Once(run, beginning.seconds)
    with_heads = learn_heads(once, config)
    prose = learn_unseen(once, config, config.prose, config.kinds, config.seconds)
    japanese = {}
    if config.japanese_seconds:
        kinds = [kind for kind in config.kinds if kind != "words"]
        japanese = learn_unseen(once, config, "tanaka", kinds, config.japanese_seconds)
    pictures.draw(with_heads, prose, japanese, run.path("large_vocabulary.png"))
    finish(once, preset, config, with_heads, prose, japanese)
    return report(run, config)


def all_texts(config):
    """Whatever is read, as strings."""
    for text, size, steps in zip(config.texts, config.sizes, config.head_steps):
        tokens, _, *parts = heads.read(text, size, steps, config)
        yield " ".join(tokens)
        yield from (part.tobytes().hex() for part in parts)
    names = [config.prose, *["tanaka"] * (config.japanese_seconds > 0)]
    for name in names:
        for part in unseen.read(name, config.characters, config.test_characters):
            yield "\n".join(part)


def told(name, function, *arguments):
    """What a function gives, which is printed."""
    row = function(*arguments)
    print(f"{name}: {row}", flush=True)
    return row


def learn_heads(once, config):
    """Rows of the heads, by text, size and head."""
    return {
        (text, size, head): once(
            "heads",
            f"{text}, {size:,} words, {head}",
            *(told, head, heads.learn, head, text, size, steps, config),
        )
        for text, size, steps in zip(config.texts, config.sizes, config.head_steps)
        for head in config.heads
    }


def learn_unseen(once, config, name, kinds, seconds):
    """Rows of one text cut in several ways, by the kind of tokens."""
    ways = {kind: (unseen.row, kind, name, seconds, config) for kind in kinds}
    ways["character n-gram"] = unseen.baseline, name, config
    return {kind: once(name, kind, told, kind, *way) for kind, way in ways.items()}


def finish(once, preset, config, with_heads, prose, japanese):
    """Write results.json."""
    metrics, baselines = {}, {}
    table = {"parameters": {}}
    for (text, size, head), row in with_heads.items():
        words = f"{size:,} words"
        table["parameters"][f"{head}, {words}"] = row["parameters"]
        for column, key in (
            ("milliseconds a step", "milliseconds"),
            ("perplexity", "perplexity"),
        ):
            if key in row:
                table.setdefault(column, {})[f"{head}, {words}"] = row[key]
        if "perplexity" in row:
            metrics[f"perplexity, {text}, {words}, {head}"] = row["perplexity"]
            baselines[f"perplexity, {text}, {words}, unigram"] = row["unigram"]
    tables = {"heads": table}
    for name, rows in ((config.prose, prose), ("tanaka", japanese)):
        columns = {}
        for kind, row in rows.items():
            where = baselines if "n-gram" in kind else metrics
            where[f"bits per character, {name}, {kind}"] = row["bits per character"]
            for column, value in row.items():
                columns.setdefault(column, {})[kind] = value
        if rows:
            tables["japanese" if name == "tanaka" else "unseen"] = columns
    once.run.finish(
        preset,
        metrics=metrics,
        baselines=baselines,
        published={},
        seeds=[config.seed],
        seconds=once.seconds(),
        tables=tables,
    )


def report(run, config):
    """Print the results and where everything is; returns the exit status."""
    results = run.results
    found = results["metrics"] | results["baselines"]
    missed = [
        name
        for name, value in results["metrics"].items()
        if config.reach is not None
        and name.startswith("perplexity")
        and value > config.reach * found[f"{name.rpartition(', ')[0]}, unigram"]
    ]
    return recipe.report(
        run,
        {"large_vocabulary.png": "time a step, and bits per character"},
        title="On held-out text",
        lines=[f"  {value:>9.4g}  {name}" for name, value in found.items()],
        failure=(
            f"{config.reach:.0%} of the unigram's perplexity with {'; '.join(missed)}"
            if missed
            else None
        ),
    )


if __name__ == "__main__":
    sys.exit(main())

"""Train a network that reads one text and writes another: dates, or captions.

python recipes/translation/train.py
python recipes/translation/train.py --preset multi30k
python recipes/translation/train.py --preset multi30k_en_de
python recipes/translation/train.py --preset multi30k_table
"""

import dataclasses
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))

import beginning  # first, by the alphabet too
import keras
from pairs import (
    MEASURES,
    baselines,
    batches,
    digest,
    read_parts,
    scores,
    signature,
    spread,
    tokenizers,
)
from translator import (
    Samples,
    best_alpha,
    build,
    draw_attention,
    draw_training,
    search,
)

import rnnkit
from rnnkit import recipe


@dataclasses.dataclass(frozen=True)
class Config:
    task: str = "one"
    """one, or table (plain, source reversed, deep, with attention: a training each)."""
    data: str = "dates"
    """dates (in 22 languages, to ISO 8601), multi30k (captions), fra_eng (sentences),
    or turned (made-up words, to be turned round)."""
    source: str = "de"
    target: str = "en"
    """Of multi30k: two of en, de, fr and cs; of fra_eng: en and fr."""
    examples: int = 20_000
    """Pairs to learn from, at most."""
    tokens: str = "characters"
    """characters, words, or pieces of words, learnt by SentencePiece."""
    pieces: int = 4000
    """Of each language, where tokens are pieces."""
    minimum_count: int = 1
    """Characters and words that are rarer in the training part are unknown."""
    lowercase: bool = False
    embedding_dim: int = 64
    units: int = 128
    """Of the encoder's LSTM, in each direction."""
    layers: int = 1
    """Of encoder and decoder."""
    bidirectional: bool = True
    """Whether the encoder reads both ways."""
    reverse_source: bool = False
    """Whether it reads from the end to the beginning."""
    decoder_units: int = 256
    attention: str = "additive"
    """additive (Bahdanau's), general (Luong's), or none."""
    input_feeding: bool = False
    """Whether the decoder sees where it looked last: slower, a loop over the target."""
    dropout: float = 0.1
    label_smoothing: float = 0.0
    batch_size: int = 64
    buckets: int = 4
    """Sizes of batches; each is compiled once."""
    epochs: int = 12
    learning_rate: float = 3e-3
    """At its highest, after the warm-up; then it falls to zero along a cosine."""
    warmup: float = 0.1
    """Share of the training in which the learning rate rises."""
    beam_width: int = 5
    alphas: tuple[float, ...] = (0.0,)
    """Of Wu's length penalty, of which validation chooses one."""
    seed: int = 0
    checkpoint_seconds: float = 60.0
    """Seconds between two checkpoints."""
    reach: float | None = None
    """Share of exact matches, or BLEU, with the beam, to reach, else the exit status
    is 1; not asked of a table."""


DATES = Config(reach=0.995)
MULTI30K = Config(
    data="multi30k",
    examples=29_000,
    tokens="pieces",
    lowercase=True,
    embedding_dim=256,
    units=256,
    decoder_units=512,
    dropout=0.4,
    label_smoothing=0.1,
    buckets=8,
    learning_rate=1e-3,
    alphas=(0.0, 0.5, 1.0),
    reach=36.0,
)
PRESETS = {
    "dates": DATES,
    "multi30k": MULTI30K,
    "multi30k_en_de": dataclasses.replace(
        MULTI30K, source="en", target="de", reach=None
    ),
    "fra_eng": dataclasses.replace(
        MULTI30K,
        data="fra_eng",
        source="en",
        target="fr",
        examples=150_000,
        pieces=6000,
        embedding_dim=192,
        units=192,
        decoder_units=256,
        dropout=0.2,
        epochs=4,
        learning_rate=2e-3,
        reach=None,
    ),
    "multi30k_table": dataclasses.replace(
        MULTI30K,
        task="table",
        bidirectional=False,
        embedding_dim=192,
        decoder_units=256,
        epochs=6,
        learning_rate=2e-3,
        reach=None,
    ),
    "smoke": Config(
        data="turned",
        examples=640,
        tokens="words",
        embedding_dim=16,
        units=24,
        decoder_units=24,
        dropout=0.0,
        batch_size=32,
        buckets=1,
        epochs=8,
        learning_rate=2e-2,
        reach=0.8,
    ),
}
# What a row of the table changes; the last is the configuration as it is.
TABLE = {
    "plain": {"attention": "none"},
    "reversed source": {"attention": "none", "reverse_source": True},
    "deep": {"attention": "none", "layers": 3},
    "attention": {},
}
MSARMI9 = (
    "[msarmi9/multi30k](https://huggingface.co/msarmi9/multi30k), LSTM with attention, "
    "SentencePiece; says neither which test set nor which BLEU"
)
LIUM = (
    "[LIUM-CVC, WMT 2017](https://github.com/lium-lst/wmt17-mmt), GRU with attention, "
    "joint BPE, test2016, one run; of Moses' tokens in lower case"
)
PUBLISHED = {
    ("de", "en"): {"BLEU": [33.468, MSARMI9]},
    ("en", "de"): {"BLEU": [39.0, LIUM]},
    ("en", "fr"): {"BLEU": [59.02, LIUM]},
}


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "dates", __doc__, arguments)
    parts = read_parts(config)
    name = recipe.run_name(preset, config, PRESETS)
    facts = {"sha256 of the data": digest(parts)}
    run = recipe.Run("translation", name, config, facts, fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run, config)
    vocabularies = tokenizers(config, parts["train"])
    print(", ".join(f"{len(one):,} pairs to {part}" for part, one in parts.items()))
    print(" to ".join(map(str, vocabularies)))
    columns, histories, resumes = {}, {}, []
    for system, one in systems(config).items():
        model, resume = learn(one, parts, vocabularies, run, system)
        resumes.append(resume)
        histories[system or "training"] = resume.history
        columns[system] = measure(model, parts, run, one, system)
    metrics = {
        f"{metric}, {system}" if system else metric: value
        for system, column in columns.items()
        for metric, value in column.items()
    }
    if config.task == "one":
        keep(model, parts, run, config, metrics)
    if found := signature(config):
        metrics["signature"] = found
    draw_training(
        histories, run.path("training.png"), f"{preset}, {config.epochs} epochs"
    )
    way = (config.source, config.target)
    run.finish(
        preset,
        metrics=metrics,
        baselines=baselines(config, parts),
        published=PUBLISHED.get(way, {}) if config.data == "multi30k" else {},
        seeds=[config.seed],
        seconds=sum(resume.earlier for resume in resumes) + beginning.seconds(),
        tables={"systems": columns} if config.task == "table" else None,
    )
    for resume in resumes:
        resume.path.unlink()
    return report(run, config)


def systems(config):
    """Return what is trained, `{name: configuration}`; one alone has no name."""
    if config.task == "one":
        return {"": config}
    if config.task != "table":
        raise SystemExit(f"No task {config.task!r}; there are one and table.")
    return {
        name: dataclasses.replace(config, **changes) for name, changes in TABLE.items()
    }


def learn(config, parts, vocabularies, run, system):
    """Build the model and train it, from the run's checkpoint on if there is one.

    Returns:
        Tuple `(model, resume)`.
    """
    if system:
        print(f"\n{system}")
    keras.utils.set_random_seed(config.seed)
    model = build(config, vocabularies)
    train = batches(config, parts["train"], vocabularies, shuffle=True)
    steps = len(train) * config.epochs
    model.compile(
        recipe.adam(config.learning_rate, steps, config.warmup, clipnorm=1.0),
        rnnkit.losses.TokenCrossentropy(config.label_smoothing),
    )
    path = run.path("-".join([*system.split(), "checkpoint"]))
    resume = recipe.resume(path, config.checkpoint_seconds)
    recipe.train(
        model,
        train.passes(config.epochs),
        config.epochs,
        resume,
        [Samples(spread(parts["valid"], 3))],
        validation_data=batches(config, parts["valid"], vocabularies, like=train),
    )
    return model, resume


def measure(model, parts, run, config, system):
    """Translate the test part, greedily and by beam search; writes what came of it.

    The length penalty is the one that serves the validation part best.

    Returns:
        Metrics, a dict.
    """
    test = parts["test"]
    alpha = best_alpha(model, parts["valid"], config)
    ways = {
        "greedy": {"beam_width": 1},
        f"beam {config.beam_width}": search(config, alpha),
    }
    metrics, rows = {}, {}
    for way, options in ways.items():
        rows[way] = model.translate(test.sources, **options)
        for kind, value in scores(config, rows[way], test.targets).items():
            metrics[f"{kind}, {way}"] = value
    vocabularies = model.source_vocabulary, model.target_vocabulary
    logs = model.evaluate(
        batches(config, test, vocabularies), return_dict=True, verbose=0
    )
    metrics["nats per token"] = logs["nats"]
    if len(config.alphas) > 1:
        metrics["alpha of the length penalty"] = alpha
    metrics["parameters"] = model.count_params()
    run.write(
        "-".join([*system.split(), "translations.json"]),
        [
            {"source": source, "target": target} | {way: rows[way][k] for way in rows}
            for k, (source, target) in enumerate(zip(test.sources, test.targets))
        ],
    )
    return metrics


def keep(model, parts, run, config, metrics):
    """Save and export the model, and draw where it looks."""
    alpha = metrics.get("alpha of the length penalty", config.alphas[0])
    model.save(run.path("model.keras"))
    model.export(run.path("export"), **search(config, alpha))
    if config.attention != "none":
        draw_attention(model, parts["test"], run.path("alignment.png"), beam_width=1)


def report(run, config):
    """Print the results and where everything is; returns the exit status."""
    results, measure = run.results, MEASURES[config.data]
    reached = results["metrics"].get(f"{measure}, beam {config.beam_width}")
    missed = None not in (reached, config.reach) and reached < config.reach
    return recipe.report(
        run,
        {
            "training.png": "the loss by epoch",
            "alignment.png": "where it looked as it wrote, of four test sources",
            "translations.json": "the test part, and what was written",
            "export": "a SavedModel from strings to strings",
        },
        lines=[
            f"  {shown(name, value):>9}  {name}"
            for name, value in (results["metrics"] | results["baselines"]).items()
        ],
        failure=f"{shown(measure, config.reach)} {measure}" if missed else None,
    )


def shown(name, value):
    """Return a figure as it is printed."""
    if isinstance(value, float):
        return f"{value:.2%}" if name.startswith("exact match") else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else value


if __name__ == "__main__":
    sys.exit(main())

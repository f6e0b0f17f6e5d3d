"""Train a reader of sheet music: from the image of a staff to its symbols, by CTC.

python recipes/omr/train.py
python recipes/omr/train.py --preset primus
"""

import dataclasses
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))

import beginning  # first, by the alphabet too
import errors
import jiwer
import keras
import picture
from staves import PARTS, likest, read_parts

import rnnkit
from rnnkit import recipe


@dataclasses.dataclass(frozen=True)
class Config:
    data: str = "corpus"
    """corpus (tunes of music21, engraved by verovio), primus (PrIMuS, from the folder
    that RNNKIT_DATA names), or made up (heads on five lines)."""
    encoding: str = "semantic"
    """Of PrIMuS: semantic, what the notes mean, or agnostic, which sign is where."""
    height: int = 64
    """Of the images, in pixels."""
    most_symbols: int = 28
    """In an incipit of the corpus."""
    limit: int | None = None
    """Tunes of the corpus, or incipits of each part of PrIMuS, to read; all if None."""
    filters: tuple[int, ...] = (16, 32, 64)
    """Of each convolution; the first two halve the image's width too."""
    normalize: bool = False
    """Batch normalisation after each convolution: it takes half as long again."""
    units: int = 128
    layers: int = 2
    """Bidirectional LSTM layers."""
    dropout: float = 0.2
    """Share of a layer's outputs that are hidden from the next one in training."""
    batch_size: int = 16
    epochs: int = 12
    learning_rate: float = 2e-3
    """At its highest, after the warm-up; then it falls to zero along a cosine."""
    warmup: float = 0.05
    """Share of the training in which the learning rate rises."""
    order: int = 3
    """Symbols in the n-gram, which is counted on the training texts."""
    beam_width: int = 20
    lm_weights: tuple[float, ...] = (0.2, 0.5)
    """Of the n-gram's nats, of which validation chooses one."""
    bonuses: tuple[float, ...] = (0.0, 1.0)
    """Nats for each symbol that is read, chosen likewise."""
    seed: int = 0
    checkpoint_seconds: float = 60.0
    """Seconds between two checkpoints."""
    reach: float | None = None
    """Greedy symbol error to reach, else the exit status is 1."""


CORPUS = Config()
PRESETS = {
    "corpus": CORPUS,
    "primus": dataclasses.replace(
        CORPUS,
        data="primus",
        height=128,
        filters=(32, 64, 128),
        normalize=True,
        units=256,
        epochs=10,
    ),
    "smoke": dataclasses.replace(
        CORPUS,
        data="made up",
        height=32,
        filters=(8, 16, 32),
        units=32,
        layers=1,
        dropout=0.0,
        batch_size=8,
        epochs=6,
        learning_rate=1e-2,
        beam_width=5,
        lm_weights=(0.3,),
        bonuses=(0.0,),
        reach=0.1,
    ),
}
SOURCE = (
    "[Calvo-Zaragoza and Rizo, 2018](https://doi.org/10.3390/app8040606), 87,678 real "
    "incipits"
)
PUBLISHED = {
    "corpus": {"symbol error on PrIMuS, semantic": [0.008, SOURCE]},
    "primus": {"symbol error, semantic": [0.008, SOURCE]},
}


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "corpus", __doc__, arguments)
    parts = read_parts(config, pathlib.Path("runs", "omr", "staves"))
    name = recipe.run_name(preset, config, PRESETS)
    facts = {"sha256 of the data": recipe.digest(parts)}
    run = recipe.Run("omr", name, config, facts, fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run, config)
    print(", ".join(f"{len(parts[part]):,} to {part}" for part in PARTS))
    texts = [text for part in PARTS for text in parts[part].texts]
    vocabulary = rnnkit.data.Tokens.of(texts)
    model, resume = learn(config, parts, vocabulary, run.path("checkpoint"))
    model.save(run.path("model.keras"))
    model.export(run.path("export"))
    metrics, read = measure(model, parts, run, config)
    draw(resume.history, parts["test"], read, run, config)
    run.finish(
        preset,
        metrics=metrics | {"parameters": model.count_params()},
        baselines=baselines(parts),
        published=PUBLISHED.get(preset, {}),
        seeds=[config.seed],
        seconds=resume.earlier + beginning.seconds(),
    )
    resume.path.unlink()
    return report(run, config)


def learn(config, parts, vocabulary, checkpoint):
    """Build a model and train it, from its checkpoint on if there is one.

    Returns:
        Tuple `(model, resume)`.
    """
    keras.utils.set_random_seed(config.seed)
    model = rnnkit.models.CTCModel(encoder(config), vocabulary)
    return model, recipe.train_ctc(model, parts, config, checkpoint)


def encoder(config):
    """Return the layers from an image's columns to a vector for every four of them."""
    layers = rnnkit.layers
    pools = ((2, 2), (2, 2), *[(1, 2)] * len(config.filters))[: len(config.filters)]
    found = [
        layers.ColumnConvolution(
            config.filters, pool_sizes=pools, normalize=config.normalize
        )
    ]
    for k in range(config.layers):
        found += [
            keras.layers.Dropout(config.dropout, seed=config.seed + k),
            layers.Bidirectional(layers.LSTM(config.units, return_sequences=True)),
        ]
    return [*found, keras.layers.Dropout(config.dropout, seed=config.seed + 100)]


def measure(model, parts, run, config):
    """Read the test part, greedily and with an n-gram; writes what was read.

    The weight of the n-gram, and what each symbol gains, are those that make the
    fewest errors on the validation part.

    Returns:
        Metrics, a dict; and what was read greedily.
    """
    test, valid, metrics, rows = parts["test"], parts["valid"], {}, {}
    lm = rnnkit.lm.NGram.train([t.split() for t in parts["train"].texts], config.order)
    helped = {"lm": lm, "beam_width": config.beam_width}
    for way, options in (("greedy", {}), ("symbol n-gram", helped)):
        options = recipe.tuned(
            model,
            list(valid.inputs),
            list(valid.texts),
            options,
            config.lm_weights,
            config.bonuses,
        )
        read = rows[way] = model.transcribe(list(test.inputs), strict=True, **options)
        metrics[f"symbol error, {way}"] = jiwer.wer(list(test.texts), read)
        metrics[f"sequence error, {way}"] = errors.of_sequences(test.texts, read)
    if config.encoding == "semantic":
        for kind, rate in errors.by_kind(test.texts, rows["greedy"]).items():
            metrics[f"{kind} error, greedy"] = rate
    run.write(
        "transcripts.json",
        [
            {"name": name, "symbols": text} | {way: rows[way][k] for way in rows}
            for k, (name, text) in enumerate(zip(test.names, test.texts))
        ],
    )
    return metrics, rows["greedy"]


def baselines(parts):
    """Return the symbol error of copying what the likest training image says."""
    test, train = parts["test"], parts["train"]
    near = [train.texts[k] for k in likest(test.inputs, train.inputs)]
    always = [max(set(train.texts), key=train.texts.count)] * len(test)
    guesses = {"the likest training staff": near, "always the commonest staff": always}
    return {
        f"symbol error, {name}": jiwer.wer(list(test.texts), read)
        for name, read in guesses.items()
    }


def draw(history, test, read, run, config):
    """Draw the curves, and staves with what was read below them."""
    rnnkit.training.plot_history(
        history,
        {"loss": "nats per staff", "symbol_error": "symbol error"},
        run.path("training.png"),
        f"{config.data}, {config.layers} × bidirectional LSTM of {config.units} units",
    )
    picture.draw(test, read, run.path("staves.png"))


def report(run, config):
    """Print the results and where everything is; returns the exit status."""
    error = run.results["metrics"]["symbol error, greedy"]
    missed = config.reach is not None and error > config.reach
    return recipe.report(
        run,
        {
            "staves.png": "held-out staves and what was read, errors marked",
            "transcripts.json": "every test staff, and how it was read",
            "export": "the same as a SavedModel from images to symbols",
        },
        failure=f"{config.reach:.0%} symbol error" if missed else None,
    )


if __name__ == "__main__":
    sys.exit(main())

"""Train a reader of printed lines: convolutions, bidirectional LSTM, CTC.

python recipes/ocr/train.py
python recipes/ocr/train.py --preset archiscribe
"""

import dataclasses
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))

import beginning  # first, by the alphabet too
import jiwer
import keras
import numpy as np
from lines import HEIGHT, read_lines
from picture import draw_lines
from scoring import confidence, halves, unknown

import rnnkit
from rnnkit import recipe


@dataclasses.dataclass(frozen=True)
class Config:
    data: str = "rendered"
    """rendered (docstrings in matplotlib's fonts), archiscribe (scanned lines of
    German print), or words (made up, rendered)."""
    lines: int = 4000
    """Rendered lines in an epoch, each epoch new ones; a tenth for the test."""
    strewn: float = 0.25
    """Share of the rendered training lines in which characters are drawn at random
    in the place of some."""
    widest: int = 420
    """Pixels; the few lines that are wider are left out of training, as half of the
    others are padded to the widest."""
    filters: tuple[int, ...] = (24, 48, 96)
    """Channels of the convolutions; each halves the height, the first two the width
    too."""
    units: int = 160
    layers: int = 2
    """Bidirectional LSTM layers."""
    dropout: float = 0.2
    """Share of a layer's outputs that are hidden from the next one in training."""
    batch_size: int = 16
    epochs: int = 34
    baseline_epochs: int = 8
    """Epochs of the baseline, which has no recurrent layers."""
    learning_rate: float = 3e-3
    """At its highest, after the warm-up; then it falls to zero along a cosine."""
    warmup: float = 0.1
    """Share of the training in which the learning rate rises."""
    order: int = 3
    """Words in the word n-gram, which is counted on the training texts."""
    symbol_order: int = 6
    """Symbols in the n-gram that helps without a lexicon."""
    beam_width: int = 50
    lm_weights: tuple[float, ...] = (0.2, 0.5)
    """Of the n-grams' nats, of which validation chooses one."""
    bonuses: tuple[float, ...] = (0.0, 1.0)
    """Nats for each word or symbol that is read, chosen likewise."""
    tuning: int = 64
    """Validation lines on which both are chosen."""
    watched: int = 96
    """Validation lines that are read after each epoch."""
    seed: int = 0
    checkpoint_seconds: float = 60.0
    """Seconds between two checkpoints."""
    reach: float | None = None
    """Greedy character error to reach, else the exit status is 1."""


RENDERED = Config()
PRESETS = {
    "rendered": RENDERED,
    "archiscribe": dataclasses.replace(
        RENDERED,
        data="archiscribe",
        widest=1030,
        filters=(16, 32, 64),
        epochs=7,
        baseline_epochs=1,
    ),
    "smoke": dataclasses.replace(
        RENDERED,
        data="words",
        lines=400,
        strewn=0.0,
        filters=(8, 16, 24),
        units=32,
        layers=1,
        dropout=0.0,
        epochs=10,
        baseline_epochs=8,
        learning_rate=1e-2,
        beam_width=10,
        lm_weights=(0.5,),
        bonuses=(0.0,),
        reach=0.2,
    ),
}


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "rendered", __doc__, arguments)
    lines = read_lines(config)
    name = recipe.run_name(preset, config, PRESETS)
    facts = {"sha256 of the data": recipe.digest(lines.parts)}
    run = recipe.Run("ocr", name, config, facts, fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run, config)
    print(", ".join(f"{len(one)} to {part}" for part, one in lines.parts.items()))
    model, resume = learn(config, lines, run)
    model.save(run.path("model.keras"))
    model.export(run.path("export"))
    rnnkit.training.plot_history(
        resume.history,
        {"loss": "nats per line", "symbol_error": "symbol error"},
        run.path("training.png"),
        f"{config.data}, {config.layers} × bidirectional LSTM of {config.units} units",
    )
    metrics = measure(model, lines, run, config)
    run.finish(
        preset,
        metrics=metrics | {"parameters": model.count_params()},
        baselines=baseline(config, lines, run),
        published={},
        seeds=[config.seed],
        seconds=resume.earlier + beginning.seconds(),
    )
    resume.path.unlink()
    return report(run, config)


def learn(config, lines, run, name="checkpoint"):
    """Build the model and train it, from the run's checkpoint on if there is one.

    Returns:
        Tuple `(model, resume)`.
    """
    keras.utils.set_random_seed(config.seed)
    vocabulary = rnnkit.data.Characters("".join(lines.texts))
    model = rnnkit.models.CTCModel(encoder(config), vocabulary)
    train, valid = lines.parts["train"], lines.parts["valid"]

    def batches(images, texts, **options):
        return rnnkit.data.SequenceBatches(
            images, texts, vocabulary, config.batch_size, buckets=2, **options
        )

    first = batches(train.inputs, train.texts)
    model.compile(
        recipe.adam(config.learning_rate, len(first) * config.epochs, config.warmup)
    )
    model.build((None, None, HEIGHT))
    readable = [set(text) <= set(vocabulary.characters) for text in valid.texts]
    valid = spread(valid.subset(np.array(readable)), config.watched)
    resume = recipe.resume(run.path(name), config.checkpoint_seconds)
    recipe.train(
        model,
        Epochs(
            lambda epoch: batches(
                *lines.varied(epoch),
                shuffle=True,
                seed=config.seed + epoch,
                like=first,
            ),
            config.epochs,
        ),
        config.epochs,
        resume,
        validation_data=batches(valid.inputs, valid.texts, like=first),
    )
    return model, resume


def spread(examples, count):
    """Return so many examples, from the first to the last."""
    places = np.linspace(0, len(examples) - 1, min(count, len(examples)))
    return examples.subset(places.astype(int))


class Epochs:
    """The batches of each epoch, made when they are asked for."""

    def __init__(self, make, count):
        self.make, self.count = make, count

    def __len__(self):
        return self.count

    def __getitem__(self, epoch):
        return self.make(epoch)


def encoder(config):
    """Return the layers from an image to one vector for four of its columns."""
    layers = rnnkit.layers
    pools = [(2, 2)] * 2 + [(1, 2)] * (len(config.filters) - 2)
    found = [layers.ColumnConvolution(config.filters, pool_sizes=pools)]
    for k in range(config.layers):
        found += [
            keras.layers.Dropout(config.dropout, seed=config.seed + k),
            layers.Bidirectional(layers.LSTM(config.units, return_sequences=True)),
        ]
    return [*found, keras.layers.Dropout(config.dropout, seed=config.seed - 1)]


def measure(model, lines, run, config):
    """Read the test part in every way; writes and draws what was read.

    Returns:
        Metrics, a dict.
    """
    test, valid = lines.parts["test"], lines.parts["valid"]
    truth = list(test.texts)
    tuning = spread(valid, config.tuning)
    images, tuning_images = (
        rnnkit.data.SequenceBatches(part.inputs, batch_size=64, buckets=2)
        for part in (test, tuning)
    )
    ways = recipe.reading_ways(
        lines.texts,
        [list(text) for text in lines.texts],
        order=config.order,
        symbol_order=config.symbol_order,
        beam_width=config.beam_width,
    )
    metrics, rows = {}, {}
    for way, options in ways.items():
        options = recipe.tuned(
            model,
            tuning_images,
            list(tuning.texts),
            options,
            config.lm_weights,
            config.bonuses,
        )
        found = model.transcribe(images, details=True, strict=True, **options)
        rows[way] = [one.text for one in found]
        metrics[f"character error, {way}"] = jiwer.cer(truth, rows[way])
        metrics[f"word error, {way}"] = jiwer.wer(truth, rows[way])
        if way == "greedy":
            greedy = found
            sure = confidence(found)
            metrics |= halves(truth, rows[way], sure)
    run.write(
        "transcripts.json",
        [
            {"name": name, "text": text, "nats a symbol": round(float(sure[k]), 4)}
            | {way: rows[way][k] for way in rows}
            for k, (name, text) in enumerate(zip(test.names, truth))
        ],
    )
    draw(model, test, greedy, run)
    return metrics | unknown(lines.texts, test.texts)


def draw(model, test, found, run, count=8):
    """Draw some test lines, half of them those of which the model is least sure."""
    order = np.argsort(confidence(found))
    chosen = [*order[: count // 2], *order[len(order) // 2 :: len(order) // count + 1]]
    chosen = [k for k in chosen if found[k].symbols][:count]
    images = [test.inputs[k] for k in chosen]
    aligned = model.align(images, [found[k].reading for k in chosen], strict=True)
    rows = [
        (test.inputs[k], test.texts[k], found[k], a) for k, a in zip(chosen, aligned)
    ]
    draw_lines(rows, run.path("predictions.png"))


def baseline(config, lines, run):
    """Return the error of the convolutions alone, without recurrence, as a dict."""
    alone = dataclasses.replace(config, layers=0, epochs=config.baseline_epochs)
    print("\nThe baseline: the same without recurrent layers.")
    model, resume = learn(alone, lines, run, "baseline_checkpoint")
    test = lines.parts["test"]
    read = model.transcribe(list(test.inputs), batch_size=64, strict=True)
    resume.path.unlink()
    name = f"convolutions alone, {alone.epochs} epoch{'s' * (alone.epochs > 1)}"
    return {
        f"character error, {name}": jiwer.cer(list(test.texts), read),
        f"word error, {name}": jiwer.wer(list(test.texts), read),
    }


def report(run, config):
    """Print the results and where everything is; returns the exit status."""
    error = run.results["metrics"]["character error, greedy"]
    missed = config.reach is not None and error > config.reach
    return recipe.report(
        run,
        {
            "predictions.png": "test lines, what was read where, errors in red",
            "transcripts.json": "every test line, how it was read and how surely",
            "export": "the same as a SavedModel from images to text",
        },
        failure=f"{config.reach:.0%} character error" if missed else None,
    )


if __name__ == "__main__":
    sys.exit(main())

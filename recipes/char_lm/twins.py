"""Multiplicative cells beside additive ones of as many parameters, over some seeds.

python recipes/char_lm/twins.py
python recipes/char_lm/twins.py --data tinyshakespeare
"""

import dataclasses
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))

import beginning  # first, by the alphabet too
import keras
import numpy as np
from train import UNKNOWN, read_texts, streams

import rnnkit
from rnnkit import recipe

PAIRS = {"simple_rnn": "multiplicative_rnn", "lstm": "multiplicative_lstm"}


@dataclasses.dataclass(frozen=True)
class Config:
    data: str = "standard_library"
    """standard_library, tinyshakespeare, ptb_characters, or a text file or folder."""
    characters: int | None = 400_000
    """Characters to train on, the last ones of the training text; None for all."""
    held_out: float = 0.1
    """Share of the text held out, as in train.py."""
    held_out_characters: int | None = 100_000
    """Characters of the held-out text, the first ones; None for all."""
    rarest: float = 1e-5
    """Characters with a smaller share of the text count as one, the unknown."""
    parameters: int = 120_000
    """Of every model, as nearly as whole units allow."""
    additive: tuple[str, ...] = tuple(PAIRS)
    """The additive cells that are compared with their multiplicative twins."""
    seeds: tuple[int, ...] = (0, 1, 2)
    kernel_deviation: float = 0.5
    """Of the first weights of the inputs, one-hot vectors: a multiplicative cell
    multiplies with what they give, and near zero it would pass on nothing."""
    batch_size: int = 32
    steps: int = 64
    """Characters after which the gradient is cut."""
    epochs: int = 12
    learning_rate: float = 4e-3
    """At its highest, the same for all; then it falls along a cosine."""
    checkpoint_seconds: float = 30.0
    """Seconds between two checkpoints."""


PRESETS = {
    "twins": Config(),
    "twins_smoke": Config(
        characters=60_000,
        held_out_characters=5_000,
        parameters=20_000,
        additive=("simple_rnn",),
        seeds=(0,),
        batch_size=16,
        epochs=1,
        learning_rate=1e-2,
    ),
}


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "twins", __doc__, arguments)
    for cell in config.additive:
        if cell not in PAIRS:
            raise SystemExit(f"No twin of {cell!r}; there are {', '.join(PAIRS)}.")
    train, valid, held_out = read_texts(config)
    digest = recipe.text_digest([train, valid, held_out])
    name = recipe.run_name(preset, config, PRESETS)
    run = recipe.Run("char_lm", name, config, {"sha256 of the data": digest}, fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run)
    least = max(1, round(config.rarest * len(train)))
    vocabulary = rnnkit.data.Characters(train, UNKNOWN, least)
    once = recipe.Once(run, beginning.seconds)
    given = vocabulary, train, held_out, once
    for cell in cells(config):
        for seed in config.seeds:
            once(cell, str(seed), learn, config, cell, seed, *given)
    finish(run, preset, config, once)
    return report(run)


def cells(config):
    """The cells that are compared, each additive one before its twin."""
    return [c for pair in PAIRS.items() if pair[0] in config.additive for c in pair]


def build(config, cell, units, vocabulary):
    """A language model of one layer."""
    kernel = keras.initializers.RandomNormal(stddev=config.kernel_deviation)
    layer = recipe.recurrent_layer(cell)(units, kernel_initializer=kernel)
    return rnnkit.models.LanguageModel(vocabulary, [layer])


def units_for(config, cell, vocabulary):
    """The units with which a model has as many parameters as the configuration says."""
    low, high = 1, 1 + config.parameters // vocabulary.size
    while low < high:  # the least that has no fewer
        middle = (low + high) // 2
        size = build(config, cell, middle, vocabulary).count_params()
        low, high = (low, middle) if size >= config.parameters else (middle + 1, high)
    return low


def learn(config, cell, seed, vocabulary, train, held_out, once):
    """Train one model, from the run's checkpoint on if there is one.

    Returns:
        dict: its bits per character of the held-out text, and its parameters.
    """
    units = units_for(config, cell, vocabulary)
    keras.utils.set_random_seed(seed)
    model = build(config, cell, units, vocabulary)
    text = rnnkit.data.text_streams(train, vocabulary, config.batch_size, config.steps)
    steps = text.batches * config.epochs
    model.compile(recipe.adam(config.learning_rate, steps, 0.05, clipnorm=1.0))
    path = once.run.path(f"checkpoint {cell} {seed}")
    resume = recipe.resume(path, config.checkpoint_seconds)
    once.earlier += resume.earlier
    recipe.train(model, [text], config.epochs, resume)
    scores = model.evaluate(
        streams(held_out, vocabulary, config), return_dict=True, verbose=0
    )
    print(
        f"{cell}, {units} units, {model.count_params():,} parameters, seed {seed}: "
        f"{scores['bits']:.3f} bits per character",
        flush=True,
    )
    return {"bits": scores["bits"], "parameters": model.count_params()}


def finish(run, preset, config, once):
    """Write the results: the mean of each cell, and all of them in a table."""
    means, table = {}, {}
    for cell in cells(config):
        rows = once.found[cell]
        bits = {f"seed {seed}": row["bits"] for seed, row in rows.items()}
        means[cell] = float(np.mean([*bits.values()]))
        table[cell.replace("_", " ")] = {
            **bits,
            "mean": means[cell],
            "standard deviation": float(np.std([*bits.values()])),
            "parameters": next(iter(rows.values()))["parameters"],
        }
    twins = [PAIRS[cell] for cell in config.additive]
    run.finish(
        preset,
        metrics={f"bits per character, {c}": means[c] for c in reversed(twins)},
        baselines={
            f"bits per character, {c}": means[c] for c in reversed(config.additive)
        },
        published={},
        seeds=list(config.seeds),
        seconds=once.seconds(),
        tables={"twins": table},
    )
    for path in run.folder.glob("checkpoint *"):
        path.unlink()


def report(run):
    """Print the results and where everything is; returns the exit status."""
    rows = {**run.results["metrics"], **run.results["baselines"]}
    lines = [f"  {value:.3f}  {name}" for name, value in rows.items()]
    return recipe.report(run, {}, "On the held-out text, mean of the seeds", lines)


if __name__ == "__main__":
    sys.exit(main())

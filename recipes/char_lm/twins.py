"""Multiplicative cells beside additive ones of as many parameters, over some seeds.

python recipes/char_lm/twins.py
python recipes/char_lm/twins.py --data tinyshakespeare
"""

import dataclasses
import hashlib
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
    epochs: int = 3
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
    digest = hashlib.sha256("".join([train, valid, held_out]).encode()).hexdigest()
    name = recipe.run_name(preset, config, PRESETS)
    run = recipe.Run("char_lm", name, config, {"sha256 of the data": digest}, fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run)
    least = max(1, round(config.rarest * len(train)))
    vocabulary = rnnkit.data.Characters(train, UNKNOWN, least)
    found = run.read("found.json") or {"bits": {}, "parameters": {}, "seconds": 0.0}
    for cell in [
        c for pair in PAIRS.items() if pair[0] in config.additive for c in pair
    ]:
        units = units_for(config, cell, vocabulary)
        for seed in config.seeds:
            if str(seed) in found["bits"].get(cell, {}):
                continue
            model, seconds = learn(config, cell, units, seed, vocabulary, train, run)
            scores = model.evaluate(
                streams(held_out, vocabulary, config), return_dict=True, verbose=0
            )
            found["bits"].setdefault(cell, {})[str(seed)] = scores["bits"]
            found["parameters"][cell] = model.count_params()
            found["seconds"] += seconds
            run.write("found.json", found)
            print(
                f"{cell}, {units} units, {model.count_params():,} parameters, seed "
                f"{seed}: {scores['bits']:.3f} bits per character",
                flush=True,
            )
    finish(run, preset, config, found)
    return report(run)


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


def learn(config, cell, units, seed, vocabulary, train, run):
    """Train one model, from the run's checkpoint on if there is one.

    Returns:
        The model, and the seconds of earlier starts.
    """
    keras.utils.set_random_seed(seed)
    model = build(config, cell, units, vocabulary)
    text = rnnkit.data.text_streams(train, vocabulary, config.batch_size, config.steps)
    steps = text.batches * config.epochs
    model.compile(recipe.adam(config.learning_rate, steps, 0.05, clipnorm=1.0))
    path = run.path(f"checkpoint {cell} {seed}")
    resume = recipe.resume(path, config.checkpoint_seconds)
    recipe.train(model, [text], config.epochs, resume)
    path.unlink()
    return model, resume.earlier


def finish(run, preset, config, found):
    """Write the results: the mean of each cell, and all of them in a table."""
    means = {cell: float(np.mean([*b.values()])) for cell, b in found["bits"].items()}
    table = {
        cell.replace("_", " "): {
            **{f"seed {seed}": value for seed, value in bits.items()},
            "mean": means[cell],
            "standard deviation": float(np.std([*bits.values()])),
            "parameters": found["parameters"][cell],
        }
        for cell, bits in found["bits"].items()
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
        seconds=found["seconds"] + beginning.seconds(),
        tables={"twins": table},
    )


def report(run):
    """Print the results and where everything is; returns the exit status."""
    rows = {**run.results["metrics"], **run.results["baselines"]}
    lines = [f"  {value:.3f}  {name}" for name, value in rows.items()]
    return recipe.report(run, {}, "On the held-out text, mean of the seeds", lines)


if __name__ == "__main__":
    sys.exit(main())

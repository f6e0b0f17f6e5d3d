"""Train an LSTM that names a spoken word, judged at its end or at every frame.

python recipes/spoken_words/train.py
python recipes/spoken_words/train.py --preset speakers
python recipes/spoken_words/train.py --preset weightings
"""

import dataclasses
import itertools
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))

import beginning  # first, by the alphabet too
import numpy as np
from recogniser import SAMPLE_RATE, Recogniser, joined

import rnnkit
from rnnkit import recipe


@dataclasses.dataclass(frozen=True)
class Config:
    task: str = "official"
    """official (one training, the test set of the data's authors), speakers (one for
    each speaker, who is left out and tested on), or weightings (uniform, last and
    ramp, `seeds` trainings each)."""
    data: str = "fsdd"
    """fsdd (spoken digits), or tones (made up, each word two tones)."""
    weights: str = "uniform"
    """How much a frame counts in the loss: uniform, last (the last alone), or ramp
    (1, 2, 3 …)."""
    seconds: float = 1.0
    """Of longer clips what follows is cut off."""
    units: int = 128
    layers: int = 2
    """LSTM layers, which read forwards."""
    dropout: float = 0.2
    """Share of a layer's outputs that are hidden from the next one in training."""
    time_masks: int = 2
    time_width: int = 10
    feature_masks: int = 2
    feature_width: int = 5
    """What is hidden from a training example: ranges of frames and of features."""
    buckets: int = 3
    """Groups of clips of like length, each padded to its longest and compiled once."""
    batch_size: int = 32
    epochs: int = 20
    learning_rate: float = 4e-3
    """At its highest, after the warm-up; then it falls to zero along a cosine."""
    warmup: float = 0.1
    """Share of the training in which the learning rate rises."""
    seed: int = 0
    seeds: int = 3
    """Trainings for each of the weightings, where these are compared."""
    reach: float | None = None
    """Accuracy to reach, else the exit status is 1; not asked of weightings."""


OFFICIAL = Config(reach=0.98)
PRESETS = {
    "official": OFFICIAL,
    "speakers": Config(task="speakers", epochs=12),
    "weightings": Config(task="weightings", epochs=12),
    "smoke": Config(
        data="tones",
        buckets=1,
        units=32,
        layers=1,
        dropout=0.0,
        time_masks=0,
        feature_masks=0,
        epochs=10,
        learning_rate=1e-2,
        reach=0.95,
    ),
}
WEIGHTINGS = ("uniform", "last", "ramp")
COLORS = ("#2563eb", "#ea580c", "#059669", "#7c3aed", "#db2777", "#6b7280")


@dataclasses.dataclass(frozen=True)
class Training:
    """One training of several: its name, its loss, and what it reads."""

    name: str
    weights: str
    seed: int
    train: rnnkit.data.Examples
    test: rnnkit.data.Examples


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "official", __doc__, arguments)
    parts = read_parts(config)
    name = recipe.run_name(preset, config, PRESETS)
    facts = {"sha256 of the data": recipe.digest(parts)}
    run = recipe.Run("spoken_words", name, config, facts, fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run, config)
    learner = Recogniser(config, parts, run)
    trainings = plan(config, parts)
    found = [learner.learn(training) for training in trainings]
    metrics = summary(config, trainings, found)
    if len(trainings) == 1:
        learner.reader.save(run.path("model.keras"))
    draw(config, trainings, found, run)
    run.finish(
        preset,
        metrics=metrics | {"parameters": learner.model.count_params()},
        baselines=learner.baselines(trainings),
        published={},
        seeds=sorted({training.seed for training in trainings}),
        seconds=learner.earlier + beginning.seconds(),
    )
    for path in learner.checkpoints:
        path.unlink()
    return report(run, config)


def read_parts(config):
    """Return `{part: Examples}` of parts train and test, no clip too long."""
    if config.data == "fsdd":
        parts = recipe.loaded(rnnkit.data.load_fsdd)
    elif config.data == "tones":
        parts = {"train": recipe.tone_words(480, 0), "test": recipe.tone_words(120, 1)}
    else:
        raise SystemExit(f"No data {config.data!r}; there are fsdd and tones.")
    longest = round(config.seconds * SAMPLE_RATE)
    return {
        part: dataclasses.replace(one, inputs=tuple(x[:longest] for x in one.inputs))
        for part, one in parts.items()
    }


def plan(config, parts):
    """Return the trainings of the task."""
    train, test = parts["train"], parts["test"]
    if config.task == "official":
        return [Training("official", config.weights, config.seed, train, test)]
    if config.task == "weightings":
        return [
            Training(f"{weights}-{seed}", weights, seed, train, test)
            for weights in WEIGHTINGS
            for seed in range(config.seed, config.seed + config.seeds)
        ]
    if config.task != "speakers":
        raise SystemExit(
            f"No task {config.task!r}; there are official, speakers and weightings."
        )
    both = joined(train, test)
    speakers = np.array(both.groups)
    return [
        Training(
            speaker,
            config.weights,
            config.seed,
            both.subset(speakers != speaker),
            both.subset(speakers == speaker),
        )
        for speaker in sorted(set(both.groups))
    ]


def groups(config, trainings, found):
    """Return `{what is compared: what its trainings found}`."""
    kind = "weights" if config.task == "weightings" else "name"
    grouped = {}
    for training, one in zip(trainings, found):
        grouped.setdefault(getattr(training, kind), []).append(one)
    return grouped


def summary(config, trainings, found):
    """Return the metrics of the task."""
    if config.task == "official":
        return {
            "accuracy": found[0]["end"],
            "accuracy read over all frames": found[0]["frames"],
        }
    if config.task == "speakers":
        names = [f"accuracy on {training.name}" for training in trainings]
        ends = [one["end"] for one in found]
        return {"accuracy": float(np.mean(ends))} | dict(zip(names, ends))
    metrics = {}
    for name, ones in groups(config, trainings, found).items():
        ends, early = [one["end"] for one in ones], max(1, config.epochs // 4)
        curves = [one["history"]["val_accuracy"] for one in ones]
        metrics |= {
            f"accuracy, {name}": float(np.mean(ends)),
            f"its deviation over seeds, {name}": float(np.std(ends)),
            f"accuracy read over all frames, {name}": float(
                np.mean([one["frames"] for one in ones])
            ),
            f"validation accuracy after epoch {early}, {name}": float(
                np.mean([curve[early - 1] for curve in curves])
            ),
        }
    return metrics


def draw(config, trainings, found, run):
    """Draw the validation accuracy by epoch: means, and from the least to the most."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    figure = Figure(figsize=(8, 4.5), dpi=120, layout="constrained")
    axes = figure.subplots()
    for color, (name, ones) in zip(
        itertools.cycle(COLORS), groups(config, trainings, found).items()
    ):
        curves = np.array([one["history"]["val_accuracy"] for one in ones])
        epochs = np.arange(1, curves.shape[1] + 1)
        axes.plot(epochs, curves.mean(0), "o-", ms=3, color=color, label=name)
        axes.fill_between(
            epochs, curves.min(0), curves.max(0), color=color, alpha=0.2, linewidth=0
        )
    axes.set_xlabel("epoch")
    axes.set_ylabel("accuracy on clips held out of the training part")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.grid(axis="y", color="#e5e7eb")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower right")
    title = f"{config.data}, {config.layers} × LSTM of {config.units} units"
    axes.set_title(title, loc="left")
    figure.savefig(run.path("training.png"))


def report(run, config):
    """Print the results and where everything is; returns the exit status."""
    reached = run.results["metrics"].get("accuracy")
    missed = None not in (reached, config.reach) and reached < config.reach
    return recipe.report(
        run,
        {
            "training.png": "the accuracy by epoch",
        },
        failure=f"an accuracy of {config.reach:.0%}" if missed else None,
    )


if __name__ == "__main__":
    sys.exit(main())

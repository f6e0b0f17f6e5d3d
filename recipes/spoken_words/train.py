"""Train an LSTM that names a spoken word, judged at its end or at every frame.

python recipes/spoken_words/train.py
python recipes/spoken_words/train.py --preset speakers
python recipes/spoken_words/train.py --preset weightings
"""
# ruff: noqa: E402  (the clock starts before the imports)

import time

STARTED = time.monotonic()

import dataclasses
import hashlib
import itertools
import math
import os
import sys

# Python's own warnings and errors stay; TensorFlow's C++ log is not for newcomers.
sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
os.makedirs("runs", exist_ok=True)
os.dup2(os.open("runs/tensorflow.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)

import keras
import numpy as np
from keras import ops

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
SAMPLE_RATE = 8000
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
    facts = {"sha256 of the data": digest(parts)}
    run = recipe.Run("spoken_words", name, config, facts, fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run, config)
    recogniser = Recogniser(config, parts, run)
    trainings = plan(config, parts)
    found = [recogniser.learn(training) for training in trainings]
    metrics = summary(config, trainings, found)
    if len(trainings) == 1:
        recogniser.reader.save(run.path("model.keras"))
    draw(config, trainings, found, run)
    run.finish(
        preset,
        metrics=metrics | {"parameters": recogniser.model.count_params()},
        baselines=recogniser.baselines(trainings),
        published={},
        seeds=sorted({training.seed for training in trainings}),
        seconds=recogniser.earlier + time.monotonic() - STARTED,
    )
    for path in recogniser.checkpoints:
        path.unlink()
    return report(run, config)


def read_parts(config):
    """Return `{part: Examples}` of parts train and test, no clip too long."""
    if config.data == "fsdd":
        parts = rnnkit.data.load_fsdd()
    elif config.data == "tones":
        parts = {"train": tones(480, 0), "test": tones(120, 1)}
    else:
        raise SystemExit(f"No data {config.data!r}; there are fsdd and tones.")
    longest = round(config.seconds * SAMPLE_RATE)
    return {
        part: dataclasses.replace(one, inputs=tuple(x[:longest] for x in one.inputs))
        for part, one in parts.items()
    }


def tones(count, seed):
    """Return made-up clips: words of two different tones, told apart by their order."""
    rng = np.random.default_rng(seed)
    pitches = {"low": 400, "middle": 900, "high": 1800}
    words = [*itertools.permutations(pitches, 2)]
    inputs, texts = [], []
    for _ in range(count):
        word = words[rng.integers(len(words))]
        pieces = [np.zeros(rng.integers(200, 800))]
        for tone in word:
            samples = np.arange(rng.integers(500, 1200)) / SAMPLE_RATE
            pitch = pitches[tone] * rng.uniform(0.95, 1.05)
            pieces += [0.3 * np.sin(2 * np.pi * pitch * samples), np.zeros(200)]
        sound = np.concatenate(pieces)
        inputs.append((sound + 0.01 * rng.normal(size=len(sound))).astype("float32"))
        texts.append(" ".join(word))
    names = tuple(f"tones {seed}-{k}" for k in range(count))
    speakers = tuple(f"voice {k % 2}" for k in range(count))
    return rnnkit.data.Examples(names, tuple(inputs), tuple(texts), speakers)


def digest(parts):
    """Return the sha256 of all clips and words."""
    found = hashlib.sha256()
    for part in parts.values():
        for x, text in zip(part.inputs, part.texts):
            found.update(x.tobytes() + text.encode())
    return found.hexdigest()


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


def joined(*parts):
    """Return all the examples of some parts."""
    columns = {
        field: tuple(
            itertools.chain.from_iterable(getattr(one, field) for one in parts)
        )
        for field in ("names", "inputs", "texts", "groups")
    }
    return rnnkit.data.Examples(**columns)


class Recogniser:
    """One model for all trainings, so that it is compiled once; and what it hears."""

    def __init__(self, config, parts, run):
        self.config, self.run = config, run
        everything = joined(*parts.values())
        self.words = sorted(set(everything.texts))
        # Every training takes its batches to these sizes.
        self.sizes = rnnkit.data.SequenceBatches(
            everything.inputs, buckets=config.buckets
        )
        self.model, self.features, self.averages = build(config, len(self.words))
        # Masked frames repeat the last real one: the last of all is the end.
        last = keras.layers.Softmax()(self.model.output[:, -1])
        self.reader = keras.Model(self.model.inputs, last)
        self.earlier, self.checkpoints = 0.0, []

    def batches(self, examples, shuffle=False, seed=0):
        """Return a data set of `((samples, lengths), classes)`."""
        return rnnkit.data.SequenceBatches(
            examples.inputs,
            [[self.words.index(text)] for text in examples.texts],
            batch_size=self.config.batch_size,
            shuffle=shuffle,
            seed=seed,
            like=self.sizes,
        )

    def learn(self, training):
        """Train on from the training's checkpoint, if there is one.

        Returns:
            Dict of the history, and the accuracy on the test part read in two ways.
        """
        config = self.config
        print(f"\n{training.name}, loss weights {training.weights}")
        keras.utils.set_random_seed(training.seed)
        self.model.set_weights(build(config, len(self.words))[0].get_weights())
        held_out = np.arange(len(training.train)) % 20 == 0
        train = self.batches(training.train.subset(~held_out), True, training.seed)
        valid = self.batches(training.train.subset(held_out))
        steps = len(train) * config.epochs
        warmup = round(config.warmup * steps)
        rate = keras.optimizers.schedules.CosineDecay(
            0.0, steps - warmup, warmup_target=config.learning_rate, warmup_steps=warmup
        )
        self.model.compile(
            keras.optimizers.Adam(rate, global_clipnorm=5.0),
            rnnkit.losses.SequenceDivergence(training.weights),
            metrics=[EndAccuracy("accuracy")],
            jit_compile=False,  # the LSTM layers compile themselves
        )
        path = self.run.path(f"{training.name}.checkpoint")
        resume = rnnkit.training.Resume(path, math.inf)  # an epoch takes seconds
        self.earlier += resume.seconds
        self.checkpoints.append(path)
        if resume.found:
            print(f"Going on from {path}: epoch {resume.epoch + 1}.")
        rnnkit.training.fit(
            self.model,
            [one.dataset() for one in train.passes(config.epochs)],
            config.epochs,
            resume,
            validation_data=valid.dataset(),
            shuffle=False,  # the batches are
            verbose=1 if sys.stdout.isatty() else 2,
        )
        return {"history": resume.history} | self.measure(training)

    def measure(self, training):
        """Return the accuracy on the test part, read at the end and over all frames.

        Over all frames the word is the one that would make the loss least.
        """
        right = {"end": [], "frames": []}
        for (x, lengths), classes in self.batches(training.test):
            logits = self.model((x, lengths), training=False)
            frames = ops.convert_to_numpy(self.features.frame_counts(lengths))
            mask = np.arange(logits.shape[1]) < frames[:, None]
            losses = [
                rnnkit.losses.sequence_divergence(
                    np.full(len(x), k), logits, training.weights, mask
                )
                for k in range(len(self.words))
            ]
            losses = ops.convert_to_numpy(ops.stack(losses, axis=1))
            end = ops.convert_to_numpy(logits)[:, -1].argmax(1)
            right["end"] += list(end == classes[:, 0])
            right["frames"] += list(losses.argmin(1) == classes[:, 0])
        return {way: float(np.mean(values)) for way, values in right.items()}

    def baselines(self, trainings):
        """Return the accuracy of a logistic regression on the mean log-mel frame."""
        tests = {id(one.test): one for one in trainings}.values()
        found = [self.regression(one.train, one.test) for one in tests]
        return {"logistic regression on the mean log-mel frame": float(np.mean(found))}

    def regression(self, train, test):
        """Return the accuracy of a logistic regression on the test part."""
        keras.utils.set_random_seed(self.config.seed)
        (x, y), (test_x, test_y) = (self.means(one) for one in (train, test))
        scale = keras.layers.Normalization()
        scale.adapt(x)
        model = keras.Sequential([scale, keras.layers.Dense(len(self.words))])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(0.03), loss, metrics=["accuracy"])
        model.fit(x, y, batch_size=128, epochs=60, verbose=0)
        return model.evaluate(test_x, test_y, verbose=0, return_dict=True)["accuracy"]

    def means(self, examples):
        """Return the mean frame of each clip, and its class."""
        batches = self.batches(examples)
        rows = [ops.convert_to_numpy(self.averages(x)) for x, _ in batches]
        return np.concatenate(rows), np.concatenate([y[:, 0] for _, y in batches])


def build(config, classes):
    """Return the model, its features' layer, and a model that averages these.

    The model reads samples `(batch, time)` and lengths `(batch,)`, and writes logits
    `(batch, frames, classes)`.
    """
    samples = keras.Input((None,), name="samples")
    lengths = keras.Input((), dtype="int32", name="lengths")
    places = ops.cumsum(ops.ones_like(samples, dtype="int32"), axis=1)
    features = rnnkit.layers.LogMel(SAMPLE_RATE)
    frames = features(samples, mask=places <= ops.expand_dims(lengths, 1))
    # Not by the clip: its mean says much of what the word is.
    x = keras.layers.BatchNormalization(momentum=0.9)(frames)
    x = rnnkit.layers.SpecAugment(
        time_masks=config.time_masks,
        time_width=config.time_width,
        feature_masks=config.feature_masks,
        feature_width=config.feature_width,
        seed=config.seed,
    )(x)
    for k in range(config.layers):
        x = rnnkit.layers.LSTM(config.units, return_sequences=True)(x)
        x = keras.layers.Dropout(config.dropout, seed=config.seed + k)(x)
    logits = keras.layers.Dense(classes, name="logits")(x)
    means = keras.layers.GlobalAveragePooling1D()(frames)
    inputs = [samples, lengths]
    return keras.Model(inputs, logits), features, keras.Model(inputs, means)


class EndAccuracy(keras.metrics.SparseCategoricalAccuracy):
    """The share of clips whose word is right at the end."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        return super().update_state(y_true[:, 0], y_pred[:, -1], sample_weight)


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
    results = run.results
    print(f"\nOn the test part, {results['seconds']:.0f} s in all:")
    for name, value in (results["metrics"] | results["baselines"]).items():
        shown = f"{value:,}" if isinstance(value, int) else f"{value:.2%}"
        print(f"  {shown:>8}  {name}")
    print(f"\nIn {run.folder}:")
    for file, what in {
        "training.png": "the accuracy by epoch",
        "model.keras": "the model, for keras.saving.load_model after `import rnnkit`",
        "results.json": "the figures",
    }.items():
        if run.path(file).exists():
            print(f"  {file:<14}{what}")
    reached = results["metrics"].get("accuracy")
    if None not in (reached, config.reach) and reached < config.reach:
        print(f"\nIt had to reach an accuracy of {config.reach:.0%} and did not.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

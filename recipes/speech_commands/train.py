"""Train a recogniser of commands that says which part of the sound it heeded.

python recipes/speech_commands/train.py
python recipes/speech_commands/train.py --preset google
python recipes/speech_commands/train.py --data folder/that/has/speech_commands
"""

import dataclasses
import json
import math
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))

import beginning  # first, by the alphabet too
import keras
import numpy as np
from keras import ops

import rnnkit
from rnnkit import recipe


@dataclasses.dataclass(frozen=True)
class Config:
    data: str = "fsdd"
    """fsdd (spoken digits), speech_commands (Google's, in the folder that RNNKIT_DATA
    names), another folder that has speech_commands/, or tones (made up)."""
    words: tuple[str, ...] = ()
    """Words of Google's set to tell apart; by default all."""
    seconds: float = 1.0
    """Of longer clips what follows is cut off."""
    units: int = 64
    layers: int = 2
    """Bidirectional LSTM layers."""
    attention_units: int = 64
    heads: int = 1
    """How many weighted means of the frames there are."""
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
    epochs: int = 12
    learning_rate: float = 4e-3
    """At its highest, after the warm-up; then it falls to zero along a cosine."""
    warmup: float = 0.1
    """Share of the training in which the learning rate rises."""
    seed: int = 0
    reach: float | None = None
    """Accuracy to reach, else the exit status is 1."""


TWENTY = (
    "yes no up down left right on off stop go "
    "zero one two three four five six seven eight nine"
)
PRESETS = {
    "digits": Config(reach=0.98),
    "google": Config(
        data="speech_commands",
        words=tuple(TWENTY.split()),
        time_width=20,
        batch_size=64,
    ),
    "smoke": Config(
        data="tones",
        buckets=1,
        units=16,
        layers=1,
        attention_units=16,
        dropout=0.0,
        time_masks=0,
        feature_masks=0,
        epochs=10,
        learning_rate=1e-2,
        reach=0.95,
    ),
}
DE_ANDRADE = (
    "[de Andrade et al., 2018](https://arxiv.org/abs/1808.08929), version 2 of "
    "Google's data, 202 K parameters"
)
PUBLISHED = {
    "digits": {"accuracy on other data, 20 commands": [0.945, DE_ANDRADE]},
    "google": {"accuracy, 20 commands": [0.945, DE_ANDRADE]},
}
OTHER = pathlib.Path(__file__).parents[1] / "spoken_words/results/official.json"
DRAWN = 6  # clips in the picture


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "digits", __doc__, arguments)
    rate, parts = read_parts(config)
    name = recipe.run_name(preset, config, PRESETS)
    facts = {"sha256 of the data": recipe.digest(parts)}
    run = recipe.Run("speech_commands", name, config, facts, fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run, config)
    print(", ".join(f"{len(one)} to {part}" for part, one in parts.items()))
    words = sorted({text for one in parts.values() for text in one.texts})
    batches = batched(parts, words, config)
    found, earlier, checkpoints = {}, 0.0, []
    for pooling in ("mean", "attention"):  # the baseline first
        print(f"\nPooling by {pooling}")
        model, weights = build(config, rate, len(words), pooling)
        resume = recipe.resume(run.path(f"{pooling}.checkpoint"), math.inf)
        earlier += resume.earlier
        checkpoints.append(resume.path)
        learn(model, batches, config, resume)
        logs = model.evaluate(dataset(batches["test"]), return_dict=True, verbose=0)
        found[pooling] = logs["accuracy"]
    model.save(run.path("model.keras"))
    draw(model, weights, resume.history, parts["test"], words, run, rate)
    run.finish(
        preset,
        metrics={"accuracy": found["attention"], "parameters": model.count_params()},
        baselines=baselines(found["mean"], config),
        published=PUBLISHED.get(preset, {}),
        seeds=[config.seed],
        seconds=earlier + beginning.seconds(),
    )
    for path in checkpoints:
        path.unlink()
    return report(run, config)


def read_parts(config):
    """Return samples per second and `{part: Examples}`: train, valid and test."""
    if config.data == "fsdd":
        rate, parts = 8000, recipe.loaded(rnnkit.data.load_fsdd)
    elif config.data == "tones":
        rate = 8000
        parts = {"train": recipe.tone_words(480, 0), "test": recipe.tone_words(120, 1)}
    else:
        folder = None if config.data == "speech_commands" else config.data
        rate = 16000
        words = config.words or None
        parts = recipe.loaded(rnnkit.data.load_speech_commands, folder, words)
    if "valid" not in parts:
        train, valid = recipe.hold_out(parts["train"], 20)
        parts = {"train": train, "valid": valid, "test": parts["test"]}
    longest = round(config.seconds * rate)
    return rate, {
        part: dataclasses.replace(one, inputs=tuple(x[:longest] for x in one.inputs))
        for part, one in parts.items()
    }


def batched(parts, words, config):
    """Return `{part: SequenceBatches}`, padded to the same sizes."""
    found = {}
    for part, one in parts.items():
        found[part] = rnnkit.data.SequenceBatches(
            one.inputs,
            [[words.index(text)] for text in one.texts],
            batch_size=config.batch_size,
            buckets=config.buckets,
            shuffle=part == "train",
            seed=config.seed,
            like=found.get("train"),
        )
    return found


def dataset(batches):
    """Return a data set of `((samples, lengths), class)`."""
    return batches.dataset().map(lambda x, classes: (x, classes[:, 0]))


def build(config, rate, classes, pooling):
    """Return the model, and one that gives the attention, `(batch, frames, heads)`.

    The model reads samples `(batch, time)` and lengths `(batch,)`, and writes logits
    `(batch, classes)`.
    """
    keras.utils.set_random_seed(config.seed)
    samples = keras.Input((None,), name="samples")
    lengths = keras.Input((), dtype="int32", name="lengths")
    places = ops.cumsum(ops.ones_like(samples, dtype="int32"), axis=1)
    real = places <= ops.expand_dims(lengths, 1)
    x = rnnkit.layers.LogMel(rate)(samples, mask=real)
    # Not by the clip: its mean says much of what the word is.
    x = keras.layers.BatchNormalization(momentum=0.9)(x)
    x = rnnkit.layers.SpecAugment(
        time_masks=config.time_masks,
        time_width=config.time_width,
        feature_masks=config.feature_masks,
        feature_width=config.feature_width,
        seed=config.seed,
    )(x)
    for k in range(config.layers):
        lstm = rnnkit.layers.LSTM(config.units, return_sequences=True)
        x = rnnkit.layers.Bidirectional(lstm)(x)
        x = keras.layers.Dropout(config.dropout, seed=config.seed + k)(x)
    weights = None
    if pooling == "attention":
        pool = rnnkit.layers.AttentionPooling(config.attention_units, config.heads)
        x, weights = pool(x, return_attention_scores=True)
    else:
        x = keras.layers.GlobalAveragePooling1D()(x)
    logits = keras.layers.Dense(classes, name="logits")(x)
    inputs = [samples, lengths]
    model = keras.Model(inputs, logits)
    return model, None if weights is None else keras.Model(inputs, weights)


def learn(model, batches, config, resume):
    """Train the model, from its checkpoint on if there is one."""
    train = batches["train"]
    model.compile(
        recipe.adam(config.learning_rate, len(train) * config.epochs, config.warmup),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,  # the LSTM layers compile themselves
    )
    recipe.train(
        model,
        [dataset(one) for one in train.passes(config.epochs)],
        config.epochs,
        resume,
        validation_data=dataset(batches["valid"]),
        shuffle=False,  # the batches are
    )


def baselines(mean, config):
    """Return the same model without attention, and the one that reads the end."""
    found = {"accuracy, the mean of all frames": mean}
    if config.data == "fsdd" and OTHER.exists():
        other = json.loads(OTHER.read_text())["metrics"]
        found["accuracy, spoken_words"] = other["accuracy"]
        found["parameters, spoken_words"] = other["parameters"]
    return found


def draw(model, weights, history, test, words, run, rate):
    """Draw the curves, and the attention over some clips' spectrograms."""
    from matplotlib.figure import Figure

    rnnkit.training.plot_history(
        history,
        {"loss": "nats per clip", "accuracy": "accuracy"},
        run.path("training.png"),
    )
    clips = test.subset([k * len(test) // DRAWN for k in range(DRAWN)])
    batches = rnnkit.data.SequenceBatches(clips.inputs, batch_size=DRAWN, buckets=1)
    clips = clips.subset(batches.items(0))  # the shortest first
    ((given,),) = batches
    heard = ops.convert_to_numpy(ops.argmax(model(given), axis=1))
    curves = ops.convert_to_numpy(weights(given))
    features = rnnkit.layers.LogMel(rate)
    figure = Figure(figsize=(11, 5.5), dpi=120, layout="constrained")
    for number, axes in enumerate(figure.subplots(2, DRAWN // 2).flat):
        x = clips.inputs[number]
        spectrum = ops.convert_to_numpy(features(x[None]))[0]
        seconds = len(x) / rate
        axes.imshow(
            spectrum.T,
            aspect="auto",
            origin="lower",
            cmap="Greys",
            extent=(0, seconds, 0, spectrum.shape[1]),
        )
        title = f"{clips.texts[number]}, heard as {words[heard[number]]}"
        axes.set_title(title, loc="left")
        axes.set_xlabel("seconds")
        axes.set_yticks([])
        over = axes.twinx()
        times = (np.arange(len(spectrum)) + 0.5) * seconds / len(spectrum)
        for curve in curves[number][: len(spectrum)].T:
            over.plot(times, curve, color="#ea580c")
        over.set_ylim(bottom=0)
        over.set_ylabel("attention")
    figure.savefig(run.path("attention.png"))


def report(run, config):
    """Print the results and where everything is; returns the exit status."""
    reached = run.results["metrics"]["accuracy"]
    missed = config.reach is not None and reached < config.reach
    return recipe.report(
        run,
        {
            "attention.png": "which frames the model heeded, in some test clips",
        },
        failure=f"an accuracy of {config.reach:.0%}" if missed else None,
    )


if __name__ == "__main__":
    sys.exit(main())

"""Train networks that answer questions about stories: all twenty tasks of bAbI.

python recipes/question_answering/train.py
python recipes/question_answering/train.py --tasks 1 2 3
"""

import dataclasses
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))

import beginning  # first, by the alphabet too
import keras
import numpy as np
from answerers import QueryReductionNetwork, StoryLSTM
from pictures import draw_accuracies, draw_looks
from published import KERAS, KERAS_EXAMPLE, LSTM, WESTON
from stories import baselines, digest, read_tasks, vocabulary

import rnnkit
from rnnkit import recipe


@dataclasses.dataclass(frozen=True)
class Config:
    data: str = "babi"
    """babi, or walks (made up: who is where)."""
    tasks: tuple[int, ...] = tuple(range(1, 21))
    """Which of bAbI's; each is learnt by networks of its own."""
    sentences: int = 100
    """Of a longer story only the last so many are read."""
    held_out: float = 0.1
    """Share of the training part that chooses among epochs and tries."""
    units: int = 50
    layers: tuple[int, ...] = (2, 3, 2)
    """How often the network reads the story, in each of several trainings from other
    beginnings. The one with the least loss on the held-out share is kept; none follows
    one that answers all of it."""
    decay: float = 5e-4
    """L2 penalty of its kernels."""
    batch_size: int = 32
    buckets: int = 4
    """Groups of stories of like length, each padded to its longest and compiled
    once."""
    epochs: int = 60
    learning_rate: float = 5e-3
    """At its highest, after the warm-up; then it falls to zero along a cosine."""
    warmup: float = 0.05
    """Share of the training in which the learning rate rises."""
    lstm_units: int = 64
    lstm_dropout: float = 0.2
    lstm_epochs: int = 20
    """Of the LSTM, which is trained once for each task."""
    seed: int = 0
    reach: float | None = None
    """Mean accuracy to reach, else the exit status is 1."""


PRESETS = {
    "babi": Config(reach=0.8),
    "smoke": Config(
        data="walks",
        tasks=(1,),
        units=32,
        layers=(2,),
        buckets=1,
        epochs=15,
        learning_rate=1e-2,
        lstm_units=16,
        lstm_epochs=2,
        reach=0.95,
    ),
}
PASSED = 0.95


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "babi", __doc__, arguments)
    tasks = read_tasks(config)
    name = recipe.run_name(preset, config, PRESETS)
    facts = {"sha256 of the data": digest(tasks)}
    run = recipe.Run("question_answering", name, config, facts, fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run, config)
    found = run.read("tasks.json") or {}
    earlier = sum(one["seconds"] for one in found.values())
    if found:
        print(f"Going on after {len(found)} tasks. --fresh starts anew.")
    for task, parts in tasks.items():
        if str(task) not in found:  # as JSON has it
            begun = beginning.seconds()
            found[str(task)] = learn(config, task, parts, run)
            found[str(task)]["seconds"] = beginning.seconds() - begun
            run.write("tasks.json", found)
    figures = {int(task): one["accuracy"] for task, one in found.items()}
    draw(config, tasks, figures, run)
    run.finish(
        preset,
        metrics=summary(figures, {"ours": ""}),
        baselines=summary(
            figures, {name: f", {name}" for name in ("LSTM", *baselines(parts))}
        ),
        published=published(config),
        seeds=[config.seed],
        seconds=earlier + beginning.seconds(),
        tables={"tasks": by_task(figures, config)},
    )
    return report(run, config)


def learn(config, task, parts, run):
    """Train both networks on a task.

    Returns:
        Dict of their accuracies on the test part, and how ours came about.
    """
    words, answers = vocabulary(parts)
    given = dict(words=words, answers=answers, sentences=config.sentences)
    tries = []
    for number, layers in enumerate(config.layers):
        keras.utils.set_random_seed(config.seed + number)
        model = QueryReductionNetwork(
            units=config.units, layers=layers, decay=config.decay, **given
        )
        held_out = fit(model, parts, config, config.epochs, config.seed + number)
        tries.append((held_out["loss"], number, held_out["accuracy"], model))
        if held_out["accuracy"] == 1:
            break
    _, chosen, accuracy, model = min(tries, key=lambda one: one[0])
    keras.utils.set_random_seed(config.seed)
    lstm = StoryLSTM(units=config.lstm_units, dropout=config.lstm_dropout, **given)
    fit(lstm, parts, config, config.lstm_epochs, config.seed)
    model.save(run.path(f"qa{task}.keras"))
    right = {
        "ours": accuracy_of(model, parts["test"], config),
        "LSTM": accuracy_of(lstm, parts["test"], config),
    } | baselines(parts)
    print(
        f"QA{task:<3} ours {right['ours']:7.2%}  LSTM {right['LSTM']:7.2%}  held out "
        f"{accuracy:7.2%} at try {chosen + 1} of {len(tries)}",
        flush=True,
    )
    return {"accuracy": right, "held out": accuracy, "tries": len(tries)}


def fit(model, parts, config, epochs, seed):
    """Train a model, and take it back to the epoch of the least loss held out.

    Returns:
        Loss and accuracy of that epoch, a dict.
    """
    train = batches(model, parts["train"], config, shuffle=True, seed=seed)
    model.compile(
        recipe.adam(config.learning_rate, len(train) * epochs, config.warmup),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    best = keras.callbacks.EarlyStopping(patience=epochs, restore_best_weights=True)
    history = model.fit(
        dataset(train),
        epochs=epochs,
        validation_data=dataset(batches(model, parts["valid"], config, train)),
        callbacks=[best],
        shuffle=False,  # the batches are
        verbose=0,
    ).history
    epoch = int(np.argmin(history["val_loss"]))
    return {name: history[f"val_{name}"][epoch] for name in ("loss", "accuracy")}


def batches(model, questions, config, like=None, **options):
    """Return `SequenceBatches` of questions; an answer not learnt is -1."""
    arrays = model.arrays([(one.story, one.question) for one in questions])
    places = {answer: place for place, answer in enumerate(model.answers)}
    return rnnkit.data.SequenceBatches(
        arrays,
        [[places.get(one.answer, -1)] for one in questions],
        batch_size=config.batch_size,
        buckets=config.buckets,
        like=like,
        **options,
    )


def dataset(batches):
    """Return a data set of `((ids, lengths), class)`."""
    return batches.dataset().map(lambda x, classes: (x, classes[:, 0]))


def accuracy_of(model, questions, config):
    """Return the share of questions that a model answers as they are to be."""
    found = batches(model, questions, config)
    right = [model.predict_on_batch(x).argmax(1) == y[:, 0] for x, y in found]
    return float(np.mean(np.concatenate(right)))


def summary(figures, names):
    """Return the accuracy over all tasks and how many are passed, for some systems."""
    found = {}
    for system, after in names.items():
        values = [one[system] for one in figures.values()]
        found[f"accuracy, mean of the tasks{after}"] = float(np.mean(values))
        passed = sum(value >= PASSED for value in values)
        found[f"tasks passed{after}"] = passed
    return found


def by_task(figures, config):
    """Return the accuracy of each system in each task, as the README shows it."""
    found = {}
    for task, one in figures.items():
        right = dict(one)
        if config.data == "babi":
            right["published LSTM"] = LSTM[task - 1] / 100
            right["Keras example"] = KERAS[task - 1] / 100
        for system, value in right.items():
            found.setdefault(system, {})[f"QA{task}"] = f"{value:.1%}"
    return found


def published(config):
    """Return the published accuracies of these tasks."""
    if config.data != "babi":
        return {}
    found = {}
    for values, source, who in (
        (LSTM, WESTON, "published LSTM"),
        (KERAS, KERAS_EXAMPLE, "Keras example"),
    ):
        mean = float(np.mean([values[task - 1] / 100 for task in config.tasks]))
        found[f"accuracy, mean of the tasks, {who}"] = [mean, source]
    return found


def draw(config, tasks, figures, run):
    """Draw the accuracies, and where the network looked in some stories."""
    lines = LSTM if config.data == "babi" else None
    draw_accuracies(figures, lines, run.path("accuracy.png"))
    chosen = [task for task in (1, 2, 3, 15) if task in tasks] or list(tasks)[:4]
    rows = []
    for task in chosen:
        model = keras.saving.load_model(run.path(f"qa{task}.keras"))
        one = example(tasks[task]["test"])
        rows.append((f"QA{task}", one, model.ask(one.story, one.question)[0]))
        rows[-1] += (model.looked(one.story, one.question),)
    draw_looks(rows, run.path("looks.png"))


def example(questions):
    """Return a question after a story that is neither short nor long."""
    return min(questions, key=lambda one: abs(len(one.story) - 10))


def report(run, config):
    """Print the results and where everything is; returns the exit status."""
    metrics = run.results["metrics"]
    reached = metrics["accuracy, mean of the tasks"]
    missed = config.reach is not None and reached < config.reach
    shown = metrics | run.results["baselines"]
    return recipe.report(
        run,
        {
            "accuracy.png": "the share of right answers, task by task",
            "looks.png": "which sentences the network looked at",
            "tasks.json": "the figures of each task, and how many tries it took",
            "qa1.keras": "a network for each task; see the README for how to ask it",
        },
        lines=[
            f"  {value:>9.2%}  {name}"
            if isinstance(value, float)
            else f"  {value:>9}  {name}"
            for name, value in shown.items()
        ],
        failure=f"a mean accuracy of {config.reach:.0%}" if missed else None,
    )


if __name__ == "__main__":
    sys.exit(main())

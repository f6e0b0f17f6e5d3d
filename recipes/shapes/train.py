"""Build, train and draw a network of each shape: what it reads, what it writes, when.

python recipes/shapes/train.py
"""

import dataclasses
import pathlib
import sys
import time

sys.path.append(str(pathlib.Path(__file__).parents[1]))

import beginning  # first, by the alphabet too
import keras
import numpy as np
from diagrams import draw_all, draw_one
from lessons import LESSONS, check, gain

from rnnkit import recipe


@dataclasses.dataclass(frozen=True)
class Config:
    shapes: tuple[str, ...] = tuple(LESSONS)
    """no output, output at the end, output at each step, sequence to vector, vector to
    sequence, output to hidden, encoder-decoder: those to train."""
    examples: int = 4000
    """To learn from; others are the test."""
    batch_size: int = 64
    epochs: int = 12
    learning_rate: float = 1e-2
    """At the beginning; it falls to zero along a cosine."""
    seed: int = 0
    reach: float | None = None
    """How much better than its rival that learns nothing each must be, as a share of
    what that lacks, else the exit status is 1."""


PRESETS = {
    "small": Config(reach=0.8),
    "smoke": Config(examples=1000, epochs=4, shapes=("output to hidden",), reach=0.5),
}


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "small", __doc__, arguments)
    check(config)
    name = recipe.run_name(preset, config, PRESETS)
    run = recipe.Run("shapes", name, config, fresh=fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run, config)
    draw_all(run.path("shapes.png"))
    table = {}
    for shape in config.shapes:
        draw_one(shape, run.path(f"{shape.replace(' ', '_')}.png"))
        for column, value in learn(shape, config).items():
            table.setdefault(column, {})[shape] = value
    run.finish(
        preset,
        metrics={
            f"{table['measure'][s]}, {s}": table["reached"][s] for s in table["task"]
        },
        baselines={
            f"{table['measure'][s]}, {s}": table["learning nothing"][s]
            for s in table["task"]
        },
        published={},
        seeds=[config.seed],
        seconds=beginning.seconds(),
        tables={"shapes": table},
    )
    return report(run, config)


def learn(shape, config):
    """Train a network of one shape; returns a row of the table."""
    keras.utils.set_random_seed(config.seed)
    started = time.monotonic()
    lesson = LESSONS[shape](np.random.default_rng(config.seed), config.examples)
    steps = -(-len(lesson.y) // config.batch_size) * config.epochs
    rate = keras.optimizers.schedules.CosineDecay(config.learning_rate, steps)
    optimizer = keras.optimizers.Adam(rate, global_clipnorm=1.0)
    lesson.model.compile(optimizer, lesson.loss, jit_compile=False)
    lesson.model.fit(
        lesson.x,
        lesson.y,
        batch_size=config.batch_size,
        epochs=config.epochs,
        verbose=0,
        **lesson.options,
    )
    row = {
        "task": lesson.task,
        "measure": lesson.measure,
        "learning nothing": lesson.baseline,
        "reached": lesson.reached(),
        "seconds": round(time.monotonic() - started, 1),
    }
    print(f"{shape}: {', '.join(f'{k} {v}' for k, v in row.items())}")
    return row


def report(run, config):
    """Print the results and where everything is; returns the exit status."""
    table = run.results["tables"]["shapes"]
    columns = ("measure", "learning nothing", "reached")
    missed = [
        shape
        for shape in table["task"]
        if config.reach is not None
        and gain(*(table[c][shape] for c in columns)) < config.reach
    ]
    return recipe.report(
        run,
        {"shapes.png": "all the shapes; one each in the files beside it"},
        title="On sequences that no training has seen",
        lines=[
            f"  {table['reached'][s]:>9.3g}  {table['measure'][s]}, {s} "
            f"({table['learning nothing'][s]:.3g} by what learns nothing)"
            for s in table["task"]
        ],
        failure=(
            f"{config.reach:.0%} of what the rival lacks, with {', '.join(missed)}"
            if missed
            else None
        ),
    )


if __name__ == "__main__":
    sys.exit(main())

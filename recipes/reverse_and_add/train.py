"""Reverse digits and walk up and down: what holds beyond the lengths trained on.

python recipes/reverse_and_add/train.py
python recipes/reverse_and_add/train.py --preset add
python recipes/reverse_and_add/train.py --study stopping
"""

import dataclasses
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))

import beginning  # first, by the alphabet too
from studies import STUDIES, Trainings, check
from summary import TRAINED, baselines, draw, metrics, tables
from writers import DECODERS

from rnnkit import recipe


@dataclasses.dataclass(frozen=True)
class Config:
    study: str = "all"
    """lengths (accuracy by length, of some decoders), stopping (four ways to know when
    to stop), exposure (errors after true and after own symbols), or all of them."""
    task: str = "reverse"
    """Of lengths and stopping: reverse (digits), or add (two numbers)."""
    shortest: int = 4
    longest: int = 8
    """Digits, or steps, that a source has in training, at least and at most."""
    beyond: int = 16
    """The most that one has in the tests."""
    examples: int = 4000
    """Pairs to learn from."""
    test_examples: int = 50
    """Pairs of each length in the tests."""
    place_examples: int = 400
    """Pairs of the greatest length, whose places are counted in exposure."""
    decoders: tuple[str, ...] = DECODERS
    """Those compared in lengths."""
    stopping_decoder: str = "window"
    schedules: tuple[str, ...] = ("linear", "exponential", "inverse sigmoid")
    """Of scheduled sampling, compared in exposure; there is constant too."""
    units: int = 32
    """Of the encoder in each direction; the decoder has twice as many."""
    embedding_dim: int = 16
    batch_size: int = 64
    epochs: int = 5
    learning_rate: float = 1e-2
    """At its highest, after a tenth of the training; then it falls along a cosine."""
    seed: int = 0
    reach: float | None = None
    """Accuracy to reach on the lengths trained on, by the best of the decoders
    compared, else the exit status is 1."""


PRESETS = {
    "all": Config(reach=0.9),
    "add": Config(task="add"),
    "smoke": Config(
        study="lengths",
        shortest=4,
        longest=5,
        beyond=7,
        examples=2000,
        test_examples=20,
        decoders=("window",),
        reach=0.7,
    ),
}


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "all", __doc__, arguments)
    check(config)
    name = recipe.run_name(preset, config, PRESETS)
    run = recipe.Run("reverse_and_add", name, config, fresh=fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run, config)
    train = Trainings(config, run)
    found = {
        study: STUDIES[study](config, train)
        for study in STUDIES
        if config.study in (study, "all")
    }
    draw(found, config, run)
    run.finish(
        preset,
        metrics=metrics(found, config),
        baselines=baselines(found, config),
        published={},
        seeds=[config.seed],
        seconds=train.seconds + beginning.seconds(),
        tables=tables(found, config),
    )
    return report(run, config)


def report(run, config):
    """Print the results and where everything is; returns the exit status."""
    compared = run.results["tables"].get("lengths", {}).values()
    best = max((cells[TRAINED] for cells in compared), default=None)
    missed = None not in (best, config.reach) and best < config.reach
    return recipe.report(
        run,
        {
            "lengths.png": "accuracy by length, of each decoder",
            "stopping.png": "the same, of each way to know when to stop",
            "exposure.png": "errors by place, after true and after own symbols",
        },
        title="On sources that no training has seen",
        failure=f"an accuracy of {config.reach:.0%}" if missed else None,
    )


if __name__ == "__main__":
    sys.exit(main())

"""Look at gradients and states, and leave a page of pictures.

python recipes/gradient_flow/train.py
"""

import dataclasses
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))

import beginning  # first, by the alphabet too
import experiments
from page import draw_page

from rnnkit import recipe


@dataclasses.dataclass(frozen=True)
class Config:
    experiments: tuple[str, ...] = tuple(experiments.ALL)
    """remember, three regimes, memory of activations, trained nets, cliff, attractors,
    costs: those to make."""
    radii: tuple[float, ...] = (0.6, 1.25, 3.0)
    """Spectral radii of the recurrent kernel: below, near and above where gradients
    keep their norm; three, rising."""
    units: int = 48
    """Of the nets that these are of."""
    steps: int = 60
    """That their gradients go back."""
    remember: int = 60
    """Steps of the sequences of whose first few one number is to be told at the end."""
    batches: int = 300
    """Of 64 such sequences to learn from."""
    activations: tuple[str, ...] = ("sigmoid", "tanh", "relu", "elu")
    """Of the nets that learn to hold a number."""
    hold: int = 20
    """Steps that they hold it."""
    hold_batches: int = 200
    """Of 64 sequences that they learn from."""
    depth: int = 19
    """Hidden layers of the deep nets without recurrence."""
    width: int = 128
    """Units of each."""
    digits: str = "digits"
    """What these nets see: digits, 8 × 8, or mnist, 28 × 28."""
    instances: int = 200
    """How many of them."""
    resolution: int = 200
    """Points to a side of the plane whose basins are drawn."""
    seed: int = 0


PRESETS = {
    "small": Config(),
    "mnist": Config(width=1024, digits="mnist"),
    "smoke": Config(
        experiments=tuple(experiments.ALL)[:-1],
        units=16,
        steps=40,
        batches=100,
        activations=("tanh",),
        hold_batches=60,
        depth=6,
        width=32,
        resolution=40,
    ),
}


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "small", __doc__, arguments)
    experiments.check(config)
    name = recipe.run_name(preset, config, PRESETS)
    run = recipe.Run("gradient_flow", name, config, fresh=fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run)
    found = experiments.Found()
    pictures = []
    for name in config.experiments:
        experiment = experiments.ALL[name]
        print(f"{name}: {experiment.__doc__.splitlines()[0]}", flush=True)
        pictures += experiment(config, run.path, found)
    draw_page(pictures, run.path("page.png"))
    run.finish(
        preset,
        metrics=found.metrics,
        baselines=found.baselines,
        published=found.published,
        seeds=[config.seed],
        seconds=beginning.seconds(),
        tables=found.tables,
    )
    return report(run)


def report(run):
    """Print what holds and where everything is; returns the exit status."""
    results = run.results
    claims = results["tables"]["claims"]["holds"]
    missed = [claim for claim, holds in claims.items() if holds != "yes"]
    figures = {**results["metrics"], **results["baselines"]}
    return recipe.report(
        run,
        {"page.png": "all pictures; one each in the files beside it"},
        title="Measured",
        lines=[
            *(f"  {value:>9.4g}  {name}" for name, value in figures.items()),
            "",
            *(f"  {holds:>9}  {claim}" for claim, holds in claims.items()),
        ],
        failure="; ".join(missed) or None,
    )


if __name__ == "__main__":
    sys.exit(main())

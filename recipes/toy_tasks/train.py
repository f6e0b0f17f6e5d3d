"""Toy tasks: what nets learn of bits, of order, and of what is long ago.

python recipes/toy_tasks/train.py
python recipes/toy_tasks/train.py --preset addition
python recipes/toy_tasks/train.py --preset temporal_order_200
"""

import dataclasses
import pathlib
import sys
import time

sys.path.append(str(pathlib.Path(__file__).parents[1]))

import beginning  # first, by the alphabet too
import bits
import far
from nets import ELMAN, OMEGA, SYSTEMS
from pictures import draw
from published import PUBLISHED
from summary import baselines, measure, metrics, table

from rnnkit import recipe


@dataclasses.dataclass(frozen=True)
class Config:
    study: str = "parity"
    """parity, addition, temporal order, adding, or digits."""
    systems: tuple[str, ...] = ("RNN", "GRU")
    """RNN, LSTM, GRU, IndRNN; and for temporal order plain, clip, clip + omega."""
    length: int = 200
    """Bits of the test, or symbols, or numbers, of a sequence."""
    growing: tuple[int, ...] = ()
    """Shorter lengths to learn first, in temporal order; see ready. The learning rate
    is that of the first, and falls with the square root of the length."""
    ready: float = 0.95
    """Share of right answers that lets it go on to the next length."""
    longest: int = 20
    """Bits of a sequence in training, at most."""
    counts: tuple[int, ...] = ()
    """Numbers of examples from which an RNN learns bits, beside those without end."""
    perceptron_counts: tuple[int, ...] = ()
    """The same for a perceptron."""
    perceptron_bits: int = 10
    """Of the numbers that the perceptron learns."""
    source: str = "digits"
    """Of digits: digits, 8 x 8 points, or mnist, 28 x 28."""
    classes: int = 4
    """Answers there are, where they are classes."""
    units: int = 16
    independent_layers: int = 2
    """Of an IndRNN; the others have one."""
    hidden: int = 128
    """Units of each of the two layers of the perceptron."""
    batch_size: int = 64
    optimizer: str = "adam"
    learning_rate: float = 1e-2
    clip: float = 1.0
    """Norm to which the gradient is clipped, but for plain."""
    strength: float = 0.02
    """Of omega, for each step of time."""
    updates: int = 10_000
    """A training has so many at most."""
    seconds: float = 300.0
    """And takes so long at most."""
    every: int = 250
    """Updates after which it is seen whether a net can."""
    enough: float = 1e-4
    """When it can: loss in training of bits, error of sums, share of right answers."""
    test_examples: int = 1000
    seeds: tuple[int, ...] = (0, 1, 2)
    reach: float | None = None
    """For the best system to reach (adding: at most), else the exit status is 1."""


_ORDER = Config(
    study="temporal order",
    systems=(*ELMAN, "LSTM", "GRU"),
    length=50,
    units=50,
    batch_size=20,
    learning_rate=2e-3,
    strength=0.04,
    every=100,
    enough=0.99,
    test_examples=10_000,
)
_DIGITS = Config(
    study="digits",
    systems=("RNN", "LSTM", "GRU", "IndRNN"),
    length=64,
    classes=10,
    units=64,
    independent_layers=4,
    learning_rate=3e-3,
    updates=3000,
    enough=0.995,
)
PRESETS = {
    "parity": Config(
        counts=(16, 64, 256), perceptron_counts=(256, 512, 768, 960), reach=1.0
    ),
    "addition": Config(
        study="addition",
        counts=(16, 64, 256, 1024),
        perceptron_bits=6,
        perceptron_counts=(64, 256, 1024, 3072),
        reach=1.0,
    ),
    "temporal_order_50": _ORDER,
    "temporal_order_200": dataclasses.replace(
        _ORDER,
        systems=("clip", OMEGA, "LSTM"),
        length=200,
        growing=(20, 25, 31, 39, 49, 61, 76, 95, 119, 149, 186),
        learning_rate=1.6e-3,
        strength=0.02,
    ),
    "adding": Config(
        study="adding",
        systems=("RNN", "LSTM", "GRU", "IndRNN"),
        length=600,
        units=64,
        batch_size=32,
        learning_rate=2e-3,
        enough=1e-3,
        seeds=(0,),
    ),
    "digits": _DIGITS,
    "mnist": dataclasses.replace(
        _DIGITS,
        source="mnist",
        length=784,
        batch_size=32,
        learning_rate=2e-3,
        updates=100_000,
        seconds=600.0,
        every=1000,
        seeds=(0,),
    ),
    "smoke": Config(
        study="addition",
        systems=("RNN",),
        length=40,
        longest=8,
        updates=1500,
        every=250,
        enough=1e-3,
        test_examples=100,
        seeds=(0,),
        reach=0.95,
    ),
}


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "parity", __doc__, arguments)
    check(config)
    name = recipe.run_name(preset, config, PRESETS)
    run = recipe.Run("toy_tasks", name, config, fresh=fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run, config)
    train = Trainings(run)
    found = (bits if config.study in bits.KINDS else far).study(config, train)
    draw(found, config, run.path("picture.png"))
    run.finish(
        preset,
        metrics=metrics(found, config),
        baselines=baselines(config),
        published=PUBLISHED.get(preset, {}),
        seeds=list(config.seeds),
        seconds=train.earlier + beginning.seconds(),
        tables={preset: table(found, config)},
    )
    return report(run, config)


class Trainings:
    """Trains one net after another, and remembers what was measured of each.

    A run that was interrupted goes on with the training in which it was.
    """

    def __init__(self, run):
        self.run = run
        self.earlier = 0.0  # seconds of trainings before this start

    def __call__(self, name, train):
        """What `train()` says, a dict; or what it said before the interruption."""
        file = "-".join(name.replace(",", "").replace("+", "and").split()) + ".json"
        if found := self.run.read(file):
            self.earlier += found["wall"]
            return found
        started = time.monotonic()
        found = train()
        found["wall"] = time.monotonic() - started
        self.run.write(file, found)
        shown = ", ".join(
            f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}"
            for key, value in found.items()
            if key not in ("curve", "lengths", "wall")
        )
        print(f"{name}: {shown}", flush=True)
        return found


def check(config):
    """Say what cannot be run, before anything is.

    Raises:
        SystemExit: There is no such study or system, or nothing is to be learnt.
    """
    studies = (*bits.KINDS, *far.TASKS, "digits")
    if config.study not in studies:
        raise SystemExit(f"No study {config.study!r}; there are {', '.join(studies)}.")
    known = [s for s in SYSTEMS if config.study == "temporal order" or s not in ELMAN]
    for system in config.systems:
        if system not in known:
            raise SystemExit(
                f"No system {system!r} for {config.study}; there are "
                f"{', '.join(known)}."
            )
        if system == "IndRNN" and config.study in bits.KINDS:
            raise SystemExit("An IndRNN has no memory of bits here: take another.")
    counted = ("updates", "every", "batch_size", "test_examples", "independent_layers")
    for name in counted:
        if getattr(config, name) < 1:
            raise SystemExit(f"{name} is {getattr(config, name)}: take 1 or more.")
    if not (config.systems and config.seeds):
        raise SystemExit("Nothing is to be learnt: name a system and a seed.")


def report(run, config):
    """Print the results and where everything is; returns the exit status."""
    figures = run.results["metrics"]
    low = config.study == "adding"
    best = (min if low else max)(figures.values())
    missed = config.reach is not None and (
        best > config.reach if low else best < config.reach
    )
    return recipe.report(
        run,
        {"picture.png": "what examples brought, or how good each net was on its way"},
        title="On sequences of no training",
        lines=[
            f"  {value:>9.4g}  {name}"
            for name, value in (figures | run.results["baselines"]).items()
        ],
        failure=f"{measure(config)}: {config.reach}" if missed else None,
    )


if __name__ == "__main__":
    sys.exit(main())

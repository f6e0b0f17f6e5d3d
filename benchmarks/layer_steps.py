"""A layer's training step beside its peers', over shapes."""

import numpy as np

from benchmarks.peers import NO_TORCH, TorchStep, sgemm_peak, torch
from benchmarks.report import Report
from benchmarks.timing import interleaved

SHAPES = [  # batch, time, features, units
    (32, 100, 128, 256),
    (64, 100, 256, 512),
    (128, 50, 64, 128),
    (16, 400, 64, 128),
    (20, 35, 200, 200),
]
TINY = [(8, 6, 5, 4)]
ROUNDS = 8
BETTER = "the better of Keras' two"  # plain and XLA


def case_of(shape):
    """A shape as the tables name it: "32·100·128·256"."""
    return "·".join(map(str, shape))


def load_all(contenders, shape):
    """Give all the same data, and the weights of the first; each must get its loss.

    Args:
        contenders: Dict of name to contender, see `peers`.
        shape: Tuple `(batch, time, features, units)`.
    """
    batch, time, features, _ = shape
    draw = np.random.default_rng(0)
    first, *others = contenders.values()
    x = draw.normal(size=(batch, time, features)).astype("float32")
    dy_shape = first.layer.compute_output_shape(x.shape)
    dy = draw.normal(size=dy_shape).astype("float32")
    first.load(x, dy)
    for other in others:
        other.load(x, dy, first.layer.get_weights())
    losses = {name: contender() for name, contender in contenders.items()}
    expected = next(iter(losses.values()))
    for name, loss in losses.items():
        if not np.isclose(loss, expected, rtol=0, atol=1e-4 * dy.size**0.5):
            raise ValueError(f"{name} computes something else: {loss} for {expected}.")


def gflop(shape, gates):
    """Of one step: a product forward makes two backward."""
    batch, time, features, units = shape
    return 6e-9 * batch * time * gates * units * (features + units)


def compare(benchmark, contenders, asked, gates, quick=False, better_of=()):
    """Time a layer's step beside its peers', at every shape.

    Args:
        benchmark: What the rows are called.
        contenders: From units to a dict of name to contender: first ours, then the
            peers. What needs torch is left out where torch is not installed.
        asked: Dict of a peer's name to the least ratio.
        gates: Products with `(features, units)` and `(units, units)` in a step.
        quick: One tiny shape and few rounds, to see that it runs.
        better_of: Names of peers of which the faster, at each shape, makes rows too.
    """
    report = Report("ms", asked)
    speeds = []
    for shape in TINY if quick else SHAPES:
        found = {
            name: contender
            for name, contender in contenders(shape[-1]).items()
            if torch or not isinstance(contender, TorchStep)
        }
        load_all(found, shape)
        seconds = interleaved(found, 2 if quick else ROUNDS, warm_up=1, calls=4)
        ours, *peers = (1e3 * value for value in seconds.values())
        peers = dict(zip(list(found)[1:], peers))
        if better_of:
            peers[BETTER] = min(peers[name] for name in better_of)
        for name, milliseconds in peers.items():
            report.add(benchmark, case_of(shape), ours, milliseconds, name)
        speeds.append(f"{case_of(shape)} {gflop(shape, gates) / ours * 1e3:.0f}")
    report.notes.append(
        f"{benchmark}, GFLOP/s: {', '.join(speeds)}; one large matrix product on this "
        f"machine: {sgemm_peak(256 if quick else 2048):.0f}."
    )
    if torch is None and len(found) < len(contenders(1)):
        report.notes.append(NO_TORCH)
    return report

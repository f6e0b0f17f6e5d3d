"""A training step with the vanishing-gradient regulariser, and a look at gradients."""

import keras
import numpy as np

import rnnkit
from benchmarks.report import Report
from benchmarks.timing import interleaved

CASES = {"SimpleRNN": (20, 200, 50), "LSTM": (32, 100, 128)}  # batch, time, units
FEATURES = 32


def contenders(kind, batch, time, units):
    """Functions that make one training step, and one that looks at gradients."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(batch, time, FEATURES)).astype("float32")
    y = draw.normal(size=(batch, 1)).astype("float32")

    def step_of(layer):
        model = keras.Sequential([layer, keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return model, lambda: float(model.train_on_batch(x, y))

    make = getattr(rnnkit.layers, kind)
    model, plain = step_of(make(units))
    _, loop = step_of(make(units, path="loop"))
    wrapped = rnnkit.training.VanishingGradientRegularizer(make(units, path="loop"))
    _, regularised = step_of(wrapped)
    look = rnnkit.diagnostics.probe_of(model, x, y)
    return {
        "a training step": plain,
        "a training step in the loop": loop,
        "with Ω": regularised,
        "gradient_flow": lambda: look().loss,
    }


def run(quick=False):
    report = Report("ms", {})
    for kind, (batch, time, units) in CASES.items():
        sizes = (2, 6, 4) if quick else (batch, time, units)
        seconds = interleaved(contenders(kind, *sizes), 2 if quick else 10)
        ms = {name: 1e3 * value for name, value in seconds.items()}
        case = "·".join(map(str, sizes))
        loop, step = "a training step in the loop", "a training step"
        for peer in (step, loop):
            report.add(f"{kind}, Ω", case, ms["with Ω"], ms[peer], peer)
        report.add(f"{kind}, look", case, ms["gradient_flow"], ms[step], step)
        added = 1e3 * (ms["with Ω"] - ms[step]) / sizes[1]
        report.notes.append(f"{kind}: Ω costs {added:.0f} µs more a step of time.")
    return report

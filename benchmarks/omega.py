"""A training step with the vanishing-gradient regulariser, and a look at gradients."""

import time

import keras
import numpy as np

import rnnkit
from benchmarks.report import Report
from benchmarks.timing import interleaved

CASES = {"SimpleRNN": (20, 200, 50), "LSTM": (32, 100, 128)}  # batch, time, units
FEATURES = 32
LOOP, STEP = "a training step in the loop", "a training step"


def examples(batch, steps):
    """A batch of noise: `(batch, steps, FEATURES)` and `(batch, 1)`."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(batch, steps, FEATURES)).astype("float32")
    return x, draw.normal(size=(batch, 1)).astype("float32")


def model_of(layer):
    """A compiled model of the layer and a number."""
    model = keras.Sequential([layer, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def contenders(kind, batch, steps, units):
    """Functions that make one training step, and one that looks at gradients."""
    x, y = examples(batch, steps)

    def step_of(layer):
        model = model_of(layer)
        return model, lambda: float(model.train_on_batch(x, y))

    make = getattr(rnnkit.layers, kind)
    model, plain = step_of(make(units))
    _, loop = step_of(make(units, path="loop"))
    wrapped = rnnkit.training.VanishingGradientRegularizer(make(units, path="loop"))
    _, regularised = step_of(wrapped)
    look = rnnkit.diagnostics.probe_of(model, x, y)
    return {
        STEP: plain,
        LOOP: loop,
        "with Ω": regularised,
        "gradient_flow": lambda: look().loss,
    }


def first_times(kind, batch, steps, units):
    """Seconds of a model's first training step, and of a first look at its gradients.

    Both trace the model, and XLA compiles it.
    """
    x, y = examples(batch, steps)
    model = model_of(getattr(rnnkit.layers, kind)(units))
    started = time.perf_counter()
    model.train_on_batch(x, y)
    between = time.perf_counter()
    rnnkit.diagnostics.gradient_flow(model, x, y)
    return between - started, time.perf_counter() - between


def run(quick=False):
    report = Report("ms")
    for kind, full in CASES.items():
        sizes = (2, 6, 4) if quick else full
        seconds = interleaved(contenders(kind, *sizes), 2 if quick else 10)
        ms = {name: 1e3 * value for name, value in seconds.items()}
        case = "·".join(map(str, sizes))
        for peer in (STEP, LOOP):
            report.add(f"Ω, {kind}", case, ms["with Ω"], ms[peer], peer)
        report.add(f"gradient_flow, {kind}", case, ms["gradient_flow"], ms[STEP], STEP)
        train, look = (1e3 * value for value in first_times(kind, *sizes))
        report.add(
            f"first gradient_flow, {kind}", case, look, train, "the first training step"
        )
        each = {name: 1e3 * value / sizes[1] for name, value in ms.items()}
        report.notes.append(
            f"{kind}, each step of time in training: {each[STEP]:.0f} µs, in the loop "
            f"{each[LOOP]:.0f} µs, with Ω {each['with Ω']:.0f} µs."
        )
    return report

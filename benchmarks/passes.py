"""A pass of Keras' fit over a dataset that does not tune itself, and one that does."""

import time

import keras
import numpy as np
import tensorflow as tf

from benchmarks.report import Report
from benchmarks.timing import interleaved
from rnnkit.data import untuned

PEER = "the same tf.data.Dataset as it is"
SECONDS = 0.2, 0.4, 0.8, 1.6, 3.2


def a_model():
    """Some work for each batch: 10 ms or so."""
    model = keras.Sequential(
        [keras.Input((64,)), keras.layers.Dense(2000, "relu"), keras.layers.Dense(1000)]
    )
    model.compile("sgd", "mse")
    return model


def a_pass(model, dataset):
    return lambda: model.fit(dataset, shuffle=False, verbose=0).history["loss"][0]


def batches(count):
    x, y = np.zeros((64, 64), "float32"), np.zeros((64, 1000), "float32")
    return tf.data.Dataset.from_tensors((x, y)).repeat(count)


def a_batch(model):
    """Seconds of a batch."""
    learn = a_pass(model, untuned(batches(20)))
    learn()
    begun = time.perf_counter()
    learn()
    return (time.perf_counter() - begun) / 20


def run(quick=False):
    report = Report("s")
    model = a_model()
    each = a_batch(model)
    for seconds in SECONDS[: 1 if quick else None]:
        dataset = batches(max(1, round(seconds / each)))
        contenders = {
            "rnnkit": a_pass(model, untuned(dataset)),
            PEER: a_pass(model, dataset),
        }
        found = interleaved(contenders, 1 if quick else 3, warm_up=1)
        case = f"{seconds} s"
        report.add("a pass of fit", case, found["rnnkit"], found[PEER], PEER)
    return report

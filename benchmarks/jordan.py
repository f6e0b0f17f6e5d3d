"""A Jordan network's training step, fed the truth, against its loop over time."""

import keras
import numpy as np

import rnnkit
from benchmarks.report import Report
from benchmarks.timing import interleaved

STEPS = (50, 200, 800)
BATCH, FEATURES, UNITS, OUTPUTS = 32, 64, 256, 64
PEER = "the loop over time"


def training_step(layer, forced, x, y):
    """A function that computes the loss and all gradients, forced or free."""
    import tensorflow as tf

    run = rnnkit.layers.TeacherForced(layer)

    @tf.function(autograph=False)
    def step():
        with tf.GradientTape() as tape:
            outputs = run(x, y) if forced else layer(x)
            loss = tf.reduce_mean((outputs - y) ** 2)
        return loss, tape.gradient(loss, layer.trainable_variables)

    return lambda: float(step()[0])


def run(quick=False):
    report = Report("ms", {})
    draw = np.random.default_rng(0)
    for time in (6, 12) if quick else STEPS:
        layer = rnnkit.layers.Jordan(UNITS, output_units=OUTPUTS, return_sequences=True)
        x = draw.normal(size=(BATCH, time, FEATURES)).astype("float32")
        y = draw.normal(size=(BATCH, time, OUTPUTS)).astype("float32")
        x, y = keras.ops.convert_to_tensor(x), keras.ops.convert_to_tensor(y)
        layer.build(x.shape)
        contenders = {
            "rnnkit": training_step(layer, True, x, y),
            PEER: training_step(layer, False, x, y),
        }
        seconds = interleaved(contenders, 2 if quick else 8, warm_up=1, calls=4)
        ours, peer = (1e3 * value for value in seconds.values())
        report.add("jordan", f"{BATCH}·{time}·{FEATURES}·{UNITS}", ours, peer, PEER)
    return report

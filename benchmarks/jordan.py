"""A Jordan network's training step, fed the truth: at once, and step by step."""

import keras
import numpy as np

import rnnkit
from benchmarks.report import Report
from benchmarks.timing import interleaved

STEPS = (50, 200, 800)
BATCH, FEATURES, UNITS, OUTPUTS = 32, 64, 256, 64
LOOP = "a loop over time, fed the truth"
FREE = "the layer running free, its gradient through its own outputs"


def looped(layer):
    """A function of inputs and true outputs that takes one step after another."""
    import tensorflow as tf

    def run(x, y):
        before = tf.pad(y[:, :-1], [(0, 0), (1, 0), (0, 0)])
        steps = [tf.transpose(a, (1, 0, 2))[:, :, None] for a in (x, before)]
        outputs = tf.map_fn(
            lambda now: layer.cell.forced(*now)[:, 0],
            steps,
            fn_output_signature=y.dtype,
            parallel_iterations=1,
        )
        return tf.transpose(outputs, (1, 0, 2))

    return run


def training_step(layer, run, x, y):
    """A function that computes the loss and all gradients."""
    import tensorflow as tf

    @tf.function(autograph=False)
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((run(x, y) - y) ** 2)
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
        ways = {
            "rnnkit": rnnkit.layers.TeacherForced(layer),
            LOOP: looped(layer),
            FREE: lambda x, y, layer=layer: layer(x),
        }
        contenders = {
            name: training_step(layer, way, x, y) for name, way in ways.items()
        }
        losses = [contenders[name]() for name in ("rnnkit", LOOP)]
        np.testing.assert_allclose(*losses, rtol=1e-5)
        seconds = interleaved(contenders, 2 if quick else 8, warm_up=1, calls=4)
        ours, *peers = (1e3 * value for value in seconds.values())
        for name, peer in zip((LOOP, FREE), peers):
            case = f"{BATCH}·{time}·{FEATURES}·{UNITS}"
            report.add("jordan", case, ours, peer, name)
    return report

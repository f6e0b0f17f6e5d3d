"""One training step of a layer: ours, Keras', torch's, each with the same weights.

A contender is made, then told the data with `load`, then called: forward and backward,
loss = sum(y · dy), gradients of the input and of all weights.
"""

import logging

import numpy as np
import tensorflow as tf

from benchmarks.timing import interleaved
from rnnkit.ops.devices import cores

try:
    import torch
except ImportError:
    torch = None

NO_TORCH = (
    "torch is not installed, so it is left out: `pip install -e '.[benchmarks]'` "
    "brings it."
)
KERAS, XLA, TORCH = "keras.layers.{}", "keras.layers.{}, XLA", "torch.nn.{}"


if torch:
    torch.set_num_threads(cores())

# Every contender is a function of its own, which TensorFlow takes for a mistake.
tf.get_logger().setLevel(logging.ERROR)


class KerasStep:
    """The step of a Keras layer, ours or theirs, through `tf.function`."""

    def __init__(self, layer, jit_compile=False):
        self.layer = layer
        # None, not False: a function that must not be compiled refuses ours in it.
        self.function = tf.function(
            self._step, jit_compile=jit_compile or None, autograph=False
        )

    def load(self, x, dy, weights=None):
        """Take x `(batch, time, features)`, dy of the output's shape, and weights."""
        if not self.layer.built:
            self.layer.build(x.shape)
        if weights is not None:
            self.layer.set_weights(weights)
        self.data = tf.constant(x), tf.constant(dy)

    def _step(self, x, dy):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(self.layer(x, training=True) * dy)
        return loss, tape.gradient(loss, [x, *self.layer.trainable_variables])

    def __call__(self):
        loss, gradients = self.function(*self.data)
        gradients[-1].numpy()  # the smallest, a bias; comes last
        return float(loss)


class TorchStep:
    """The step of `torch.nn.LSTM` or `torch.nn.GRU`."""

    def __init__(self, name):
        self.name = name

    def load(self, x, dy, weights):
        """As `KerasStep.load`; Keras' weights, in torch's order."""
        device = "cuda" if torch.cuda.is_available() else "cpu"
        kernel, recurrent, bias = (torch.from_numpy(w) for w in weights)
        units = recurrent.shape[0]
        layer = getattr(torch.nn, self.name)(x.shape[-1], units, batch_first=True)
        biases = bias if bias.ndim == 2 else torch.stack([bias, torch.zeros_like(bias)])
        order = {"LSTM": (0, 1, 2, 3), "GRU": (1, 0, 2)}[self.name]  # GRU: r, z, h
        values = kernel.T, recurrent.T, *biases
        with torch.no_grad():
            for parameter, value in zip(layer.parameters(), values):
                gates = value.split(units)
                parameter.copy_(torch.cat([gates[k] for k in order]))
        self.layer = layer.to(device)
        self.x = torch.from_numpy(x).to(device).requires_grad_()
        self.dy = torch.from_numpy(dy).to(device)

    def __call__(self):
        y, _ = self.layer(self.x)
        loss = (y * self.dy).sum()
        *_, bias = torch.autograd.grad(loss, [self.x, *self.layer.parameters()])
        bias.cpu().numpy()
        return loss.item()


def sgemm_peak(size=2048, rounds=10):
    """GFLOP/s of one large matrix product in float32: what the machine can do."""
    a = tf.constant(np.random.default_rng(0).normal(size=(size, size)), "float32")
    product = tf.function(tf.matmul)
    seconds = interleaved({"sgemm": lambda: product(a, a)[0].numpy()}, rounds)["sgemm"]
    return 2e-9 * size**3 / seconds

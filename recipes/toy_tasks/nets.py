"""The nets that are compared, and how one is trained until it can, or may no more."""

import time

import keras
import numpy as np
from keras.layers import Activation, Dense

import rnnkit
from rnnkit import layers

OMEGA = "clip + omega"
ELMAN = ("plain", "clip", OMEGA)  # one net, trained in three ways
LAYERS = {"LSTM": layers.LSTM, "GRU": layers.GRU, "RNN": layers.SimpleRNN}
SYSTEMS = (*ELMAN, *LAYERS, "IndRNN")


def smart(seed, connections=15, radius=0.95):
    """An initializer of recurrent kernels: few connections, of a known strength.

    Every unit reaches `connections` others; the spectral radius is `radius`.

    Reference: Pascanu et al., 2013, "smart tanh"
    """
    rng = np.random.default_rng(seed)

    def initialize(shape, dtype=None):
        kept = rng.random(shape).argsort(axis=1) < connections
        kernel = rng.normal(size=shape) * kept
        kernel *= radius / np.abs(np.linalg.eigvals(kernel)).max()
        return keras.ops.convert_to_tensor(kernel, dtype)

    return initialize


def elman(system, config, seed):
    """Tanh units, started as Pascanu's; with Ω in the loop, which XLA then compiles."""
    net = layers.PreActivationRNN(
        config.units,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.01, seed=seed),
        recurrent_initializer=smart(seed),
        path="loop" if system == OMEGA else "auto",
    )
    if system == OMEGA:
        net = rnnkit.training.VanishingGradientRegularizer(net, config.strength)
        # Compiled, a step takes a fraction of the time.
        net.supports_jit = net.layer.supports_jit = True
    return [net, Activation("tanh")]


def independent(config):
    """Layers of IndRNN; units of the last begin as long memories."""
    longest = 2 ** (1 / config.length)  # doubles what it holds in a whole sequence
    bound = keras.constraints.get(lambda u: keras.ops.clip(u, -longest, longest))
    slow = keras.initializers.RandomUniform(0.5 ** (1 / config.length), longest)
    below = [
        layers.IndRNN(config.units, return_sequences=True, recurrent_constraint=bound)
        for _ in range(config.independent_layers - 1)
    ]
    last = layers.IndRNN(
        config.units, recurrent_initializer=slow, recurrent_constraint=bound
    )
    return [*below, last]


def build(system, given, config, seed):
    """A compiled model of a system for what is like some given `Sequences`."""
    keras.utils.set_random_seed(seed)
    each_step, classes = given.y.ndim == 3, given.y.dtype == "int32"
    if system in ELMAN:
        net = elman(system, config, seed)
    elif system == "IndRNN":
        net = independent(config)
    else:
        net = [LAYERS[system](config.units, return_sequences=each_step)]
    if classes:
        head = Dense(config.classes)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    elif each_step:
        head, loss = Dense(1, "sigmoid"), "binary_crossentropy"
    else:
        head, loss = Dense(1), "mse"
    inputs = keras.Input((None, given.x.shape[2]))
    model = keras.Sequential([inputs, *net, head])
    model.compile(optimizer(system, config), loss, jit_compile=system == OMEGA)
    return model


def perceptron(inputs, bits, config, seed):
    """A multi-layer perceptron from so many numbers to so many bits."""
    keras.utils.set_random_seed(seed)
    hidden = [Dense(config.hidden, "relu") for _ in range(2)]
    model = keras.Sequential([keras.Input((inputs,)), *hidden, Dense(bits, "sigmoid")])
    model.compile(optimizer("MLP", config), "binary_crossentropy", jit_compile=False)
    return model


def optimizer(system, config):
    """The optimizer of the configuration, which clips, but for `plain`."""
    options = {"learning_rate": config.learning_rate}
    if system != "plain":
        options["global_clipnorm"] = config.clip
    return keras.optimizers.get({"class_name": config.optimizer, "config": options})


def learn(model, batches, config, can):
    """Train until the model can, or its budget is spent.

    No chunk is begun that would end too late, if it took as long as the last one.

    Args:
        model: A compiled model.
        batches: Function of (steps, number of the chunk): what `fit` takes, a tuple.
        config: Has updates, seconds, every and batch_size.
        can: Function of the loss of a chunk: `(whether it can, a figure)`.

    Returns:
        dict: solved, updates, seconds, and curve, a list of (updates, loss, figure).
    """
    curve, updates, solved = [], 0, False
    started = time.monotonic()
    while not solved and updates < config.updates:
        begun = time.monotonic()
        steps = min(config.every, config.updates - updates)
        history = model.fit(*batches(steps, len(curve)), verbose=0)
        updates += steps
        loss = history.history["loss"][-1]
        solved, figure = can(loss)
        curve.append((updates, loss, figure))
        now = time.monotonic()
        too_late = (now - started) + (now - begun) > config.seconds
        if not np.isfinite(loss) or too_late:
            break
    seconds = round(time.monotonic() - started, 1)
    return {"solved": solved, "updates": updates, "seconds": seconds, "curve": curve}


def again(known, steps, config, seed):
    """Batches of the rows of some arrays, a tuple; mixed anew each time round."""
    size = min(config.batch_size, len(known[0]))
    rng = np.random.default_rng(seed)
    rounds = -(-steps * size // len(known[0]))
    order = np.concatenate([rng.permutation(len(known[0])) for _ in range(rounds)])
    return _Rows(known, order[: steps * size].reshape(steps, size))


class _Rows(keras.utils.PyDataset):
    def __init__(self, arrays, rows):
        super().__init__()
        self.arrays, self.rows = arrays, rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return tuple(array[self.rows[index]] for array in self.arrays)


def outputs(model, x, batch_size=500):
    """What a model gives, as an array."""
    return model.predict(x, batch_size=batch_size, verbose=0)

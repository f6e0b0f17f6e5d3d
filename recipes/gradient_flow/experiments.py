"""What the page shows: each experiment draws its pictures, and holds what it claims."""

import dataclasses
import time

import holding
import keras
import numpy as np
import regimes
import remembering

import rnnkit
from rnnkit import diagnostics, recipe


@dataclasses.dataclass
class Found:
    """What the experiments have found; they add to it."""

    metrics: dict = dataclasses.field(default_factory=dict)
    baselines: dict = dataclasses.field(default_factory=dict)
    published: dict = dataclasses.field(default_factory=dict)
    tables: dict = dataclasses.field(default_factory=lambda: {"claims": {"holds": {}}})

    def claim(self, words, holds):
        """Note whether what is said in words holds."""
        self.tables["claims"]["holds"][words] = "yes" if holds else "no"

    def cell(self, table, column, row, value):
        """Fill in one cell of a table."""
        columns = self.tables.setdefault(table, {})
        columns.setdefault(column, {})[row] = value


def remember(config, path, found):
    """An LSTM learns to remember, a simple recurrent net does not: gate by gate."""
    rng = np.random.default_rng(config.seed)
    count = 64 * config.batches
    x, y, _ = remembering.marked_numbers(rng, count, config.remember)
    seen_x, seen_y, marks = remembering.marked_numbers(rng, 256, config.remember)
    shares = {}
    for kind, words in (("SimpleRNN", "simple RNN"), ("LSTM", "LSTM")):
        keras.utils.set_random_seed(config.seed)
        model = remembering.net(kind, 16, config.remember)
        model.fit(x, y, batch_size=64, epochs=1, verbose=0)
        error = float(model.evaluate(seen_x, seen_y, verbose=0))
        flow = diagnostics.gradient_flow(model, seen_x, seen_y)[kind]
        horizon = diagnostics.memory_horizon(flow)
        shares[words] = horizon.shares
        into = found.metrics if kind == "LSTM" else found.baselines
        into[f"squared error, {words}"] = error
        into[f"steps that memory reaches, {words}"] = int(np.median(horizon.steps))
        if kind == "LSTM":
            gates = remembering.gates(model.layers[0], seen_x)
            open_for = np.cumprod(gates["f"][:, ::-1], axis=1).max(axis=-1)
            rows = np.pad(open_for[:, :-1], ((0, 0), (1, 0)), constant_values=1.0)
            shares["LSTM, forget gates alone: the unit that keeps most"] = rows
    remembering.draw_remembering(gates, marks, shares, path("gates.png"))
    found.baselines["squared error, always 0"] = float(np.mean(seen_y**2))
    nothing = found.baselines["squared error, always 0"]
    lstm, simple = found.metrics, found.baselines
    reaches = lstm["steps that memory reaches, LSTM"] >= config.remember - 5
    found.claim("the LSTM's memory reaches the mark", reaches)
    told = lstm["squared error, LSTM"] < 0.2 * nothing
    found.claim("the LSTM tells the number", told)
    guessed = simple["squared error, simple RNN"] > 0.5 * nothing
    found.claim("the simple RNN does not", guessed)
    return [path("gates.png")]


def three_regimes(config, path, found):
    """The gradient vanishes, is kept, or explodes by one number."""
    rng = np.random.default_rng(config.seed)
    x = 0.3 * rng.normal(size=(16, config.steps, 4)).astype("float32")
    y = rng.normal(size=(16, 1)).astype("float32")
    seen, factors = {}, []
    for radius in config.radii:
        model = regimes.with_radius(rng, radius, config.units, config.steps)
        flow = diagnostics.gradient_flow(model, x, y)["rnn"]
        jacobians = diagnostics.step_jacobians(model, x)["rnn"]
        seen[radius] = flow, jacobians
        factors.append(float(np.median(regimes.factor(flow))))
        row = f"{radius:g}"
        for column, value in (
            ("radius of a step", float(np.median(jacobians.spectral_radius))),
            ("largest stretch", float(np.median(jacobians.singular_values[..., 0]))),
            ("a step leaves", factors[-1]),
            ("horizon", int(np.median(diagnostics.memory_horizon(flow).steps))),
        ):
            found.cell("regimes", column, row, value)
    regimes.draw_regimes(seen, path("regimes.png"))
    low, middle, high = factors
    found.claim("below: a step leaves less than 0.9 of the gradient", low < 0.9)
    found.claim("between: it leaves 0.9 to 1.1", 0.9 < middle < 1.1)
    found.claim("above: it makes it more than 1.1 times as large", high > 1.1)
    return [path("regimes.png")]


def memory_of_activations(config, path, found):
    """What sigmoid, tanh, relu and elu remember of one input; the same in depth."""
    rng = np.random.default_rng(config.seed)
    kernel = rng.normal(size=(32, 32)) / np.sqrt(32)
    pictures = []
    for name, words, W in (
        ("one_unit", "one unit, w = 1", 1.0),
        ("many_units", "32 units, random weights", kernel),
    ):
        memory = diagnostics.activation_memory(W, steps=50, seed=config.seed)
        pictures.append(path(f"memory_{name}.png"))
        memory.plot(pictures[-1])
        for activation, spread in memory.spread.items():
            found.cell("memory", f"{words}: left after 50", activation, spread[50])
    digits = rnnkit.data.tasks.SequentialDigits(config.digits)
    sample = recipe.loaded(digits.sample, config.instances, config.seed)
    for name, words, start in (
        ("old_start", "within 1/√inputs", None),
        ("glorot", "Glorot's start", "glorot_uniform"),
    ):
        deep = diagnostics.depth_gradients(
            sample.x,
            sample.y,
            depth=config.depth,
            units=config.width,
            kernel_initializer=start,
            seed=config.seed,
        )
        pictures.append(path(f"depth_{name}.png"))
        deep.plot(pictures[-1])
        for activation, left in deep.decay.items():
            found.cell("depth", f"a layer leaves, {words}", activation, left)
    columns = found.tables["depth"]
    old, better = columns.values()
    found.metrics["a layer leaves, tanh"] = old["tanh"]
    found.published["a layer leaves, linear units, in theory"] = [
        1 / np.sqrt(3),
        "[Glorot and Bengio, 2010](https://proceedings.mlr.press/v9/glorot10a), "
        "equation 15, wide layers",
    ]
    found.claim("in depth sigmoid loses most", min(old, key=old.get) == "sigmoid")
    found.claim(
        "tanh, relu and elu lose some, and with Glorot's start little",
        all(old[k] < 0.85 < better[k] for k in ("tanh", "relu", "elu")),
    )
    return pictures


def trained_nets(config, path, found):
    """The same of weights that have learnt to hold a number; the basins of a bit."""
    keras.utils.set_random_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    batches = config.hold_batches
    layers = holding.holders(rng, config.activations, config.hold, batches)
    pictures = []
    for units, name, words in (
        (1, "one_unit_trained", "one unit, trained"),
        (holding.UNITS, "many_units_trained", f"{holding.UNITS} units, trained"),
    ):
        memory = holding.memory(layers, units, 50)
        pictures.append(path(f"memory_{name}.png"))
        memory.plot(pictures[-1])
        for activation, spread in memory.spread.items():
            found.cell("memory", f"{words}: left after 50", activation, spread[50])
    layer, answer = holding.bit_holder(rng, config.hold, batches)
    plane = diagnostics.basins(
        diagnostics.state_map(layer), resolution=config.resolution
    )
    pictures.append(path("basins_trained.png"))
    plane.plot(pictures[-1])
    rest = plane.fixed.points[plane.fixed.stable]
    said = np.sign(np.array(answer(rest.astype("float32")))[:, 0])
    found.metrics["attractors of a net that holds a bit"] = len(rest)
    found.claim(
        "a net that holds a bit has attractors for both answers", set(said) == {-1, 1}
    )
    x, y = holding.told(rng, 500, 5 * config.hold, bits=True)
    right = np.sign(np.array(answer(layer(x)))) == y
    found.claim("and holds it five times as long as it was asked to", np.all(right))
    return pictures


def cliff(config, path, found):
    """A loss with a wall, and gradient descent before it, clipped and not."""
    seen = diagnostics.cliff(resolution=config.resolution)
    seen.plot(path("cliff.png"))
    ends = {  # the median of the last steps: now and then the wall is met again
        k: float(np.median([diagnostics.cliff_loss(*point)[0] for point in p[-50:]]))
        for k, p in seen.paths.items()
    }
    found.metrics["loss at the cliff, clipped at 1"] = ends[1.0]
    found.baselines["loss at the cliff, not clipped"] = ends[None]
    found.baselines["largest gradient at the cliff, not clipped"] = seen.largest[None]
    found.claim(
        "clipped, the loss of the last 50 steps is ten times lower",
        ends[1.0] < 0.1 * ends[None],
    )
    return [path("cliff.png")]


def attractors(config, path, found):
    """Where one unit rests, ways across the boundary, basins of two units."""
    unit = diagnostics.unit_bifurcation(5.0)
    unit.plot(path("bifurcation.png"))
    low, high = (float(edge) for edge in unit.boundaries)
    found.metrics["two attractors from bias"] = low
    found.metrics["two attractors to bias"] = high
    around = [low - 0.01, low + 0.01, high - 0.01, high + 0.01]
    searched = diagnostics.bifurcation(
        lambda b: diagnostics.sigmoid_unit(5.0, b), around, -6, 6, steps=1
    )
    found.claim(
        "a search finds one attractor outside these biases, two between",
        [one.stable.sum() for one in searched.fixed] == [1, 2, 2, 1],
    )
    inputs = [0.7, 0.2, -0.3, 0.1, 0.2, -0.2]
    crossing = diagnostics.boundary_crossing(
        diagnostics.sigmoid_unit(8.0, -4.0), inputs, [-0.55, -0.3]
    )
    crossing.plot(path("crossing.png"))
    grown = float(crossing.apart[-1] / crossing.apart[0])
    found.metrics["two starts grow apart, times"] = grown
    found.claim("the two starts end in different basins", np.ptp(crossing.basin[-1]))
    layer = rnnkit.layers.SimpleRNN(2)
    layer.build((None, None, 1))
    weights = np.array([[2.0, 0.6], [-0.4, 1.6]])
    layer.set_weights([np.zeros((1, 2)), weights, np.zeros(2)])
    plane = diagnostics.basins(
        diagnostics.state_map(layer), resolution=config.resolution
    )
    plane.plot(path("basins.png"))
    found.metrics["attractors of two units"] = int(plane.fixed.stable.sum())
    found.claim("every start comes to one of them", np.all(plane.label >= 0))
    weight = diagnostics.bifurcation(
        lambda w: lambda x: np.tanh(w * x),
        np.linspace(-2, 3, 101),
        steps=200,
        parameter="recurrent weight w",
    )
    weight.plot(path("weight.png"))
    counts = {int(one.stable.sum()) for one in weight.fixed}
    found.claim(
        "as its weight grows, a unit has one attractor, then two", counts >= {1, 2}
    )
    names = ("bifurcation", "crossing", "basins", "weight")
    return [path(f"{name}.png") for name in names]


def costs(config, path, found):
    """What a look at the gradients costs, and Ω, in training steps."""
    rng = np.random.default_rng(config.seed)
    x = rng.normal(size=(32, config.steps, 8)).astype("float32")
    y = rng.normal(size=(32, 1)).astype("float32")

    def model(layer):
        made = keras.Sequential([layer, keras.layers.Dense(1)])
        made.compile("sgd", "mse", jit_compile=False)
        return made

    plain = model(rnnkit.layers.LSTM(64))
    kept = model(rnnkit.training.VanishingGradientRegularizer(rnnkit.layers.LSTM(64)))
    look = diagnostics.probe_of(plain, x, y)
    runs = {
        "a training step": lambda: plain.train_on_batch(x, y),
        "a look, training steps": look,
        "a step with Ω, training steps": lambda: kept.train_on_batch(x, y),
    }
    taken = {name: [] for name in runs}
    for turn in range(8):
        for name, one in runs.items():
            started = time.process_time()  # of all cores: others do not count
            one()
            if turn > 1:  # the first ones compile
                taken[name].append(time.process_time() - started)
    step, *others = ((name, min(seconds)) for name, seconds in taken.items())
    for name, seconds in others:
        found.metrics[name] = seconds / step[1]
    found.claim(
        "a look at the gradients costs at most three training steps",
        found.metrics["a look, training steps"] <= 3,
    )
    return []


ALL = {
    one.__name__.replace("_", " "): one
    for one in (
        remember,
        three_regimes,
        memory_of_activations,
        trained_nets,
        cliff,
        attractors,
        costs,
    )
}


def check(config):
    """Raises: `SystemExit` where there is nothing of what is asked for."""
    for name in config.experiments:
        if name not in ALL:
            raise SystemExit(f"No experiment {name!r}; there are {', '.join(ALL)}.")
    if len(config.radii) != 3 or sorted(config.radii) != list(config.radii):
        raise SystemExit(f"radii are three, rising: {config.radii} are not.")
    for name in config.activations:
        if not hasattr(keras.activations, name):
            raise SystemExit(f"Keras has no activation {name!r}.")
    if config.remember < 10:
        raise SystemExit("remember counts steps from 10 on: one of five is marked.")

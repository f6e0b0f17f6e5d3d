"""Gradients on their way back, against autodiff through a loop written out."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import rnnkit
from rnnkit.diagnostics import gradient_flow, memory_horizon, step_jacobians
from rnnkit.ops import parts

BATCH, TIME, FEATURES = 3, 5, 2


class Detached(keras.layers.Layer):
    """A cell whose output is no state of its own."""

    state_size, output_size = 3, 2

    def build(self, shape):
        self.u = self.add_weight(shape=(3, 3), name="u", initializer="orthogonal")
        self.w = self.add_weight(shape=(shape[-1], 3), name="w")
        self.v = self.add_weight(shape=(3, 2), name="v")

    def call(self, x, states):
        h = keras.ops.tanh(x @ self.w + states[0] @ self.u)
        return h @ self.v, [h]


SUBJECTS = {
    "LSTM": lambda **o: rnnkit.layers.LSTM(4, **o),
    "GRU": lambda **o: rnnkit.layers.GRU(4, **o),
    "layer norm": lambda **o: rnnkit.layers.LayerNormLSTM(4, **o),
    "backwards": lambda **o: rnnkit.layers.SimpleRNN(4, go_backwards=True, **o),
    "zero where masked": lambda **o: rnnkit.layers.LSTM(
        4, zero_output_for_mask=True, **o
    ),
    "Keras LSTM": lambda **o: keras.layers.LSTM(4, **o),
    "Keras SimpleRNN": lambda **o: keras.layers.SimpleRNN(4, **o),
    "output apart": lambda **o: keras.layers.RNN(Detached(dtype="float64"), **o),
}


def data():
    draw = np.random.default_rng(0)
    x = draw.normal(size=(BATCH, TIME, FEATURES))
    mask = np.arange(TIME) < np.array([[TIME], [3], [1]])
    return x, np.where(mask[..., None], x, 0), draw.normal(size=(BATCH, TIME, 4)), mask


def made(layer, masked):
    layers = [keras.layers.Masking(dtype="float64")] if masked else []
    dense = keras.layers.Dense(4, dtype="float64")
    model = keras.Sequential([*layers, layer, dense])
    model.compile("sgd", "mse")
    model.build((None, None, FEATURES))
    draw = np.random.default_rng(0)
    for weight in model.trainable_variables:
        weight.assign(draw.normal(0, 0.7, weight.shape))
    return model


def by_brute_force(model, layer, x, y, mask):
    """dL/ds_t and the norms of dL/dW_t by a tape over a loop in eager code.

    Every step has weights of its own, equal to the layer's, and every state is
    watched.
    """
    states = [s for s in layer.get_initial_state(BATCH)]
    variables = layer.cell.trainable_variables
    order = range(TIME)[::-1] if layer.go_backwards else range(TIME)
    copies, nodes, outputs = [], [], []
    with tf.GradientTape() as tape:
        output, seen = None, tf.zeros((BATCH, 1), tf.bool)
        for t in order:
            copies.append([tf.convert_to_tensor(v) for v in variables])
            tape.watch(copies[-1])
            with keras.StatelessScope(list(zip(variables, copies[-1]))):
                new, after = layer.cell(tf.convert_to_tensor(x[:, t]), states)
            real = tf.convert_to_tensor(mask[:, t : t + 1])
            is_state = new is after[0]
            states = [tf.where(real, n, s) for n, s in zip(after, states)]
            tape.watch(states)
            nodes.append(states)
            held = tf.zeros_like(new) if output is None else output
            output = states[0] if is_state else tf.where(real, new, held)
            seen = seen | real
            shown = real if layer.zero_output_for_mask else seen
            outputs.append(tf.where(shown, output, 0.0 * output))
        outputs = tf.stack(outputs, 1) if layer.return_sequences else outputs[-1]
        y_pred = model.layers[-1](outputs)
        if mask.all() or not layer.return_sequences:
            loss = tf.reduce_mean((y - y_pred) ** 2)
        else:
            keep = tf.convert_to_tensor(mask)
            each = tf.reduce_mean((y - y_pred) ** 2, -1)
            loss = tf.reduce_mean(tf.boolean_mask(each, keep))
    states, weights = tape.gradient(loss, [nodes, copies], unconnected_gradients="zero")
    states = [np.stack([s[k] for s in states], 1) for k in range(len(states[0]))]
    return float(loss), states, [[np.linalg.norm(d) for d in w] for w in weights]


@pytest.mark.parametrize("sequences", [True, False], ids=["sequences", "last"])
@pytest.mark.parametrize("name", SUBJECTS)
def test_equals_autodiff_through_a_loop_written_out(name, sequences):
    masked = sequences != (name in ("backwards", "LSTM", "output apart"))
    x, padded, y, mask = data()
    if not masked:
        padded, mask = x, np.ones_like(mask)
    y = y if sequences else y[:, 0]
    layer = SUBJECTS[name](return_sequences=sequences, dtype="float64", name="one")
    model = made(layer, masked)
    found = gradient_flow(model, padded, y)
    loss, states, weights = by_brute_force(model, layer, padded, y, mask)
    assert found.loss == pytest.approx(loss, rel=1e-6)
    flow = found["one"]
    for got, wanted in zip(flow.gradients.values(), states, strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-7)
    np.testing.assert_allclose(
        np.stack([*flow.weights.values()], 1), weights, atol=1e-7
    )


def test_compiled_it_is_the_same(monkeypatch):
    _, padded, y, _ = data()
    model = made(rnnkit.layers.LSTM(4, dtype="float64", name="one"), masked=True)
    plain = gradient_flow(model, padded, y[:, 0])["one"]
    monkeypatch.setattr(parts, "COMPILE", True)
    compiled = gradient_flow(model, padded, y[:, 0])["one"]
    for name in ("h", "c"):
        np.testing.assert_allclose(
            compiled.gradients[name], plain.gradients[name], atol=1e-12
        )
    np.testing.assert_allclose(compiled.left, plain.left, atol=1e-12)
    for name, norms in plain.weights.items():
        np.testing.assert_allclose(compiled.weights[name], norms, atol=1e-12)


def test_every_recurrent_layer_of_a_model_is_seen_with_the_gradient_it_has():
    """Where one step is all there is, its share is the gradient that training takes."""
    x, _, y, _ = data()
    x, y = x[:, :1], y[:, :1]
    layers = rnnkit.layers
    deep = layers.DeepRecurrent(
        [
            layers.LSTM(3, return_sequences=True, name="low"),
            layers.GRU(3, return_sequences=True, name="high"),
        ],
        connection="residual",
    )
    both = keras.layers.Bidirectional(
        keras.layers.SimpleRNN(2, return_sequences=True, name="rnn")
    )
    model = keras.Sequential([both, deep, keras.layers.Dense(4)])
    model.compile("sgd", "mse")
    found = gradient_flow(model, x, y)
    assert list(found.layers) == ["forward_rnn", "backward_rnn", "low", "high"]
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x) - y) ** 2)
    inside = [both.forward_layer, both.backward_layer, *deep.layers]
    kernels = [layer.cell.kernel for layer in inside]
    biases = [layer.cell.bias for layer in inside]
    gradients = tape.gradient(loss, [kernels, biases])
    for which, wanted in zip(("kernel", "bias"), gradients):
        shares = [flow.weights[which][0] for flow in found.layers.values()]
        norms = [np.linalg.norm(gradient) for gradient in wanted]
        np.testing.assert_allclose(shares, norms, rtol=1e-5)
    assert found.loss == pytest.approx(float(loss), rel=1e-5)


def test_neighbours_and_padding_change_nothing():
    x, padded, y, mask = data()
    layer = rnnkit.layers.LSTM(4, dtype="float64", name="one")
    model = made(layer, masked=True)
    whole = gradient_flow(model, padded, y[:, 0])["one"]
    alone = gradient_flow(model, x[1:2, :3], y[1:2, 0])["one"]
    np.testing.assert_allclose(
        BATCH * whole.gradients["c"][1:2, :3], alone.gradients["c"], atol=1e-7
    )  # Keras' losses compute in float32
    np.testing.assert_allclose(BATCH * whole.left[1:2, :3], alone.left, atol=1e-7)
    np.testing.assert_array_equal(whole.mask, mask)
    assert np.all(whole.weights["kernel"] > 0)


@pytest.mark.parametrize(
    ("name", "end"), [("LSTM", TIME - 1), ("output apart", TIME - 2)]
)
def test_what_is_left_is_the_end_gradient_times_the_jacobians(name, end):
    """And nothing of what the outputs on the way add; `passed` is one step of it.

    An output that is no state reaches the state before it, and no later one.
    """
    x, _, y, _ = data()
    layer = SUBJECTS[name](dtype="float64", name="one", return_sequences=True)
    model = made(layer, masked=False)
    flow, jacobians = gradient_flow(model, x, y)["one"], step_jacobians(layer, x)
    at = np.concatenate([*flow.gradients.values()], -1)
    for t in range(end + 1):
        back = np.einsum("bi,bij->bj", at[:, end], jacobians.products(t, end))
        np.testing.assert_allclose(flow.left[:, t], np.linalg.norm(back, axis=-1))
    np.testing.assert_array_equal(flow.left[:, end + 1 :], 0)
    one = np.einsum("bti,btij->btj", at, jacobians.jacobians)
    np.testing.assert_allclose(flow.passed, np.linalg.norm(one, axis=-1), atol=1e-12)
    ratio = np.linalg.norm(one, axis=-1)[:, 1 : end + 1]
    ratio /= np.linalg.norm(at, axis=-1)[:, 1 : end + 1]
    assert flow.omega == pytest.approx(np.sum((ratio - 1) ** 2) / BATCH, rel=1e-9)


def test_a_frozen_layer_is_seen_as_it_is():
    x, _, y, _ = data()
    layer = rnnkit.layers.LSTM(4, dtype="float64", name="one")
    model = made(layer, masked=False)
    free = gradient_flow(model, x, y[:, 0])["one"]
    layer.cell.bias.trainable = False
    assert list(gradient_flow(model, x, y[:, 0])["one"].weights) == [
        "kernel",
        "recurrent_kernel",
    ]
    layer.trainable = False
    found = gradient_flow(model, x, y[:, 0])
    assert found["one"].weights == {}
    for name, gradient in free.gradients.items():
        np.testing.assert_allclose(found["one"].gradients[name], gradient, atol=1e-12)
    found.plot()


def test_the_horizon_of_a_closed_form():
    """A unit that keeps the half of its state remembers 1, 1/2, 1/4 …."""
    layer = keras.layers.SimpleRNN(1, activation="linear", dtype="float64", name="one")
    model = keras.Sequential([layer])
    model.compile("sgd", "mse")
    x = np.ones((2, 20, 1))
    model.build(x.shape)
    layer.set_weights([np.ones((1, 1)), np.full((1, 1), 0.5), np.zeros(1)])
    mask = np.arange(20) < np.array([[20], [4]])
    found = step_jacobians(layer, x, mask=mask)
    np.testing.assert_array_equal(memory_horizon(found, 0.03), [5, 3])
    found = memory_horizon(found, 1e-9)
    np.testing.assert_array_equal(found, [19, 3])
    np.testing.assert_allclose(found.shares[0], 0.5 ** np.arange(20))
    np.testing.assert_array_equal(np.isnan(found.shares).sum(axis=1), [0, 16])
    (line, *_) = found.plot().axes[0].lines
    np.testing.assert_allclose(line.get_ydata()[:4], 0.5 ** np.arange(4))
    flow = gradient_flow(model, x, np.zeros((2, 1)))
    np.testing.assert_array_equal(memory_horizon(flow, 0.03)["one"], [5, 5])
    np.testing.assert_allclose(flow["one"].passed / flow["one"].total, 0.5)
    with pytest.raises(ValueError, match="above 0"):
        memory_horizon(flow, 0)


def test_a_model_of_ones_own_may_run_a_layer_twice():
    class Twice(keras.Model):
        def __init__(self):
            super().__init__()
            self.letters = keras.layers.Embedding(5, 3, mask_zero=True)
            self.gru = rnnkit.layers.GRU(4, name="gru")
            self.answer = keras.layers.Dense(1)

        def call(self, pair):
            return self.read(self.gru(self.letters(one)) for one in pair)

        def read(self, ends):
            return self.answer(keras.ops.concatenate([*ends], axis=-1))

    model = Twice()
    model.compile("sgd", "mse")
    draw = np.random.default_rng(0)
    pair = [draw.integers(1, 5, (BATCH, TIME)) for _ in range(2)]
    pair[1][1, 2:] = 0
    y = draw.normal(size=(BATCH, 1))
    found = gradient_flow(model, pair, y)
    assert list(found.layers) == ["gru", "gru (2)"]
    np.testing.assert_array_equal(found["gru (2)"].mask, pair[1] > 0)
    ends = [model.gru(model.letters(one)) for one in pair]
    with tf.GradientTape() as tape:
        tape.watch(ends)
        loss = tf.reduce_mean((model.read(ends) - y) ** 2)
    assert found.loss == pytest.approx(float(loss), rel=1e-5)
    for flow, wanted in zip(found.layers.values(), tape.gradient(loss, ends)):
        np.testing.assert_allclose(flow.gradients["h"][:, -1], wanted, atol=1e-7)


def test_arrays_have_the_axes_that_are_named():
    x, padded, y, _ = data()
    layer = rnnkit.layers.LSTM(4, dtype="float64", name="one")
    flow = gradient_flow(made(layer, masked=True), padded, y[:, 0])["one"]
    jacobians = step_jacobians(layer, x)
    sizes = dict(batch=BATCH, time=TIME, units=4, state=8)
    sizes |= {"state before": 8, "steps back": TIME}
    for found in (flow, jacobians, memory_horizon(flow)):
        for name, axes in found.axes.items():
            value = getattr(found, name)
            value = value(0, 2) if callable(value) else value
            for array in value.values() if isinstance(value, dict) else [value]:
                if array is not None:
                    assert array.shape == tuple(sizes[axis] for axis in axes), name
    drawn = flow.plot().axes
    assert drawn[0].get_title(loc="left") == "one: gradient of the states"


def test_nothing_is_changed_by_looking():
    x, _, y, _ = data()
    layer = rnnkit.layers.GRU(4, stateful=True, dropout=0.5)
    model = keras.Sequential([layer, keras.layers.Dense(4)])
    model.compile("sgd", "mse")
    model(x)
    before = [v.numpy() for v in (*model.variables, *layer.states)]
    first = gradient_flow(model, x, y[:, 0])
    again = gradient_flow(model, x, y[:, 0])
    for old, new in zip(before, (*model.variables, *layer.states)):
        np.testing.assert_array_equal(old, new.numpy())
    assert first.loss == again.loss


def test_cells_in_a_loop_of_another_layers_are_said_not_to_be_seen():
    jordan = rnnkit.layers.Jordan(3, output_units=4, return_sequences=True)
    x, y = keras.Input((TIME, FEATURES)), keras.Input((TIME, 4))
    model = keras.Model([x, y], rnnkit.layers.TeacherForced(jordan)(x, y), name="told")
    model.compile("sgd", "mse")
    x, _, y, _ = data()
    for look in (
        lambda: gradient_flow(model, [x, y], y),
        lambda: step_jacobians(model, [x, y]),
    ):
        with pytest.raises(ValueError, match="No recurrent layer of 'told' runs over"):
            look()


def test_a_loss_that_does_not_reach_a_layer_is_said():
    inputs = keras.Input((TIME, FEATURES))
    outputs = keras.layers.GRU(3, name="asleep")(inputs)
    model = keras.Model(inputs, keras.ops.stop_gradient(outputs))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="asleep"):
        gradient_flow(model, data()[0], np.zeros((BATCH, 3)))

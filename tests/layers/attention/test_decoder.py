"""A cell with attention is its equations, on every path and one step at a time."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import tree

from rnnkit import cells
from rnnkit.layers import (
    AttentionCell,
    AttentionDecoder,
    GeneralAttention,
)
from tests.layers.attention.decoders import ORDERS, decoder
from tests.layers.attention.formulas import additive_energies, named, softmax
from tests.layers.attention.kinds import MADE, batch

CELLS = {
    "lstm": lambda: cells.LSTMCell(7),
    "keras": lambda: keras.layers.LSTMCell(7),
    "stack": lambda: [cells.GRUCell(6), keras.layers.GRUCell(7)],
}


def in_float64(cell):
    """The same cell or cells, in float64."""
    made = cell if isinstance(cell, list) else [cell]
    return [type(c).from_config({**c.get_config(), "dtype": "float64"}) for c in made]


def equations(layer, x, memory):
    """The docstring for one item, with a SimpleRNNCell and additive attention."""
    w = {k: np.array(v) for k, v in named(layer.cell.cells[0]).items()}
    combine = np.array(layer.cell.attention_kernel)
    h, a, outputs, weights = np.zeros(7), np.zeros(3), [], []

    def read(query):
        alphas = softmax(additive_energies(layer.cell.attention, query, memory))
        weights.append(alphas)
        return alphas @ memory

    def step(inputs):
        z = inputs @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"]
        return np.tanh(z)

    for x_t in x:
        if layer.cell.order == "bahdanau":
            c = read(h)
            h = step(np.concatenate([x_t, c]))
        else:
            fed = [x_t, a] if layer.cell.input_feeding else [x_t]
            h = step(np.concatenate(fed))
            c = read(h)
        a = np.tanh(np.concatenate([c, h]) @ combine)
        outputs.append(a)
    return np.array(outputs), np.array(weights)


@pytest.mark.parametrize("order", ORDERS)
def test_outputs_are_the_equations(order):
    layer = decoder(cells.SimpleRNNCell(7, dtype="float64"), order)
    x, memory, _, _ = batch()
    found = layer(x, memory, return_attention_scores=True)
    for row in range(4):
        for got, wanted in zip(found, equations(layer, x[row], memory[row])):
            np.testing.assert_allclose(got[row], wanted, atol=1e-9)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("cell", CELLS)
def test_one_step_at_a_time_is_the_same(cell, order):
    layer = decoder(in_float64(CELLS[cell]()), order, return_state=True)
    x, memory, _, memory_mask = batch()
    whole, weights, last = layer(
        x, memory, memory_mask=memory_mask, return_attention_scores=True
    )
    state = layer.initial_state(memory, memory_mask)
    for t in range(x.shape[1]):
        output, state = layer.step(x[:, t], state)
        np.testing.assert_allclose(output, whole[:, t], atol=1e-9)
        np.testing.assert_allclose(state["weights"], weights[:, t], atol=1e-9)
    tree.map_structure(
        lambda a, b: np.testing.assert_allclose(a, b, atol=1e-9), state, last
    )


def _in_turn():
    """Every kind of attention in every order; each once among the fast tests."""
    for row, kind in enumerate(MADE):
        for column, order in enumerate(ORDERS):
            slow = row % len(ORDERS) != column
            marks = [pytest.mark.slow] if slow else []
            yield pytest.param(kind, order, marks=marks)


@pytest.mark.parametrize(("kind", "order"), [*_in_turn()])
def test_every_kind_steps_as_it_runs(kind, order):
    """And a sequence may be cut: `step` goes on from the last state."""
    attention = MADE[kind](dtype="float64")
    cell = cells.GRUCell(4, dtype="float64")
    layer = decoder(cell, order, attention=attention, return_state=True)
    x, memory, _, memory_mask = batch()
    whole, last = layer(x, memory, memory_mask=memory_mask)
    _, state = layer(x[:, :2], memory, memory_mask=memory_mask)
    for t in range(2, x.shape[1]):
        output, state = layer.step(x[:, t], state)
        np.testing.assert_allclose(output, whole[:, t], atol=1e-9)
    tree.assert_same_structure(state, last)
    for got, wanted in zip(tree.flatten(state), tree.flatten(last)):
        np.testing.assert_allclose(got, wanted, atol=1e-9)


def run(layer, x, memory, masks, *, looped):
    """Outputs, and the gradients of a weighed sum of them, on one of the two paths."""
    sources = [tf.constant(x), tf.constant(memory)]
    factors = np.random.default_rng(5).normal(size=(4, 20, 3))[:, : x.shape[1]]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        if looped:
            state = layer.initial_state(sources[1], masks[1])
            prepared = state.pop("memory")
            mask = tf.constant(masks[0])
            y, *_ = layer._loop(sources[0], state, prepared, mask, False)
        else:
            y = layer(*sources, inputs_mask=masks[0], memory_mask=masks[1])
        total = tf.reduce_sum(y * factors)
    sources += [w.value for w in layer.trainable_weights]
    return np.array(y), [np.array(g) for g in tape.gradient(total, sources)]


@pytest.mark.parametrize("cell", CELLS)
def test_the_fast_path_is_the_loop(cell):
    layer = decoder(in_float64(CELLS[cell]()), "after")
    x, memory, *masks = batch()
    masks[0][1, 0] = False  # a masked step before the first real one
    y, slopes = run(layer, x, memory, masks, looped=False)
    wanted, wanted_slopes = run(layer, x, memory, masks, looped=True)
    np.testing.assert_allclose(y, wanted, atol=1e-9)
    for got, want in zip(slopes, wanted_slopes):
        np.testing.assert_allclose(got, want, atol=1e-8)


@pytest.mark.parametrize("order", ORDERS)
def test_padding_and_neighbours_change_nothing(order):
    layer = decoder(cells.LSTMCell(7, dtype="float64"), order)
    x, memory, x_mask, memory_mask = batch()
    y, _ = run(layer, x, memory, (x_mask, memory_mask), looped=False)
    padded = batch(fill=3.0, more=5)
    more, _ = run(layer, *padded[:2], padded[2:], looped=False)
    np.testing.assert_allclose(more[:, :5][x_mask], y[x_mask], atol=1e-9)
    for row, length in enumerate(x_mask.sum(1)):  # masked steps repeat
        last = np.broadcast_to(more[row, length - 1], more[row, length:].shape)
        np.testing.assert_allclose(more[row, length:], last, atol=1e-9)
    alone = layer(x[1:2, :3], memory[1:2, :2])
    np.testing.assert_allclose(y[1, :3], alone[0], atol=1e-9)
    # The gradient of a repeated output is that of the output it repeats.
    factors = np.zeros((4, 20, 3))
    factors[:, :5][x_mask] = 1.0
    real = [sums(layer, *batch(), factors), sums(layer, *padded, factors)]
    for got, want in zip(*real):
        np.testing.assert_allclose(got, want, atol=1e-8)


def sums(layer, x, memory, x_mask, memory_mask, factors):
    """Gradients to the weights, of the real outputs alone."""
    with tf.GradientTape() as tape:
        y = layer(x, memory, inputs_mask=x_mask, memory_mask=memory_mask)
        total = tf.reduce_sum(y * factors[:, : x.shape[1]])
    return tape.gradient(total, [w.value for w in layer.trainable_weights])


NOISY = {
    "dropout": 0.3,
    "recurrent_dropout": 0.3,
    "weight_dropout": 0.3,
    "zoneout": 0.2,
}


def test_noise_is_drawn_once_and_the_same_on_both_paths():
    def drawn(looped):
        layer = decoder(cells.LSTMCell(7, dtype="float64", seed=3, **NOISY), "after")
        x, memory, x_mask, _ = batch()
        if not looped:
            return layer(x, memory, inputs_mask=x_mask, training=True)
        state = layer.initial_state(memory)
        prepared, mask = state.pop("memory"), tf.constant(x_mask)
        return layer._loop(tf.constant(x), state, prepared, mask, True)[0]

    np.testing.assert_allclose(drawn(True), drawn(False), atol=1e-9)


@pytest.mark.parametrize(
    "cell",
    [
        cells.LSTMCell(7, seed=3, **NOISY),
        keras.layers.LSTMCell(7, dropout=0.3, recurrent_dropout=0.3, seed=3),
    ],
    ids=["rnnkit", "keras"],
)
@pytest.mark.parametrize("order", ORDERS)
def test_training_draws_and_inference_does_not(cell, order):
    layer = decoder(in_float64(cell), order)
    x, memory, _, _ = batch()
    graph = tf.function(lambda: layer(x, memory, training=True))
    for training in (lambda: layer(x, memory, training=True), graph):
        assert np.abs(np.array(training()) - training()).max() > 1e-3
    np.testing.assert_array_equal(layer(x, memory), layer(x, memory))


def test_first_states_are_those_given():
    layer = decoder(in_float64(CELLS["stack"]()), "after")
    x, memory, _, _ = batch()
    rng = np.random.default_rng(0)
    first = [rng.normal(size=(4, width)) for width in (6, 7)]
    y = layer(x, memory, initial_state=first)
    state = layer.initial_state(memory, cell_state=first)
    output, _ = layer.step(x[:, 0], state)
    np.testing.assert_allclose(output, y[:, 0], atol=1e-9)
    assert np.abs(y - layer(x, memory)).max() > 1e-3
    with pytest.raises(
        ValueError, match=r"widths \[6, 7\], but .* \[7\]: .*DenseBridge"
    ):
        layer(x, memory, initial_state=first[1:])


def test_a_state_may_be_gathered_for_beams():
    layer = decoder(cells.LSTMCell(7, dtype="float64"))
    x, memory, _, memory_mask = batch()
    state = layer.initial_state(memory, memory_mask)
    output, state = layer.step(x[:, 0], state)
    wanted, _ = layer.step(x[:, 1], state)
    beams = [0, 0, 1, 3, 3]
    gathered = tree.map_structure(lambda v: keras.ops.take(v, beams, axis=0), state)
    output, _ = layer.step(x[beams, 1], gathered)
    np.testing.assert_allclose(output, np.array(wanted)[beams], atol=1e-9)


@pytest.mark.parametrize(
    "kind",
    [
        "LocationAttention",
        pytest.param("soft", marks=pytest.mark.slow),
        pytest.param("MultiHeadAttention", marks=pytest.mark.slow),
    ],
)
def test_steps_run_in_one_compiled_loop(kind):
    """The state keeps its structure, shapes and types from step to step."""
    attention = MADE[kind]()
    layer = decoder(cells.LSTMCell(4), attention=attention, dtype="float32")
    _, memory, _, memory_mask = batch()
    memory = memory.astype("float32")

    @tf.function(jit_compile=True)
    def last(memory, mask):
        state = layer.initial_state(memory, mask)

        def body(t, y, state):
            output, state = layer.step(y, state)
            return t + 1, output @ tf.ones((3, 4)), state

        first = (0, tf.zeros((4, 4)), state)
        return tf.while_loop(lambda t, *_: t < 6, body, first)[1]

    y, state = np.zeros((4, 4), "float32"), layer.initial_state(memory, memory_mask)
    for _ in range(6):
        output, state = layer.step(y, state)
        y = np.array(output) @ np.ones((3, 4), "float32")
    np.testing.assert_allclose(last(memory, memory_mask), y, atol=1e-5)


@pytest.mark.parametrize(
    "order",
    [
        "after",
        pytest.param("feeding", marks=pytest.mark.slow),
        pytest.param("bahdanau", marks=pytest.mark.slow),
    ],
)
def test_a_model_learns_is_saved_and_exported(order, tmp_path):
    inputs, memory = keras.Input((None, 4)), keras.Input((None, 4))
    masked = [keras.layers.Masking()(one) for one in (inputs, memory)]
    layer = AttentionDecoder(
        AttentionCell([cells.LSTMCell(8)], GeneralAttention(), **ORDERS[order])
    )
    outputs = layer(*masked)
    assert outputs.shape == (None, None, 8)
    model = keras.Model([inputs, memory], keras.layers.Dense(2)(outputs))
    model.compile(keras.optimizers.Adam(0.02), "mse", jit_compile=False)
    x, source, _, _ = batch()
    y = np.cumsum(x[..., :2], axis=1)
    losses = model.fit([x, source], y, epochs=12, verbose=0).history["loss"]
    assert losses[-1] < 0.8 * losses[0]
    wanted = model.predict([x, source], verbose=0)
    by_hand = layer(x, source, inputs_mask=x.any(-1), memory_mask=source.any(-1))
    np.testing.assert_allclose(model.layers[-1](by_hand), wanted, atol=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict([x, source], verbose=0), wanted)
    model.export(tmp_path / "served", verbose=False)
    served = tf.saved_model.load(str(tmp_path / "served"))
    got = served.serve([tf.constant(v, tf.float32) for v in (x, source)])
    np.testing.assert_allclose(got, wanted, atol=1e-6)


@pytest.mark.parametrize("order", ["after", "feeding"])
def test_a_model_may_give_scores_and_states(order):
    layer = decoder(cells.GRUCell(7), order, "float32", return_state=True)
    inputs = [keras.Input((None, 4)), keras.Input((None, 4))]
    found = layer(*inputs, return_attention_scores=True)
    assert [one.shape for one in found[:2]] == [(None, None, 3), (None, None, None)]
    x, memory, _, _ = batch()
    got = keras.Model(inputs, found)([x, memory])
    wanted = layer(x, memory, return_attention_scores=True)
    for one, other in zip(tree.flatten(got), tree.flatten(wanted)):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("order", ORDERS)
def test_half_precision_is_near(order, policy):
    x, memory, x_mask, memory_mask = batch()
    found = []
    for dtype in ("float32", policy):
        cell = cells.LSTMCell(7, dtype=dtype)
        layer = decoder(cell, order, dtype, return_state=True)
        y, state = layer(x, memory, inputs_mask=x_mask, memory_mask=memory_mask)
        output, state = layer.step(x[:, 0].astype("float32"), state)
        assert y.dtype == output.dtype == layer.compute_dtype
        assert state["weights"].dtype == "float32"
        found.append((np.array(y, "float32"), np.array(output, "float32")))
    for got, wanted in zip(*found):
        np.testing.assert_allclose(got, wanted, atol=0.05)


def test_stacked_cells_of_keras_are_a_list():
    pair = [cells.LSTMCell(3), keras.layers.GRUCell(4)]
    stacked = keras.layers.StackedRNNCells(pair)
    assert AttentionCell(stacked, GeneralAttention()).cells == pair


def test_what_cannot_be_is_refused_in_words():
    with pytest.raises(ValueError, match="attentions: 'dot'"):
        AttentionCell(cells.LSTMCell(3), "dot")
    with pytest.raises(ValueError, match="order must be one of"):
        AttentionCell(cells.LSTMCell(3), GeneralAttention(), order="before")
    with pytest.raises(ValueError, match="leave input_feeding=True"):
        AttentionCell(
            cells.LSTMCell(3),
            GeneralAttention(),
            order="bahdanau",
            input_feeding=False,
        )
    with pytest.raises(ValueError, match="needs at least one cell"):
        AttentionCell([], GeneralAttention())
    with pytest.raises(ValueError, match="write AttentionDecoder"):
        AttentionDecoder(cells.LSTMCell(3))

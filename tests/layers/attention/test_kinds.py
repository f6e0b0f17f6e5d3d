"""Every kind of attention is its formula, all at once and one step at a time."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.discovered import attentions
from tests.layers.attention.formulas import FORMULAS
from tests.layers.attention.kinds import (
    MADE,
    MEMORY_LENGTHS,
    QUERY_LENGTHS,
    WIDTH,
    batch,
    built,
    stepped,
)


def real_rows():
    """Each item's number, its real queries and its real memory."""
    return enumerate(zip(QUERY_LENGTHS, MEMORY_LENGTHS))


def test_every_kind_is_here():
    assert {type(make()) for make in MADE.values()} == set(attentions())


@pytest.mark.parametrize("name", MADE)
def test_contexts_and_weights_are_the_formula(name):
    layer = built(name)
    query, memory, query_mask, memory_mask = batch()
    context, weights = layer(
        query,
        memory,
        query_mask=query_mask,
        memory_mask=memory_mask,
        return_attention_scores=True,
    )
    for row, (targets, source) in real_rows():
        if not source:
            continue
        wanted = FORMULAS[name](layer, query[row, :targets], memory[row, :source])
        np.testing.assert_allclose(context[row, :targets], wanted[0], atol=1e-9)
        got = weights[row, :targets, :source]
        np.testing.assert_allclose(got, wanted[1], atol=1e-9)


@pytest.mark.parametrize("name", MADE)
def test_one_step_at_a_time_is_the_same(name):
    layer = built(name)
    query, memory, _, memory_mask = batch()
    whole = layer(query, memory, memory_mask=memory_mask, return_attention_scores=True)
    for got, wanted in zip(stepped(layer, query, memory, None, memory_mask), whole):
        np.testing.assert_allclose(got, wanted, atol=1e-12)


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("fill", [1e30, np.nan])
def test_padding_and_neighbours_change_nothing(name, fill):
    layer = built(name)
    query, memory, query_mask, memory_mask = batch(fill=fill, more=9)
    query[~query_mask] = 7.0  # a masked query is made by a cell, and finite
    context, weights = layer(
        query,
        memory,
        query_mask=query_mask,
        memory_mask=memory_mask,
        return_attention_scores=True,
    )
    assert np.isfinite(context).all()
    assert not np.any(np.array(context)[~query_mask])
    assert not np.any(np.array(weights)[~query_mask])
    masked = np.broadcast_to(~memory_mask[:, None], weights.shape)
    assert not np.any(np.array(weights)[masked])
    for row, (targets, source) in real_rows():
        if source:
            items = query[row : row + 1, :targets], memory[row : row + 1, :source]
            alone, alone_weights = layer(*items, return_attention_scores=True)
            np.testing.assert_allclose(context[row, :targets], alone[0], atol=1e-12)
            got = weights[row, :targets, :source]
            np.testing.assert_allclose(got, alone_weights[0], atol=1e-12)


def weighed(layer, query, memory, query_mask, memory_mask):
    """A weighed sum of contexts and weights."""
    factors = np.random.default_rng(2).normal(size=(2, 4, 40, 40))
    found = layer(
        query,
        memory,
        query_mask=query_mask,
        memory_mask=memory_mask,
        return_attention_scores=True,
    )
    return sum(
        tf.reduce_sum(x * factor[:, : x.shape[1], : x.shape[2]])
        for x, factor in zip(found, factors)
    )


def slopes(layer, query, memory, *masks):
    """The gradients of `weighed`."""
    query, memory = tf.constant(query), tf.constant(memory)
    with tf.GradientTape() as tape:
        tape.watch([query, memory])
        total = weighed(layer, query, memory, *masks)
    sources = [query, memory, *(w.value for w in layer.trainable_weights)]
    found = tape.gradient(total, sources, unconnected_gradients="zero")
    return [np.array(slope) for slope in found]


@pytest.mark.parametrize("name", MADE)
def test_slopes_are_differences(name):
    layer = built(name)
    query, memory, query_mask, memory_mask = batch()
    masks = query_mask, memory_mask
    found = slopes(layer, query, memory, *masks)
    rng = np.random.default_rng(3)
    starts = [query, memory, *(w.numpy() for w in layer.trainable_weights)]
    for place, (start, slope) in enumerate(zip(starts, found)):
        direction, totals = rng.normal(size=start.shape), []
        for step in (1e-6, -1e-6):
            moved = list(starts)
            moved[place] = start + step * direction
            for w, value in zip(layer.trainable_weights, moved[2:]):
                w.assign(value)
            totals.append(float(weighed(layer, *moved[:2], *masks)))
        wanted = (totals[0] - totals[1]) / 2e-6
        np.testing.assert_allclose(np.sum(slope * direction), wanted, 1e-6, 1e-6)
        for w, value in zip(layer.trainable_weights, starts[2:]):
            w.assign(value)


@pytest.mark.parametrize("name", MADE)
def test_padding_changes_no_slope(name):
    layer = built(name)
    query, memory, query_mask, memory_mask = batch()
    wanted = slopes(layer, query, memory, query_mask, memory_mask)
    query, memory, query_mask, memory_mask = batch(fill=5.0, more=4)
    found = slopes(layer, query, memory, query_mask, memory_mask)
    assert not np.any(found[1][~memory_mask])
    assert not np.any(found[1][2])  # nothing of it is real
    found[0], found[1] = found[0][:, :5], found[1][:, :6]
    for got, want in zip(found, wanted):
        assert np.isfinite(got).all()
        np.testing.assert_allclose(got, want, atol=1e-10)


@pytest.mark.parametrize("name", ["AdditiveAttention", "LocationAttention", "soft"])
def test_xla_compiles_sizes_not_known_before(name):
    layer = built(name)
    query, memory, _, memory_mask = batch()
    steps = tf.TensorSpec([None, None, WIDTH], "float64")

    def run(query, memory, mask):
        with tf.GradientTape() as tape:
            tape.watch(memory)
            context = layer(query, memory, memory_mask=mask)
        return context, tape.gradient(context, memory)

    compiled = tf.function(
        run,
        jit_compile=True,
        input_signature=[steps, steps, tf.TensorSpec([None, None], "bool")],
    )
    given = [tf.constant(x) for x in (query, memory, memory_mask)]
    for got, wanted in zip(compiled(*given), run(*given)):
        np.testing.assert_allclose(got, wanted, atol=1e-9)


@pytest.mark.parametrize("name", MADE)
def test_masks_of_keras_are_found(name):
    layer = built(name, "float32")
    query, memory, query_mask, memory_mask = batch()
    inputs = [keras.Input((None, WIDTH)) for _ in range(2)]
    masked = [keras.layers.Masking()(x) for x in inputs]
    found = layer(*masked, return_attention_scores=True)
    model = keras.Model(inputs, found)
    assert found[0].shape == (None, None, WIDTH)
    assert found[1].shape == (None, None, None)
    wanted = layer(
        query,
        memory,
        query_mask=query_mask,
        memory_mask=memory_mask,
        return_attention_scores=True,
    )
    for got, want in zip(model([query, memory]), wanted):
        np.testing.assert_allclose(got, want, atol=1e-6)
    np.testing.assert_array_equal(found[0]._keras_mask.shape, (None, None))


@pytest.mark.parametrize("name", MADE)
def test_a_file_holds_it_all(name, tmp_path):
    inputs = [keras.Input((None, WIDTH)) for _ in range(2)]
    layer = MADE[name]()
    model = keras.Model(inputs, layer(*inputs))
    rng = np.random.default_rng(4)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    query, memory, _, _ = batch()
    got, wanted = loaded([query, memory]), model([query, memory])
    np.testing.assert_allclose(got, wanted, atol=1e-6)
    assert type(layer).from_config(layer.get_config()).get_config() == (
        layer.get_config()
    )


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_is_near(name, policy):
    layer, half = built(name, "float32"), built(name, policy)
    query, memory, query_mask, memory_mask = batch()
    masks = {"query_mask": query_mask, "memory_mask": memory_mask}
    found = half(query, memory, **masks, return_attention_scores=True)
    wanted = layer(query, memory, **masks, return_attention_scores=True)
    for got, want in zip(found, wanted):
        assert got.dtype == half.compute_dtype
        np.testing.assert_allclose(np.array(got, "float32"), want, 0.06, 0.06)
    steps = stepped(half, query.astype("float16"), memory, None, memory_mask)
    assert steps[1].dtype == "float32"


@pytest.mark.parametrize("name", MADE)
def test_large_scores_are_no_overflow(name):
    layer = built(name, "float32")
    query, memory, _, memory_mask = batch()
    context = layer(1e4 * query, 1e4 * memory, memory_mask=memory_mask)
    assert np.isfinite(context).all()

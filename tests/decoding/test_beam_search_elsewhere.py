"""Beam searches compiled, saved, on other backends, and among other items."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.decoding import WuCoverage, WuLength, beam_search
from tests.decoding import beam_on_one_backend
from tests.decoding.every_sequence import model, tables
from tests.decoding.plain_beam import plain_beam
from tests.elsewhere import numbers_of

END = 2


def searcher(jit_compile=None):
    """A narrow search over tables; `jit_compile` None is eager."""

    def run(logits, attention):
        next_step, state = model(logits, attention)
        return beam_search(
            next_step,
            state,
            start=0,
            end=END,
            max_length=5,
            beam_width=3,
            n_best=3,
            length_penalty=WuLength(0.6),
            coverage_penalty=WuCoverage(0.1),
        )

    if jit_compile is None:
        return run
    return tf.function(run, jit_compile=jit_compile, autograph=False)


@pytest.mark.parametrize(
    "jit_compile", [None, False, pytest.param(True, marks=pytest.mark.slow)]
)
def test_neighbours_and_compiling_change_nothing(jit_compile):
    logits, attention = tables(6)
    logits[2:4, :, END] += 3  # ends early
    logits[5, :, END] -= 30  # never ends
    search = searcher(jit_compile)
    together = search(logits, attention)
    for item in (1, 2, 5):
        alone = search(logits[item : item + 1], attention[item : item + 1])
        for name, got in alone._asdict().items():
            # TensorFlow's own softmax rounds a row as its place in memory has it.
            near = name in ("scores", "log_probs") and not jit_compile
            atol = 1e-6 if near else 0
            wanted = getattr(together, name)[item]
            np.testing.assert_allclose(got[0], wanted, rtol=0, atol=atol)
    if jit_compile is not None:
        for got, wanted in zip(together, searcher()(logits, attention)):
            np.testing.assert_allclose(got, wanted, atol=1e-5)


def test_it_is_saved_and_takes_batches_of_any_size(tmp_path):
    logits, _ = tables(1)
    next_step, _ = model(logits)
    module = tf.Module()

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.int32),
            tf.TensorSpec([None, None], tf.int32),
        ],
        autograph=False,
    )
    def search(most, prefix):
        state = {"item": most * 0, "node": most * 0, "first": most == most}
        return beam_search(
            next_step,
            state,
            start=0,
            end=END,
            max_length=most,
            prefix=prefix,
            beam_width=3,
            n_best=2,
            size=5,
        )._asdict()

    module.search = search
    tf.saved_model.save(module, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    for most in ([5], [3, 5, 4]):
        found = loaded.search(tf.constant(most), tf.fill([len(most), 2], -1))
        for item, length in enumerate(most):
            wanted = plain_beam(logits[0], END, length, 3, False)[:2]
            for k, (score, tokens, _) in enumerate(wanted):
                np.testing.assert_allclose(found["scores"][item, k], score, atol=1e-5)
                got = found["tokens"][item, k, : len(tokens)]
                assert tuple(got.numpy()) == tokens
    found = loaded.search(tf.constant([5, 5]), tf.constant([[3], [-1]]))
    np.testing.assert_array_equal(found["tokens"][0, :, 0], [3, 3])


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends_find_the_same(backend, tmp_path):
    program = Path(__file__).with_name("beam_on_one_backend.py")
    got = numbers_of(backend, program, tmp_path)
    for name, value in beam_on_one_backend.numbers().items():
        np.testing.assert_allclose(got[name], value, atol=1e-5)

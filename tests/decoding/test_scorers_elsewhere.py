"""Searches with scorers on other backends, compiled, saved and loaded again."""

import functools
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.decoding import CTCBeamSearch, HotWords, ctc_beam_search
from rnnkit.ops import parts
from tests.decoding import one_backend
from tests.elsewhere import numbers_of

pytestmark = pytest.mark.xdist_group("scorers_elsewhere")

PROGRAM = Path(__file__).with_name("one_backend.py")
numbers = functools.cache(one_backend.numbers)


@pytest.mark.slow
@pytest.mark.parametrize("compiled", [False, True])
def test_it_is_saved_with_its_tables(compiled, monkeypatch, tmp_path):
    alone = numbers()
    monkeypatch.setattr(parts, "COMPILE", compiled)
    scorers = one_backend.scorers()
    module = tf.Module()
    module.search = tf.function(
        lambda logits: ctc_beam_search(
            logits, [12, 7, 12], 12, 3, scorers=scorers
        )._asdict(),
        input_signature=[tf.TensorSpec([None, None, 4])],
    )
    logits = one_backend.logits()
    wanted = module.search(logits)
    tf.saved_model.save(module, str(tmp_path))
    del module
    got = tf.saved_model.load(str(tmp_path)).search(logits)
    for name, value in wanted.items():
        np.testing.assert_allclose(got[name], value, atol=1e-5)
        np.testing.assert_allclose(alone[name], value, atol=1e-4)


def test_tables_are_inputs_of_the_program():
    """A table within the program would be compiled into it."""
    scorers = [*one_backend.scorers(), HotWords(["ab" * 99], one_backend.SYMBOLS, 1.0)]
    search = CTCBeamSearch(4, 12, scorers=scorers)
    program = search._run.get_concrete_function(
        search.start(3).prefixes, tf.zeros([3, 12, 4]), tf.ones([3, 12], tf.bool)
    )
    sizes = [tensor.shape.num_elements() for tensor in program.captured_inputs]
    assert max(sizes) == 4 * 199
    constants = [op for op in program.graph.get_operations() if op.type == "Const"]
    assert max(op.outputs[0].shape.num_elements() for op in constants) <= 128


def test_a_scorer_made_in_a_graph_lives_on():
    made = []

    @tf.function
    def search(logits):
        made.append(HotWords(["ab" * 99], one_backend.SYMBOLS, 1.0))
        return ctc_beam_search(logits, None, 12, scorers=made).scores

    logits = one_backend.logits()
    got = search(logits)
    wanted = ctc_beam_search(logits, None, 12, scorers=made).scores
    np.testing.assert_allclose(got, wanted, atol=1e-5)


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends_find_the_same(backend, tmp_path):
    got = numbers_of(backend, PROGRAM, tmp_path)
    for name, value in numbers().items():
        np.testing.assert_allclose(got[name], value, atol=1e-4)

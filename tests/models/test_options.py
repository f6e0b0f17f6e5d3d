"""What is kept for some options is not taken for others."""

import numpy as np

from rnnkit.decoding import ScorerFusion, ShallowFusion, SymbolNGram
from rnnkit.lm import NGram
from rnnkit.models.options import frozen


def test_numbers_set_anew_are_other_options():
    ngram = SymbolNGram(NGram.train([["a", "b"]], 1), ["a", "b", None])
    for one, inside in (
        (ShallowFusion(print, np.zeros((1, 2)), 0.1), lambda one: one),
        (ScorerFusion(ngram, 2), lambda one: one.scorer),
    ):
        before = frozen({"processors": [one]})
        assert before == frozen({"processors": [one]})
        assert hash(before) == hash(frozen({"processors": [one]}))
        inside(one).weight = 5.0
        assert before != frozen({"processors": [one]})
        inside(one).weight = 0.1


def test_arrays_count_by_value():
    assert frozen({"a": np.arange(3)}) == frozen({"a": np.arange(3)})
    assert frozen({"a": np.arange(3)}) != frozen({"a": np.arange(4)})

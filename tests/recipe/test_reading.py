"""Ways to read are those named, and their weights those with the fewest errors."""

import pytest

from rnnkit import recipe

pytest.importorskip("jiwer")

TEXTS = ["to be", "or not to be"]


class Model:
    """Reads rightly with one weight and bonus alone."""

    def __init__(self):
        self.seen = []

    def transcribe(self, inputs, lm_weight, bonus, strict, **options):
        assert strict
        self.seen.append((lm_weight, bonus, options))
        return [x if (lm_weight, bonus) == (0.5, 2.0) else "wrong" for x in inputs]


def test_each_way_knows_what_its_name_says():
    ways = recipe.reading_ways(TEXTS, [list(text) for text in TEXTS], beam_width=7)
    greedy, symbols, words = ways.values()
    assert list(ways) == ["greedy", "symbol n-gram", "lexicon and word n-gram"]
    assert greedy == {}
    assert symbols["beam_width"] == words["beam_width"] == 7
    assert (symbols["lm"].order, words["lm"].order) == (6, 3)
    assert words["lexicon"] == {w: w for w in ("be", "not", "or", "to")}
    assert "lexicon" not in symbols
    spelt = {"be": ["B IY"]}
    ways = recipe.reading_ways(TEXTS, [["B", "IY"]], spelt, order=2, symbol_order=1)
    assert ways["lexicon and word n-gram"]["lexicon"] == spelt
    assert ways["lexicon and word n-gram"]["lm"].order == 2
    assert ways["symbol n-gram"]["lm"].order == 1


def test_the_weights_are_those_with_the_fewest_errors():
    model, options = Model(), {"lm": "an n-gram", "beam_width": 3}
    tried = (0.2, 0.5), (0.0, 2.0)
    assert recipe.tuned(model, TEXTS, TEXTS, options, *tried) == {
        **options,
        "lm_weight": 0.5,
        "bonus": 2.0,
    }
    assert model.seen == [(w, b, options) for w in tried[0] for b in tried[1]]


def test_greedy_has_nothing_to_weigh():
    model = Model()
    assert recipe.tuned(model, TEXTS, TEXTS, {}, (1.0,), (0.0,)) == {}
    assert not model.seen

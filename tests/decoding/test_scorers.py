"""The beam search with scorers against every label, weighed one by one."""

import numpy as np
import pytest

from rnnkit.decoding import (
    CTCBeamSearch,
    HotWords,
    Lexicon,
    SymbolNGram,
    ctc_beam_search,
)
from rnnkit.decoding.scorers import base
from rnnkit.lm import NGram
from tests.decoding import exhaustive

RNG = np.random.default_rng(0)
SYMBOLS = [None, "a", "b", " "]
# "ab" and "AB" are spelt alike, "b" has two spellings, "c" is unknown to the model.
WORDS = {"a": "a", "ab": "ab", "AB": [1, 2], "b": ["b", [2, 2]], "c": "ba"}
SPELT = [
    ("a", [1]),
    ("ab", [1, 2]),
    ("AB", [1, 2]),
    ("b", [2]),
    ("b", [2, 2]),
    ("c", [2, 1]),
]
PHRASES = ["ab", "b", "ba b", "abb", "bb"]
CHARACTERS = NGram.train([*map(list, ["ab a", "b b", "aab", "ba ab", "a"])], 3)
SENTENCES = ["a ab", "AB b a", "ab a AB", "b", "b AB", "b AB a", "a a b", "ab ab"]
SENTENCES = NGram.train([s.split() for s in SENTENCES], 3)
WIDTH = sum(3**n for n in range(6))  # every label of five frames


def both(*names):
    """Scorers, and the same by hand."""
    made = {
        "symbols": lambda: SymbolNGram(CHARACTERS, SYMBOLS, 0.7, 0.4),
        "lexicon": lambda: Lexicon(WORDS, SYMBOLS, 3, bonus=-0.5),
        "words": lambda: Lexicon(WORDS, SYMBOLS, 3, SENTENCES, 0.8, 0.9),
        "hot": lambda: HotWords(PHRASES, SYMBOLS, 0.6),
    }
    ids = [[SYMBOLS.index(s) for s in phrase] for phrase in PHRASES]
    weighers = {
        "symbols": exhaustive.by_symbols(CHARACTERS, SYMBOLS, 0.7, 0.4),
        "lexicon": exhaustive.by_words(SPELT, 3, bonus=-0.5),
        "words": exhaustive.by_words(SPELT, 3, SENTENCES, 0.8, 0.9),
        "hot": exhaustive.by_phrases(ids, 0.6),
    }
    weigh = exhaustive.together(*(weighers[name] for name in names))
    return [made[name]() for name in names], weigh


def logits_of(batch, time, scale=1.5):
    return scale * RNG.normal(size=(batch, time, 4)).astype("float32")


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("symbols",),
        ("lexicon",),
        ("words",),
        ("hot",),
        ("symbols", "hot"),
        ("symbols", "words", "hot"),
    ],
    ids="+".join,
)
def test_with_a_wide_beam_it_is_exact(names):
    scorers, weigh = both(*names)
    logits = logits_of(4, 5)
    lengths = [5, 5, 3, 1]
    found = ctc_beam_search(logits, lengths, WIDTH, 60, scorers=scorers)
    found = type(found)(*map(np.array, found))
    for row, length in enumerate(lengths):
        wanted = exhaustive.every_label(logits[row, :length], 0, weigh)
        best = wanted[:60]
        for got, column in ((found.scores, 0), (found.log_probs, 2)):
            values = [one[column] for one in best]
            np.testing.assert_allclose(got[row, : len(best)], values, atol=5e-5)
        for k, (_, label, _) in enumerate(best):
            assert tuple(found.symbols[row, k, : found.lengths[row, k]]) == label
        assert np.all(found.scores[row, len(wanted) :] < -1e29)
        assert np.all(found.lengths[row, len(wanted) :] == 0)
        assert np.all(found.symbols[row, len(wanted) :] == -1)


@pytest.mark.parametrize("names", [("lexicon",), ("words", "symbols")], ids="+".join)
def test_a_lexicon_gives_its_words_and_nothing_else(names):
    scorers, weigh = both(*names)
    found = ctc_beam_search(logits_of(20, 30), None, 20, 5, scorers=scorers)
    for symbols, count in zip(
        np.reshape(found.symbols, (-1, 30)), np.ravel(found.lengths)
    ):
        assert weigh(tuple(symbols[:count])) is not None
        words = scorers[0].words_of(symbols)
        spelt = dict(SPELT) | {"b": [2]}
        text = "".join(SYMBOLS[s] for s in symbols[:count])
        spellings = ["".join(SYMBOLS[s] for s in spelt[w]) for w in words]
        assert " ".join(spellings) == " ".join(
            "b" if word == "bb" else word for word in text.split(" ")
        )
    assert np.mean(found.lengths) > 5


def test_words_spelt_alike_are_told_apart_by_those_before():
    lexicon = both("words")[0][0]
    assert SENTENCES.log_prob("AB", ["<s>", "b"]) > SENTENCES.log_prob(
        "ab", ["<s>", "b"]
    )
    assert lexicon.words_of([2, 3, 1, 2, -1, -1]) == ["b", "AB"]
    assert lexicon.words_of([1, 3, 1, 2]) == ["a", "ab"]
    assert both("lexicon")[0][0].words_of([2, 3, 1, 2]) == ["b", "ab"]
    assert lexicon.words_of([]) == []
    with pytest.raises(ValueError, match=r"\['a', 'a'\] is no word of the lexicon"):
        lexicon.words_of([1, 1, 3, 1])


@pytest.mark.slow
def test_the_blank_may_be_the_last():
    logits = logits_of(2, 8)
    last = np.roll(logits, -1, axis=-1)
    first = ctc_beam_search(logits, None, 10, 3, 0, both("words", "hot")[0])
    symbols = ["a", "b", " ", None]
    words = {"a": "a", "ab": "ab", "AB": [0, 1], "b": ["b", [1, 1]], "c": "ba"}
    scorers = [
        Lexicon(words, symbols, 2, SENTENCES, 0.8, 0.9),
        HotWords(PHRASES, symbols, 0.6),
    ]
    found = ctc_beam_search(last, None, 10, 3, -1, scorers)
    np.testing.assert_allclose(found.scores, first.scores, atol=1e-5)
    wanted = np.where(first.symbols < 0, -1, first.symbols - 1)
    np.testing.assert_array_equal(found.symbols, wanted)


def test_a_stream_may_end_within_a_word():
    lexicon = Lexicon({"ab": "ab", "bb": "bb"}, SYMBOLS, 3)
    logits = np.full((1, 5, 4), -20.0, "float32")
    for frame, symbol in enumerate([1, 2, 3, 2, 0]):  # "ab b"
        logits[0, frame, symbol] = 20.0
    search = CTCBeamSearch(4, 30, scorers=[lexicon])
    beam = search.feed(search.start(1), logits)
    partial = search.read(beam, final=False)
    np.testing.assert_array_equal(partial.symbols[0, 0], [1, 2, 3, 2, -1])
    assert lexicon.words_of(partial.symbols[0, 0]) == ["ab"]
    final = search.read(beam)
    assert final.scores[0, 0] < partial.scores[0, 0] - 10


@pytest.mark.slow
@pytest.mark.parametrize("names", [("symbols", "hot"), ("words",)], ids="+".join)
def test_pieces_give_what_the_whole_gives_and_neighbours_nothing(names):
    scorers, _ = both(*names)
    # The second ends inside a piece, the third with it.
    logits, lengths = logits_of(3, 12), np.array([12, 5, 6])
    search = CTCBeamSearch(4, 8, scorers=scorers)
    whole = search.read(search.feed(search.start(3), logits, lengths), 3)
    beam = search.start(3)
    for begin, end in ((0, 6), (6, 12)):
        left = np.clip(lengths - begin, 0, end - begin)
        beam = search.feed(beam, logits[:, begin:end], left)
        search.read(beam, 3, final=False)
    for got, wanted in zip(search.read(beam, 3), whole):
        np.testing.assert_allclose(got, wanted, atol=1e-5)
    fives = np.array([5, 5, 5])
    among_its_like = search.feed(search.start(3), logits[[1, 1, 1], :6], fives)
    alone = search.read(among_its_like, 3)
    np.testing.assert_allclose(alone.scores[0], whole.scores[1], atol=1e-5)
    np.testing.assert_array_equal(alone.symbols[0], whole.symbols[1, :, :6])


@pytest.mark.slow
@pytest.mark.parametrize("names", [("symbols", "hot"), ("words",)], ids="+".join)
def test_a_wider_beam_finds_no_less(names):
    scorers, _ = both(*names)
    logits = logits_of(60, 20)
    best = [
        np.sum(ctc_beam_search(logits, None, width, scorers=scorers).scores)
        for width in (1, 4, 24)
    ]
    assert np.all(np.diff(best) >= 0)


def test_a_state_is_the_same_whichever_way_symbols_come():
    """-1 leaves every scorer as it was."""
    for scorer in both("symbols", "lexicon", "words", "hot")[0]:
        plain, pausing = scorer.start(1, 1), scorer.start(1, 1)
        for symbol in (2, 3, 1, 2, 3, 2):
            plain = scorer.advance(plain, np.array([[symbol]], "int32"))
            pausing = scorer.advance(pausing, np.array([[-1]], "int32"))
            pausing = scorer.advance(pausing, np.array([[symbol]], "int32"))
            for give in (scorer.scores, scorer.finish):
                np.testing.assert_array_equal(give(plain), give(pausing))


def test_what_cannot_be_is_named(monkeypatch):
    for words, message in (
        ({}, "There is no word"),
        ({"x": "ax"}, "The word 'x' has 'x', which is none of the symbols"),
        ({"x": [0, 1]}, "The word 'x' has 0, which is none"),
        ({"x": "a b"}, "The word 'x' has the separator in it"),
        ({"x": ""}, "The word 'x' is empty"),
    ):
        with pytest.raises(ValueError, match=message):
            Lexicon(words, SYMBOLS, 3)
    with pytest.raises(ValueError, match="separator is 0, which is none of symbols"):
        Lexicon(WORDS, SYMBOLS, 0)
    with pytest.raises(ValueError, match="The phrase 'ac' has 'c'"):
        HotWords(["ab", "ac"], SYMBOLS, 1.0)
    hot = HotWords(["ab"], SYMBOLS, 1.0)
    with pytest.raises(ValueError, match="HotWords has 4 symbols, the search 5"):
        ctc_beam_search(np.zeros((1, 3, 5)), scorers=[hot])
    with pytest.raises(ValueError, match="HotWords has ' ' as symbol 3, which is the"):
        ctc_beam_search(np.zeros((1, 3, 4)), blank=-1, scorers=[hot])
    monkeypatch.setattr(base, "LARGEST", 20)
    with pytest.raises(ValueError, match=r"SymbolNGram would be a table of \d+ states"):
        SymbolNGram(CHARACTERS, SYMBOLS)
    with pytest.raises(ValueError, match="Lexicon would be a table of 7 states by 4"):
        Lexicon(WORDS, SYMBOLS, 3)


@pytest.mark.slow
def test_without_a_separator_a_label_is_one_word():
    logits = RNG.normal(size=(3, 5, 4)).astype("float32") * 2
    one = Lexicon(WORDS, SYMBOLS, None, SENTENCES, 0.8, 0.9)
    found = ctc_beam_search(logits, None, WIDTH, 9, scorers=[one])
    many = Lexicon(WORDS, SYMBOLS, 3, SENTENCES, 0.8, 0.9)
    every = ctc_beam_search(logits, None, WIDTH, WIDTH, scorers=[many])
    found, every = (type(x)(*map(np.array, x)) for x in (found, every))
    for row in range(3):
        of_one_word = ~np.any(every.symbols[row] == 3, axis=1)
        alone = of_one_word & (every.scores[row] > -1e29)
        count = alone.sum()
        np.testing.assert_array_equal(
            found.symbols[row, :count], every.symbols[row, alone]
        )
        np.testing.assert_allclose(
            found.scores[row, :count], every.scores[row, alone], atol=1e-5
        )
        assert np.all(found.scores[row, count:] < -1e29)
    assert one.words_of([2, 2]) == ["b"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "made",
    [
        lambda weight, bonus: SymbolNGram(CHARACTERS, SYMBOLS, weight, bonus),
        lambda weight, bonus: Lexicon(WORDS, SYMBOLS, 3, SENTENCES, weight, bonus),
    ],
)
def test_weights_may_be_set_between_two_searches(made):
    logits = RNG.normal(size=(3, 6, 4)).astype("float32") * 2
    scorer = made(1.0, 0.0)
    search = CTCBeamSearch(4, 30, scorers=[scorer])
    for weight, bonus in ((1.0, 0.0), (0.3, -1.5)):
        scorer.weight, scorer.bonus = weight, bonus
        found = search.read(search.feed(search.start(3), logits), 5)
        wanted = ctc_beam_search(logits, None, 30, 5, scorers=[made(weight, bonus)])
        np.testing.assert_allclose(found.scores, wanted.scores, atol=1e-5)
        np.testing.assert_array_equal(found.symbols, wanted.symbols)
    assert search._run.experimental_get_tracing_count() == 1

"""The automaton of an n-gram model, by table and by lookup, against the model."""

import numpy as np
import pytest

from rnnkit.decoding.scorers.ngram_lookup import NGramLookup
from rnnkit.lm import NGram
from rnnkit.lm.automaton import Automaton

RNG = np.random.default_rng(0)
WORDS = [*"abcdefg"]
SENTENCES = [[*map(str, RNG.choice(WORDS, RNG.integers(0, 9)))] for _ in range(60)]


def pruned(order, unknown):
    """A model of random numbers and holes: shorter n-grams may be missing."""
    tables = []
    for k in range(order):
        grams = {tuple(map(str, RNG.choice(["<s>", *WORDS], k + 1))) for _ in range(40)}
        if k == 0:
            grams = {(w,) for w in ("<s>", "</s>", *WORDS)}
            grams |= {("<unk>",)} if unknown else set()
        elif unknown:
            grams |= {("<unk>",) * k + ("a",), ("b",) * k + ("<unk>",)}
        tables.append({g: (-3 * RNG.random(), -RNG.random()) for g in sorted(grams)})
    return NGram(tables)


MODELS = {
    "trained, order 1": NGram.train(SENTENCES, 1),
    "trained, order 3": NGram.train(SENTENCES, 3),
    "closed": NGram.train(SENTENCES, 3, vocabulary=[*"abcd"]),
    "pruned": pruned(4, unknown=True),
    "pruned, without <unk>": pruned(3, unknown=False),
}


@pytest.mark.parametrize("name", MODELS)
def test_automata_give_what_the_model_gives(name):
    model = MODELS[name]
    automaton = Automaton(model)
    words = [*WORDS, "new", "</s>"]
    log_probs, targets = automaton.table(words)
    arcs = set(zip(automaton.arc_states, automaton.arc_words))
    places, wanted, backed_off = [], [], 0
    for _ in range(60):
        sentence = [*map(str, RNG.choice(words[:-1], RNG.integers(0, 12)))]
        state, total = automaton.start, 0.0
        for k, word in enumerate([*sentence, "</s>"]):
            place = state, words.index(word)
            backed_off += (state, automaton.id_of(word)) not in arcs
            places.append(place)
            wanted.append(model.log_prob(word, ["<s>", *sentence[:k]]))
            total += log_probs[place]
            state = targets[place]
        np.testing.assert_allclose(total, sum(model.score(sentence)), atol=1e-9)
    assert backed_off or model.order == 1
    states, columns = np.array(places, "int32").T
    np.testing.assert_allclose(log_probs[states, columns], wanted, atol=1e-9)
    ids = np.array([automaton.id_of(w) for w in words], "int32")
    found, after = NGramLookup(automaton)(states, ids[columns])
    known = np.isfinite(wanted)
    np.testing.assert_allclose(found[known], np.array(wanted)[known], atol=1e-4)
    assert np.all(found[~known] < -1e29)
    np.testing.assert_array_equal(after, targets[states, columns])


def test_ten_thousand_words_are_looked_up():
    words = [f"w{k}" for k in range(10_000)]
    text = [[words[int(k)] for k in RNG.zipf(1.3, 12) % 10_000] for _ in range(5_000)]
    model = NGram.train(text, 3, vocabulary=words)
    automaton = Automaton(model)
    assert len(automaton.arc_words) > 50_000
    lookup = NGramLookup(automaton)
    asked = text[:100]
    states = np.full(100, automaton.start, "int32")
    for k in range(12):
        ids = np.array([automaton.id_of(s[k]) for s in asked], "int32")
        found, states = lookup(states, ids)
        wanted = [model.log_prob(s[k], ["<s>", *s[:k]]) for s in asked]
        np.testing.assert_allclose(found, wanted, atol=1e-4)

"""Each processor against every sequence there is, weighed in plain Python."""

import functools
import itertools

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from rnnkit.decoding import (
    BannedTokens,
    HotWords,
    NoRepeatNGram,
    Processor,
    RepetitionPenalty,
    ScorerFusion,
    ShallowFusion,
    SymbolNGram,
    Temperature,
    beam_search,
)
from rnnkit.decoding.rules import History
from rnnkit.lm import NGram
from tests.decoding.every_sequence import agrees, every_sequence, model, tables

END = 2
exact = functools.partial(
    beam_search, start=0, end=END, beam_width=400, early_stopping="never", n_best=50
)
SYMBOLS = ["a", "b", None, "c"]
TEXT = [[*"ab"], [*"ba"], [*"cab"], [*"a"], [*"bca"], [*"abc"], [*"ccb"]]


def log_softmax(x):
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def no_repeat(n):
    def weigh(log_probs, tokens):
        for token in range(4):
            grams = list(zip(*(tokens[k:] for k in range(n))))
            if (*tokens[len(tokens) - n + 1 :], token) in grams:
                log_probs[token] = -np.inf
        return log_probs

    return weigh


def repetition(penalty):
    def weigh(log_probs, tokens):
        log_probs[list(set(tokens))] *= penalty
        return log_probs

    return weigh


def banned(log_probs, tokens):
    log_probs[[0, 3]] = -np.inf
    return log_probs


def hot(log_probs, tokens):
    """ "ab" is worth 1.4, counted as it grows and taken back when it breaks off."""

    def worth(tokens, final):
        pairs = list(itertools.pairwise(tokens))
        pending = not final and len(tokens) > 0 and tokens[-1] == 0
        return 1.4 * pairs.count((0, 1)) + 0.7 * pending

    for token in range(4):
        last = token == END
        after = worth(tokens if last else (*tokens, token), last)
        log_probs[token] += after - worth(tokens, False)
    return log_probs


def n_gram(weight, bonus):
    ngram = NGram.train(TEXT, 3)

    def weigh(log_probs, tokens):
        context = ["<s>", *(SYMBOLS[t] for t in tokens)]
        for token in range(4):
            word = "</s>" if token == END else SYMBOLS[token]
            gain = weight * ngram.log_prob(word, context[-2:])
            log_probs[token] += gain + (0.0 if token == END else bonus)
        return log_probs

    scorer = SymbolNGram(ngram, SYMBOLS, weight, bonus)
    return ScorerFusion(scorer, END), weigh


CASES = {
    "temperature 0.5": (Temperature(0.5), lambda x, tokens: log_softmax(x / 0.5)),
    "temperature 3": (Temperature(3.0), lambda x, tokens: log_softmax(x / 3.0)),
    "banned tokens": (BannedTokens([0, 3]), banned),
    "no token twice": (NoRepeatNGram(1), no_repeat(1)),
    "no pair twice": (NoRepeatNGram(2), no_repeat(2)),
    "no triple twice": (NoRepeatNGram(3), no_repeat(3)),
    "no six twice": (NoRepeatNGram(6), lambda x, tokens: x),
    "repetition costs more": (RepetitionPenalty(1.7), repetition(1.7)),
    "repetition costs less": (RepetitionPenalty(0.4), repetition(0.4)),
    "n-gram": n_gram(0.8, 0.0),
    "n-gram with bonus": n_gram(0.5, 1.2),
    "hot words": (ScorerFusion(HotWords(["ab"], SYMBOLS, 0.7), END), hot),
}


@pytest.mark.parametrize("n_best", [1, 50])
@pytest.mark.parametrize("case", CASES)
def test_each_is_exhaustive(case, n_best):
    processor, weigh = CASES[case]
    logits, _ = tables(3, seed=n_best)
    next_step, state = model(logits)
    found = exact(next_step, state, max_length=5, processors=[processor], n_best=n_best)
    for item in range(3):
        wanted = every_sequence(logits[item], END, 5, weigh=weigh)
        agrees(found, item, wanted, atol=5e-5)


def impossible(tokens, state):
    """Tokens 0 and 3 have no probability at all."""
    return ops.tile([[-np.inf, 1.0, 1.0, -np.inf]], (len(tokens), 1)), state


@pytest.mark.parametrize(
    "processors",
    [
        [BannedTokens([0, 3]), Temperature(50.0)],
        [BannedTokens([0, 3]), RepetitionPenalty(0.05)],
        [BannedTokens([0, 3]), ShallowFusion(impossible, (), -5.0)],
        [ShallowFusion(impossible, (), 0.05)],
    ],
    ids=["temperature", "repetition", "taken away", "fused"],
)
def test_what_is_forbidden_stays_so_however_it_is_weighed(processors):
    next_step, state = model(tables(1)[0])
    found = exact(next_step, state, max_length=3, processors=processors)
    exists = ops.convert_to_numpy(found.scores[0]) > -1e29
    assert exists.sum() == 4  # tokens 1 before the end: none, one, two; three, cut
    assert set(np.unique(found.tokens[0])) == {-1, 1, END}


class Bonus(Processor):
    """Two nats for every token 1."""

    highest = 2.0

    def __call__(self, log_probs, state, history):
        return log_probs + 2.0 * ops.one_hot(1, 4), state


BONUSES = [
    Bonus(),
    ScorerFusion(HotWords(["b"], SYMBOLS, 2.0), END),
    ScorerFusion(SymbolNGram(NGram.train(TEXT, 1), SYMBOLS, 0.0, 2.0), END),
    ShallowFusion(lambda tokens, s: (ops.tile([[1, -1, 1, 1.0]], (5, 1)), s), (), -0.8),
]


@pytest.mark.parametrize("bonus", BONUSES)
def test_never_waits_for_what_a_bonus_may_bring(bonus):
    def next_step(tokens, state):
        step = state["step"][:, None]
        p = ops.where(step < 4, [[0.0, 1, 0, 0]], [[0.0, 0, 1, 0]])
        p = ops.where(step == 0, [[0.0, 0.1, 0.9, 0.0]], p)
        return ops.log(p), {"step": state["step"] + 1}

    found = beam_search(
        next_step,
        {"step": np.zeros(1, "int32")},
        start=1,
        end=END,
        max_length=5,
        processors=[bonus],
        early_stopping="never",
    )
    np.testing.assert_array_equal(found.tokens[0, 0], [1, 1, 1, 1, END])


def test_all_together_in_turn_compiled():
    logits, _ = tables(2)
    next_step, state = model(logits)
    names = ["repetition costs more", "temperature 3", "n-gram", "no pair twice"]

    def weigh(log_probs, tokens):
        for name in names:
            log_probs = CASES[name][1](log_probs, tokens)
        return log_probs

    def run():
        return exact(
            next_step,
            state,
            max_length=4,
            min_length=2,
            prefix=[-1, 1],
            processors=[CASES[name][0] for name in names],
        )

    for found in (run(), tf.function(run, jit_compile=True, autograph=False)()):
        for item in range(2):
            wanted = every_sequence(logits[item], END, 4, 2, [-1, 1], weigh)
            agrees(found, item, wanted, atol=5e-5)


@pytest.mark.parametrize("weight", [0.6, -0.3])
def test_a_second_model_has_its_say(weight):
    logits, _ = tables(2)
    others, _ = tables(2, seed=9)
    next_step, state = model(logits)
    fusion = ShallowFusion(*model(others), weight)
    found = exact(next_step, state, max_length=4, processors=[fusion])
    each = [log_softmax(x.astype("float64")) for x in others]

    for item in range(2):

        def weigh(log_probs, tokens, item=item):
            node = 0
            for token in tokens:
                node = 4 * node + 1 + token
            return log_probs + weight * each[item][node]

        agrees(found, item, every_sequence(logits[item], END, 4, weigh=weigh))


def test_a_second_model_may_begin_with_another_token():
    fed = []

    def second(tokens, state):
        fed.append(tokens)
        return ops.zeros((len(tokens), 4)), state

    next_step, state = model(tables(1)[0])
    fusion = ShallowFusion(second, (), 1.0, start=3)
    beam_search(
        next_step,
        state,
        start=0,
        end=END,
        max_length=3,
        beam_width=2,
        processors=[fusion],
        prefix=[1, 1],
    )
    assert [int(tokens[0]) for tokens in fed] == [3, 1, 1]


def test_own_processors_keep_a_state_for_each_hypothesis():
    """One that allows each item so many tokens 1, and counts them down."""

    class Ration(Processor):
        def start(self, batch_size):
            return {"left": np.array([0, 2], "int32")}

        def __call__(self, log_probs, state, history):
            used = (history.last == 1) & (history.step > 0)
            left = state["left"] - ops.cast(used, "int32")
            out = (left <= 0)[:, None] & (ops.arange(4) == 1)
            return ops.where(out, -1e30, log_probs), {"left": left}

    logits, _ = tables(2)
    logits[:, :, 1] += 2
    next_step, state = model(logits)
    found = exact(next_step, state, max_length=5, processors=[Ration()])
    for item, ration in enumerate([0, 2]):

        def weigh(log_probs, tokens, ration=ration):
            if tokens.count(1) >= ration:
                log_probs[1] = -np.inf
            return log_probs

        agrees(found, item, every_sequence(logits[item], END, 5, weigh=weigh))


def test_what_cannot_be_is_named():
    next_step, state = model(tables(1)[0])
    three = HotWords(["ab"], ["a", "b", None], 1.0)
    small = ShallowFusion(lambda tokens, s: (ops.zeros((len(tokens), 3)), s), (), 1.0)
    for make, words in (
        (lambda: Temperature(0), "temperature must be more than 0, got 0"),
        (lambda: NoRepeatNGram(0), "size must be an integer of 1 or more, got 0"),
        (lambda: NoRepeatNGram(2.5), "size must be an integer of 1 or more, got 2.5"),
        (lambda: RepetitionPenalty(-1), "penalty must be more than 0, got -1"),
        (lambda: BannedTokens([4]), "Token 4 cannot be banned: there are 4 symbols"),
        (lambda: ScorerFusion(three, END), "HotWords has 3 symbols, the search 4"),
        (lambda: small, "The model to fuse has 3 symbols, the search 4"),
        (lambda: BannedTokens(range(4)), "or everything was forbidden it"),
    ):
        with pytest.raises(ValueError, match=words):
            exact(next_step, state, max_length=2, processors=[make()])


class NoNumber(Processor):
    """Gives NaN in the place of all tokens but one."""

    def __call__(self, log_probs, state, history):
        return ops.where(np.arange(4) == 3, log_probs, np.nan), state


def test_no_number_hides_no_token():
    logits, _ = tables(2)
    next_step, state = model(logits)
    options = {"start": 0, "end": END, "max_length": 4, "beam_width": 1}
    found = beam_search(next_step, state, processors=[NoNumber()], **options)
    np.testing.assert_array_equal(found.tokens[:, 0], np.full((2, 4), 3))


def test_a_run_longer_than_what_is_written_forbids_nothing():
    """Also where the length is known only as it runs."""
    tokens, log_probs = np.full((2, 3), 1, "int32"), np.zeros((2, 4), "float32")

    def after(log_probs, tokens):
        history = History(tokens, tokens[:, -1], 3)
        return NoRepeatNGram(5)(log_probs, (), history)[0]

    specs = [tf.TensorSpec([None, 4]), tf.TensorSpec([None, None], "int32")]
    for run in (after, tf.function(after, input_signature=specs, autograph=False)):
        np.testing.assert_array_equal(
            run(tf.constant(log_probs), tf.constant(tokens)), 0
        )

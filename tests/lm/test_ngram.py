"""Kneser-Ney by its definition, ARPA files, and another reader of them."""

import collections
import math
import os

import numpy as np
import pytest

from rnnkit.data import NGram, Words, load
from rnnkit.lm import AddOne, Interpolated, sentences_in

RNG = np.random.default_rng(0)
WORDS = [*"abcdefg"]
SENTENCES = [
    list(RNG.choice(WORDS, size=RNG.integers(0, 9), p=np.arange(7, 0, -1) / 28))
    for _ in range(300)
]
SENTENCES = [[str(word) for word in sentence] for sentence in SENTENCES]


def test_lines_end_where_those_of_a_vocabulary_of_words_do():
    text = "a\x0bb\u2028c \r\n\n \nd"
    assert sentences_in(text) == [["a", "b", "c"], [], [], ["d"]]
    words = Words.of(text)
    back = words.decode(words.encode(text)).split("\n")
    assert back == [" ".join(line) for line in sentences_in(text)]
    assert sentences_in("") == []
    assert sentences_in("\n") == [[]]
    assert sentences_in("a\n") == [["a"]]


def by_definition(sentences, order):
    """p(word, context), recursive, every sum written out over all of the text."""
    padded = [("<s>", *s, "</s>") for s in sentences]
    vocabulary = {w for s in padded for w in s} - {"<s>"} | {"<unk>"}

    def grams(n):
        return [s[i : i + n] for s in padded for i in range(len(s) - n + 1)]

    raw = {n: collections.Counter(grams(n)) for n in range(1, order + 2)}

    def count(gram):
        if len(gram) == order or gram[0] == "<s>":
            return raw[len(gram)][gram]
        return len({g[0] for g in raw[len(gram) + 1] if g[1:] == gram})

    every = {
        n: {g: count(g) for g in raw[n] if g != ("<s>",)} for n in range(1, order + 1)
    }

    def discount(n, c):
        of = collections.Counter(every[n].values())
        k = min(c, 3)
        if not all(of[i] for i in (1, 2, 3, 4)):
            return 0.5 * k
        y = of[1] / (of[1] + 2 * of[2])
        every_k = [i - (i + 1) * y * of[i + 1] / of[i] for i in (1, 2, 3)]
        if any(not 0 <= d <= i for i, d in enumerate(every_k, 1)):
            return 0.5 * k
        return [0.0, *every_k][k]

    def p(word, context):
        n = len(context) + 1
        lower = p(word, context[1:]) if context else 1 / len(vocabulary)
        seen = {g[-1]: c for g, c in every[n].items() if g[:-1] == context}
        total = sum(seen.values())
        if total == 0:
            return lower
        kept = max(seen.get(word, 0) - discount(n, seen.get(word, 0)), 0) / total
        return kept + sum(discount(n, c) for c in seen.values()) / total * lower

    return p


@pytest.mark.parametrize("order", [1, 2, 3])
def test_it_is_kneser_ney_by_definition(order):
    model, p = NGram.train(SENTENCES, order), by_definition(SENTENCES, order)
    contexts = [(), ("a",), ("<s>",), ("a", "b"), ("<s>", "g"), ("g", "g"), ("c", "f")]
    for context in contexts:
        for word in [*WORDS, "</s>", "<unk>"]:
            used = context[-(order - 1) :] if order > 1 else ()
            got = math.exp(model.log_prob(word, context))
            assert got == pytest.approx(p(word, used), rel=1e-6)


@pytest.mark.parametrize("order", [1, 2, 4])
def test_what_may_follow_sums_to_one(order):
    model = NGram.train(SENTENCES, order)
    for context in [(), ("a",), ("<s>", "b"), ("g", "f", "e"), ("never", "seen")]:
        words = [*model.vocabulary, "<unk>"]
        total = sum(math.exp(model.log_prob(word, context)) for word in words)
        assert total == pytest.approx(1.0)


def test_a_file_gives_the_model_back(tmp_path):
    model = NGram.train(SENTENCES, 3)
    for name in ("model.arpa", "model.arpa.gz"):
        model.save(tmp_path / name)
        again = NGram.load(tmp_path / name)
        for sentence in SENTENCES[:20]:
            np.testing.assert_allclose(
                again.score(sentence), model.score(sentence), atol=1e-5
            )


def test_another_reader_scores_the_same(tmp_path):
    kenlm = pytest.importorskip("kenlm", reason="kenlm is not installed")
    model = NGram.train(SENTENCES, 3)
    model.save(tmp_path / "model.arpa")
    other = kenlm.Model(str(tmp_path / "model.arpa"))
    for sentence in [*SENTENCES[:20], ["a", "never", "b"]]:
        got = sum(model.score(sentence)) / math.log(10)
        assert got == pytest.approx(other.score(" ".join(sentence)), abs=1e-4)


def test_words_outside_the_vocabulary_are_one():
    model = NGram.train(SENTENCES, 2, vocabulary=["a", "b"])
    assert set(model.vocabulary) == {"a", "b", "</s>"}
    assert model.log_prob("c", ("a",)) == model.log_prob("never", ("a",))
    assert model.log_prob("c", ("a",)) > -3


def test_more_context_tells_more():
    text = [[*"abcabcabc"[: RNG.integers(1, 9)]] for _ in range(200)]
    held_out = text[:50]
    by_order = [NGram.train(text[50:], n).perplexity(held_out) for n in (1, 2, 3)]
    assert by_order[0] > 1.5 * by_order[1] > 0
    assert by_order[2] < 1.2 * by_order[1]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no whole ARPA file"),
        ("\\data\\\nngram 1=2\n\n\\1-grams:\n-1\ta\n", "says .2. n-grams, and has .1."),
        ("\\data\\\nngram 1=1\n\n\\1-grams:\n-1\ta b c\n", "line 5: no 1-gram"),
        ("\\data\\\nngram 1=x\n", "line 2: no number of n-grams: 'ngram 1=x'"),
        ("\\data\\\n\n\\1-grams:\nnan\ta\n", "line 4: no 1-gram: 'nan.ta'"),
        ("\\data\\\n\n\\1-grams:\n-1\ta\tinf\n", "line 4: no 1-gram"),
        ("\\data\\\n\n\\1-grams:\n-1\ta\tnan\n", "line 4: no 1-gram"),
        ("\\data\\\n\n\\2-grams:\n", "line 3: no place for these after 0-grams"),
        ("\\data\\\n\n\\1-grams:\n5\ta\n", "line 4: no 1-gram: '5.ta'"),
        ("\\1-grams:\n-1\ta\n-1\ta\n", "line 3: no 1-gram: .*already"),
        ("\\data\\\n\\end\\\n", "no whole ARPA file"),
        ("\\1-grams:\n\\1-grams:\n", "line 2: no place for these after 1-grams"),
        (b"\\1-grams:\n-1\t\xff\n", r"line 2: no 1-gram: b'-1.t.xff"),
    ],
)
def test_a_file_that_is_none_is_named(tmp_path, content, words):
    path = tmp_path / "broken.arpa"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=rf"(?s)broken\.arpa.*{words}"):
        NGram.load(path)


def test_a_damaged_gz_file_is_named(tmp_path):
    path = tmp_path / "model.arpa.gz"
    NGram.train(SENTENCES, 2).save(path)
    whole = path.read_bytes()
    middle = len(whole) // 2
    for content in (
        b"\\data\\\n",  # not zipped
        whole[:middle],
        whole[:middle] + bytes(9) + whole[middle + 9 :],
        whole[:-8] + bytes(8),  # another sum of it
        b"",
    ):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"model\.arpa\.gz"):
            NGram.load(path)


def test_a_word_may_be_called_as_a_section_is(tmp_path):
    model = NGram.train([["2-grams:", "x"]], 2)
    model.save(tmp_path / "model.arpa")
    again = NGram.load(tmp_path / "model.arpa")
    assert again.tables[1].keys() == model.tables[1].keys()


def test_a_file_cut_short_anywhere_is_named(tmp_path):
    NGram.train(SENTENCES[:5], 2).save(tmp_path / "model.arpa")
    whole = (tmp_path / "model.arpa").read_text().rstrip()
    cut = tmp_path / "cut.arpa"
    for length in range(len(whole)):
        cut.write_text(whole[:length])
        with pytest.raises(ValueError, match=r"cut\.arpa"):
            NGram.load(cut)


def test_a_text_is_its_lines():
    text = "".join(" ".join(sentence) + "\n" for sentence in SENTENCES)
    assert "\n\n" in text  # an empty line is a sentence of its end alone
    model = NGram.train(text, 3)
    assert model.tables == NGram.train(SENTENCES, 3).tables
    assert model.perplexity(text) == model.perplexity(SENTENCES)
    alone = math.exp(-model.log_prob("</s>", ("<s>",)))
    assert model.perplexity("\n") == pytest.approx(alone)


def test_a_text_is_scored_as_its_sentences_are():
    model = NGram.train(SENTENCES, 2)
    by_sentence = [*model.score(["a", "b"]), *model.score([]), *model.score(["c"])]
    assert model.score("a b\n\nc\n") == by_sentence
    assert len(by_sentence) == 6
    assert model.score("a b") == model.score(["a", "b"])


@pytest.mark.parametrize(
    "given", [["the", "cat"], [["the"], "cat"], [0, 1], np.arange(3), [["the"], 1]]
)
def test_words_are_no_sentences(given):
    """Neither is read as a sentence of letters, nor are ids."""
    model = NGram.train([["the", "cat"]], 2)
    for take in (model.perplexity, NGram.train, AddOne.train, sentences_in):
        with pytest.raises(ValueError, match="where a sentence should, which is a"):
            take(given)
    with pytest.raises(ValueError, match="where a sentence should"):
        Interpolated.fit([model], given)


def test_a_model_without_unk_thinks_other_words_impossible():
    model = NGram([{("a",): (-0.1, 0.0), ("</s>",): (-0.7, 0.0)}])
    assert model.perplexity("a a") < 3
    assert model.perplexity("a b") == math.inf


def test_discounts_that_make_no_sense_are_not_used():
    words = ["a", *["b"] * 2, *[w for w in "cdefgh" for _ in range(3)], *["i"] * 4]
    model = NGram.train([words], 1)
    by_count = [math.exp(model.log_prob(w)) for w in "abci"]
    assert by_count == sorted(by_count)


def test_what_cannot_be_counted_is_named(tmp_path):
    with pytest.raises(ValueError, match="cannot hold ' '"):
        NGram.train([["a", " "]], 1).save(tmp_path / "model.arpa")
    with pytest.raises(ValueError, match="no sentence to score"):
        NGram.train(SENTENCES, 1).perplexity([])
    with pytest.raises(ValueError, match="order must be 1 or more"):
        NGram.train(SENTENCES, 0)
    with pytest.raises(ValueError, match="no sentence"):
        NGram.train([], 2)
    with pytest.raises(ValueError, match="and are no words of it: 'a <s> b'"):
        NGram.train([["a", "<s>", "b"]], 2)
    with pytest.raises(ValueError, match="vocabulary is a list of words"):
        NGram.train(SENTENCES, 2, vocabulary="the cat")
    with pytest.raises(ValueError, match="smoothing must be"):
        NGram.train(SENTENCES, 2, smoothing="laplace")


@pytest.mark.slow
def test_penn_treebank_is_as_published():
    """5-grams, modified Kneser-Ney: 141.2, [Mikolov et al., 2011, table 1]."""
    if "RNNKIT_DATA" not in os.environ:
        pytest.skip("RNNKIT_DATA names no folder of data sets")
    texts = load("ptb")
    train, test = (
        [line.split() for line in texts[part].splitlines()]
        for part in ("train", "test")
    )
    perplexity = NGram.train(train, 5).perplexity(test)
    assert perplexity == pytest.approx(141.2, abs=0.05)


def scores_of_file(path):
    """A function from a sentence to log10 of what an ARPA file says of it.

    p(w | h) is the file's where it has h w, else the back-off of h times p(w | h'),
    h' without its first word.
    """
    chances, backoffs = {}, {}
    for line in path.read_text(encoding="utf-8").splitlines():
        number, *rest = line.split("\t")
        if rest:  # of an n-gram
            gram = tuple(rest[0].split())
            chances[gram] = float(number)
            backoffs[gram] = float(rest[1]) if len(rest) == 2 else 0.0

    def p(gram):
        if gram in chances:
            return chances[gram]
        return backoffs.get(gram[:-1], 0.0) + p(gram[1:])

    def score(sentence):
        known = [word if (word,) in chances else "<unk>" for word in sentence]
        words, order = ["<s>", *known, "</s>"], max(map(len, chances))
        ends = range(2, len(words) + 1)
        return sum(p(tuple(words[max(end - order, 0) : end])) for end in ends)

    return score


@pytest.mark.parametrize("order", [1, 2, 4])
def test_sentences_score_what_their_file_says(tmp_path, order):
    model = NGram.train(SENTENCES, order)
    model.save(tmp_path / "model.arpa")
    score = scores_of_file(tmp_path / "model.arpa")
    strange = ["a", "never", "b"], list("gggfffeee"), []
    for sentence in [*SENTENCES[:40], *strange]:
        got = sum(model.score(sentence)) / math.log(10)
        assert got == pytest.approx(score(sentence), abs=1e-5)

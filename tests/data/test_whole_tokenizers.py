"""Characters and words: cut as documented, and put together again."""

import itertools
import random
import unicodedata

import pytest

from rnnkit.data import CharacterTokenizer, WordTokenizer


def of_a_word(character):
    return unicodedata.category(character)[0] in "LMN"


def words_of(text):
    """The words of a text by the documented rule, character by character."""
    tokens = []
    text = text.replace("￭", "■")
    for chunk in text.split():
        groups = []
        for is_word, group in itertools.groupby(chunk, of_a_word):
            run = "".join(group)
            groups += [(run, True)] if is_word else [(c, False) for c in run]
        for i, (token, is_word) in enumerate(groups):
            left = "" if is_word or i == 0 else "￭"
            joined = i + 1 < len(groups) and groups[i + 1][1]
            right = "￭" if not is_word and joined else ""
            tokens.append(left + token + right)
    return tokens


def random_texts(count):
    rng = random.Random(0)
    pool = "abé1 .,'\"-()…猫\u0301￭■👩 \n\u3000"
    return ["".join(rng.choices(pool, k=rng.randrange(15))) for _ in range(count)]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Well, so-so (hm).", "Well ￭, so ￭-￭ so (￭ hm ￭) ￭."),
        ("hello , world .", "hello , world ."),
        ("a 'b' c", "a '￭ b ￭' c"),
        ("... ...", ". ￭. ￭. . ￭. ￭."),
        ("3.5 %", "3 ￭.￭ 5 %"),
        ("￭ a￭", "■ a ￭■"),
        (" \n\t", ""),
    ],
)
def test_words_are_cut_as_documented(text, tokens):
    assert WordTokenizer([]).tokenize(text) == tokens.split()


def test_words_of_any_text_are_those_of_the_rule():
    texts = random_texts(500)
    words = WordTokenizer.train(texts)
    ids = words.encode_all(texts)
    for text, row, again in zip(texts, ids, words.decode_all(ids)):
        assert [words.tokens[i - 4] for i in row] == words_of(text)
        assert again == " ".join(text.replace("￭", "■").split())


def test_what_a_model_writes_is_joined_whatever_it_is():
    join = WordTokenizer([]).join
    assert join(["￭.", "a", "￭-￭", "￭.", "(￭"]) == ". a-. ("
    assert join(["don", "￭'￭", "t", "⁇", "￭!"]) == "don't ⁇!"
    assert join([]) == ""


def test_white_space_alone_may_part_words():
    words = WordTokenizer.train(["so-so (hm).  so-so\n"], split_punctuation=False)
    assert words.tokens == ["so-so", "(hm)."]
    again = WordTokenizer.from_config(words.get_config())
    assert again.tokenize("so-so,\u3000so") == ["so-so,", "so"]
    assert again != WordTokenizer(words.tokens)


@pytest.mark.parametrize("kind", [CharacterTokenizer, WordTokenizer])
def test_the_most_frequent_come_first_and_the_rest_is_unknown(kind):
    texts = ["c a b a", "a b d"]
    space = [" "] if kind is CharacterTokenizer else []
    assert kind.train(texts).tokens == [*space, "a", "b", "c", "d"]
    assert kind.train(texts, 6 + len(space)).tokens == [*space, "a", "b"]
    few = kind.train(texts, minimum_count=2)
    assert few.tokens == [*space, "a", "b"]
    assert few.tokenize("d") == ["d"]
    assert few.encode("d").tolist() == [few.unknown]


def test_characters_are_code_points():
    characters = CharacterTokenizer.train(["e\u0301👩🏽\n\n"])
    assert characters.tokenize("e\u0301👩🏽\n") == ["e", "\u0301", "👩", "🏽", "\n"]


@pytest.mark.parametrize("kind", [CharacterTokenizer, WordTokenizer])
@pytest.mark.parametrize(
    ("texts", "options"),
    [
        ([], {}),
        (["", ""], {}),
        (["a"], {"vocabulary_size": 4}),
        (["a"], {"vocabulary_size": 2}),
        (["a b"], {"minimum_count": 3}),
    ],
)
def test_nothing_to_learn_is_told(kind, texts, options):
    with pytest.raises(ValueError, match=r"No token is left of \d: vocabulary_size is"):
        kind.train(texts, **options)

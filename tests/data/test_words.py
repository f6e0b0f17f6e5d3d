"""A vocabulary of words and line ends."""

import keras
import pytest

from rnnkit.data import SentencePieceTokenizer, Words, WordTokenizer

TEXT = "we saw it\nit rains <unk> it\n"


def test_the_most_frequent_come_first_and_line_ends_are_words():
    words = Words.of(TEXT)
    assert words.tokens == ["it", "<eos>", "<unk>", "rains", "saw", "we"]
    assert words.encode("we saw\n\nit").tolist() == [5, 4, 1, 1, 0]
    assert words.encode(" we\tsnow \r\n").tolist() == [5, 2, 1]
    assert words.decode([5, 4, 1, 1, 0, 1]) == "we saw\n\nit\n"
    assert words.start == 1
    assert len(words.encode(TEXT)) == 9  # 7 words, 2 line ends


def test_its_size():
    words = Words.of("a a a b b c\n", size=4)
    assert words.tokens == ["a", "b", "<eos>", "<unk>"]
    assert words.encode("c").tolist() == [3]
    assert Words.of("a a b\n", minimum_count=2).tokens == ["a", "<eos>", "<unk>"]
    assert Words.of("a a a b c d e\n", size=3).tokens == ["<unk>", "a", "<eos>"]
    strict = Words.of("a b\n", unknown="error")
    assert strict.size == 3
    with pytest.raises(ValueError, match="'c' is not among the 3 tokens"):
        strict.encode("c")
    with pytest.raises(ValueError, match="No word is left of 2: size is 2"):
        Words.of("a\n", size=2)
    with pytest.raises(ValueError, match="line_end='<eos>' is none of the tokens"):
        Words(["<unk>", "a"])


def test_in_a_graph_it_is_the_same():
    tf = pytest.importorskip("tensorflow")
    words = Words.of(TEXT)
    texts = ["we saw\n\nit\n", "", "snow"]
    ids = words.encode_tensor(tf.constant(texts))
    assert ids.to_list() == [words.encode(text).tolist() for text in texts]
    back = [text.decode() for text in words.decode_tensor(ids).numpy()]
    assert back == [words.decode(row) for row in ids.to_list()]


def test_a_file_holds_it():
    words = Words.of(TEXT, line_end="</s>", unknown="error")
    config = keras.saving.serialize_keras_object(words)
    assert keras.saving.deserialize_keras_object(config) == words


@pytest.mark.parametrize(
    ("text", "more", "whole"),
    [
        ("we", "saw it", "we saw it"),
        ("we ", "saw", "we saw"),
        ("we\n", "saw\nit", "we\nsaw\nit"),
        ("we", "\nsaw", "we\nsaw"),
        ("snow", "rains", "snow rains"),  # unknown, and stays as it is
    ],
)
def test_what_follows_is_written_as_words_are(text, more, whole):
    words = Words.of(TEXT)
    before, ids = words.encode(text), words.encode(more)
    assert text + words.continuation(text, before, ids) == whole


def test_what_follows_is_written_as_the_tokenizer_cuts():
    words = WordTokenizer.train(["so-so, he said."])
    ids = words.encode("so-so, he said.")
    for cut, text in [(1, "so"), (2, "so-"), (4, "so-so,"), (4, "so-so, ")]:
        added = words.continuation(text, ids[:cut], ids[cut:])
        assert text + added == "so-so, he said."
    text = "the cat sat on the mat, the cats sat on the mats"
    pieces = SentencePieceTokenizer.train([text] * 20, 40)
    ids = pieces.encode(text)
    for cut in range(1, len(ids)):
        before = pieces.decode(ids[:cut])
        assert before + pieces.continuation(before, ids[:cut], ids[cut:]) == text

"""Characters: there and back, in Python and in a graph, and what it refuses."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.data import Characters

TEXT = "Ünïcode 𝄞 and\tascii\n"


def test_ids_are_the_order_of_code_points():
    vocabulary = Characters("banana")
    assert vocabulary.characters == "abn"
    assert vocabulary.size == len(vocabulary) == 3
    np.testing.assert_array_equal(vocabulary.encode("nab"), [2, 0, 1])
    assert vocabulary.encode("").shape == (0,)


def test_there_and_back():
    vocabulary = Characters(TEXT)
    ids = vocabulary.encode(TEXT)
    assert ids.dtype == np.int32
    assert vocabulary.decode(ids) == TEXT


@pytest.mark.parametrize("unknown", ["error", "skip", "?"])
def test_the_graph_does_what_python_does(unknown):
    vocabulary = Characters("abcd é𝄞", unknown=unknown)
    texts = ["abc", "", "d é𝄞𝄞"]
    if unknown != "error":
        texts += ["xaxbx", "zz", "\U0010ffff a"]

    @tf.function
    def both(strings):
        ids = vocabulary.encode_tensor(strings)
        return ids, vocabulary.decode_tensor(ids)

    ids, again = both(tf.constant(texts))
    for text, row, back in zip(texts, ids.to_list(), again.numpy()):
        np.testing.assert_array_equal(row, vocabulary.encode(text))
        assert back.decode() == vocabulary.decode(row)


def test_an_unknown_character_is_named_with_its_position():
    vocabulary = Characters("abc")
    message = r"'é' \(U\+00E9\) at position 2 .* 3 characters"
    with pytest.raises(ValueError, match=message):
        vocabulary.encode("abé")
    with pytest.raises(tf.errors.InvalidArgumentError, match="not among the 3"):
        vocabulary.encode_tensor(tf.constant(["abé"]))


def test_unknown_characters_are_skipped_or_replaced():
    assert Characters("ab", unknown="skip").encode("xaxb").tolist() == [0, 1]
    replacing = Characters("ab", unknown="?")
    assert replacing.decode(replacing.encode("axb")) == "a?b"


def test_rare_characters_are_left_out():
    vocabulary = Characters("aaabbbc", unknown="?", minimum_count=2)
    assert vocabulary.characters == "?ab"
    assert vocabulary.decode(vocabulary.encode("abc")) == "ab?"


def test_a_text_begins_after_a_line_end():
    assert Characters("a\n").start == 0
    assert Characters("a").start is None


def test_the_configuration_makes_an_equal_vocabulary():
    vocabulary = Characters(TEXT, unknown="?", minimum_count=2)
    config = keras.saving.serialize_keras_object(vocabulary)
    again = keras.saving.deserialize_keras_object(config)
    assert again == vocabulary
    assert hash(again) == hash(vocabulary)
    assert again != Characters(TEXT)
    assert again.encode(TEXT).tolist() == vocabulary.encode(TEXT).tolist()


def test_bad_arguments_get_plain_errors():
    with pytest.raises(ValueError, match="at least one character"):
        Characters("")
    with pytest.raises(ValueError, match='"error", "skip" or one character'):
        Characters("a", unknown="replace")
    with pytest.raises(ValueError, match="7 is no id of a vocabulary of 1"):
        Characters("a").decode([7])
    with pytest.raises(TypeError, match="reads str, got bytes"):
        Characters(b"a")

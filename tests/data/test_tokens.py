"""A vocabulary of what spaces separate."""

import keras
import pytest

from rnnkit.data import Tokens


def test_there_and_back():
    tokens = Tokens.of(["HH AH | L", "OW | W"])
    assert tokens.tokens == ["AH", "HH", "L", "OW", "W", "|"]
    ids = tokens.encode("W  AH | ")
    assert ids.tolist() == [4, 0, 5]
    assert tokens.decode(ids) == "W AH |"
    assert tokens.encode("").size == 0


def test_in_a_graph_it_is_the_same():
    tf = pytest.importorskip("tensorflow")
    tokens = Tokens(["b", "ä", "c"], unknown="c")
    texts = ["b ä", "", "x b b", "b\u3000ä\u00a0b\x1cä\x85b\u2028ä\tb\u200bb"]
    ids = tokens.encode_tensor(tf.constant(texts))
    assert ids.to_list() == [tokens.encode(text).tolist() for text in texts]
    assert tokens.decode_tensor(ids).numpy()[0].decode() == "b ä"


def test_a_saved_function_carries_it(tmp_path):
    tf = pytest.importorskip("tensorflow")
    tokens = Tokens(["b", "ä", "c"], unknown="c")
    signature = [tf.TensorSpec([None], tf.string)]
    module = tf.Module()
    module.call = tf.function(tokens.encode_tensor, signature, autograph=False)
    tf.saved_model.save(module, str(tmp_path))
    saved = tf.saved_model.load(str(tmp_path))
    assert saved.call(["ä x b"]).to_list() == [tokens.encode("ä x b").tolist()]


def test_what_is_no_symbol_is_named():
    with pytest.raises(ValueError, match="'x' is not among the 2 tokens"):
        Tokens(["a", "b"]).encode("a x")
    with pytest.raises(ValueError, match="'a b' is no symbol"):
        Tokens(["a b"])
    with pytest.raises(ValueError, match="'a' is no symbol: each is there once"):
        Tokens(["a", "a"])
    with pytest.raises(ValueError, match="unknown='z' is none of the tokens"):
        Tokens(["a"], unknown="z")


def test_a_file_holds_it():
    tokens = Tokens(["a", "b"], unknown="b")
    config = keras.saving.serialize_keras_object(tokens)
    assert keras.saving.deserialize_keras_object(config) == tokens

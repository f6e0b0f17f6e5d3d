"""Tokenizers: one protocol, the same in Python and in a graph, there and back."""

import random
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.data import (
    CharacterTokenizer,
    SentencePieceTokenizer,
    WordPieceTokenizer,
    WordTokenizer,
)
from rnnkit.layers import LSTM
from rnnkit.models import LanguageModel

TEXTS = [
    "The cat sat on the mat.",
    "The dog, that sat on a mat (red), sees the cat!",
    "Der Hund sieht die Katze – die rote Katze?",
    "Naïve cafés: «déjà vu», 3.5 % so-so...",
    "猫はマットの上に座った。",
] * 3


def unigram(texts, **options):
    pytest.importorskip("sentencepiece", reason="needs sentencepiece")
    return SentencePieceTokenizer.train(texts, 150, **options)


def byte_pair(texts, **options):
    pytest.importorskip("sentencepiece", reason="needs sentencepiece")
    return SentencePieceTokenizer.train(texts, 150, model_type="bpe", **options)


KINDS = {
    "characters": CharacterTokenizer.train,
    "words": WordTokenizer.train,
    "word pieces": lambda texts, **o: WordPieceTokenizer.train(texts, 200, **o),
    "unigram": unigram,
    "byte-pair": byte_pair,
}
_trained = {}


@pytest.fixture(params=KINDS)
def tokenizer(request):
    """One of each kind, trained on the texts above."""
    if request.param not in _trained:
        _trained[request.param] = KINDS[request.param](TEXTS)
    return _trained[request.param]


def strange_texts(count, seed=0):
    """Random texts: of the vocabulary, of all of Unicode, and the odd ones."""
    rng = random.Random(seed)
    odd = "\0\t\n\r\x0b\x0c\x85\xa0\u2028\u3000\u200d\ufeff￭■▁⁇#￼\u0301"
    odd += "\u0308İẞΣ👩🏽\u200d🚀🇩🇪_'\"-"
    known = sorted(set("".join(TEXTS)))
    texts = ["", " ", "\0", "￭", "▁", "##", "[UNK]", "[PAD] <s> </s> <pad>", "⁇"]
    for _ in range(count):
        pool = rng.choice([known, odd, known + list(odd), None])
        text = "".join(
            chr(rng.choice([rng.randrange(0xD800), rng.randrange(0xE000, 0x110000)]))
            if pool is None
            else rng.choice(pool)
            for _ in range(rng.randrange(20))
        )
        texts.append(text)
    return texts


def test_the_special_ids_are_those_documented(tokenizer):
    kind = type(tokenizer)
    assert (kind.padding, kind.unknown, kind.start, kind.end) == (0, 1, 2, 3)
    assert tokenizer.size == len(tokenizer) == 4 + len(tokenizer.tokens)
    assert tokenizer.decode([0, 2, 3, 0]) == ""
    assert tokenizer.decode([1]) == "⁇"
    ids = np.concatenate(tokenizer.encode_all(strange_texts(200)))
    assert ids.dtype == np.int32
    assert set(ids.tolist()).isdisjoint({0, 2, 3})
    assert 1 in ids
    assert ids.max() < tokenizer.size


def test_texts_that_it_was_trained_on_come_back(tokenizer):
    ids = tokenizer.encode_all(TEXTS)
    for text, row in zip(TEXTS, ids):
        np.testing.assert_array_equal(tokenizer.encode(text), row)
        # Only NFKC, which SentencePiece does first, changes one of them.
        assert tokenizer.decode(row) == text
        framed = [2, *row, 3, 0, 0]
        assert tokenizer.decode(framed) == text
    assert tokenizer.decode_all(ids) == TEXTS


def test_tokens_stand_for_the_ids(tokenizer):
    for text in TEXTS:
        tokens = tokenizer.tokenize(text)
        ids = tokenizer.encode(text)
        assert [tokenizer.tokens[i - 4] for i in ids] == tokens
        assert tokenizer.join(tokens) == tokenizer.decode(ids)


def test_a_graph_does_what_python_does(tokenizer):
    texts = strange_texts(300)
    graph = tf.function(tokenizer.encode_tensor, autograph=False)
    back = tf.function(tokenizer.decode_tensor, autograph=False)
    ids = graph(tf.constant([text.encode() for text in texts]))
    rows = ids.to_list()
    assert [row.tolist() for row in tokenizer.encode_all(texts)] == rows
    decoded = [text.decode() for text in back(ids).numpy()]
    assert tokenizer.decode_all(rows) == decoded
    padded = back(ids.to_tensor(tokenizer.padding))
    assert [text.decode() for text in padded.numpy()] == decoded
    for text, row, again in [*zip(texts, rows, decoded)][::20]:  # neighbours or none
        assert tokenizer.encode(text).tolist() == row
        assert tokenizer.encode(text.encode()).tolist() == row
        assert tokenizer.decode(row) == again


def test_a_seed_set_anew_changes_nothing(tokenizer):
    """TensorFlow forgets with it what operations run before have made."""
    graph = tf.function(tokenizer.encode_tensor, autograph=False)
    texts = tf.constant(TEXTS)
    before = graph(texts).to_list()
    keras.utils.set_random_seed(1)
    assert graph(texts).to_list() == before
    assert tokenizer.decode_all(before) == TEXTS


def test_no_texts_give_no_ids(tokenizer):
    assert tokenizer.encode_all([]) == []
    assert tokenizer.decode_all([]) == []
    assert tokenizer.encode("").shape == (0,)
    assert tokenizer.decode([]) == ""
    empty = tf.constant([], tf.string)
    assert tokenizer.encode_tensor(empty).shape[0] == 0
    assert tokenizer.decode_tensor(tf.zeros([0, 3], tf.int32)).shape == (0,)


@pytest.mark.parametrize("bad", [b"ab\xff", b"\xed\xa0\x80", b"ab\xe2\x82", "\ud800"])
def test_what_is_no_utf8_is_named(tokenizer, bad):
    with pytest.raises(ValueError, match="Text 2 is not UTF-8"):
        tokenizer.encode_all(["a", "b", bad])
    with pytest.raises(ValueError, match="Text 0 is not UTF-8"):
        tokenizer.tokenize(bad)
    if isinstance(bad, bytes):
        graph = tf.function(tokenizer.encode_tensor)
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"number\] \[1\]"):
            graph(tf.constant([b"a", bad]))


def test_what_is_no_text_or_id_is_named(tokenizer):
    with pytest.raises(TypeError, match="Text 1 is no str, but int"):
        tokenizer.encode_all(["a", 7])
    for wrong in (-1, tokenizer.size):
        with pytest.raises(ValueError, match=f"{wrong} is no id of {tokenizer.size}"):
            tokenizer.decode([4, wrong])


@pytest.mark.parametrize("kind", KINDS)
def test_lower_case_is_read_only(kind):
    lower = KINDS[kind](TEXTS, lowercase=True)
    for text in ("The CAT sat.", "KATZE", "SO-SO Á"):
        ids = lower.encode(text)
        np.testing.assert_array_equal(ids, lower.encode(text.lower()))
        assert lower.decode(ids).replace("⁇", "á") == text.lower()
    np.testing.assert_array_equal(
        lower.encode("KATZE\0KATZE"), lower.encode("katze\ufffdkatze")
    )


def test_a_file_holds_it(tokenizer):
    config = keras.saving.serialize_keras_object(tokenizer)
    again = keras.saving.deserialize_keras_object(config)
    assert again == tokenizer
    assert hash(again) == hash(tokenizer)
    assert again.encode_all(TEXTS)[1].tolist() == tokenizer.encode(TEXTS[1]).tolist()


def test_a_model_carries_it(tokenizer, tmp_path):
    """In its file, which loads without custom_objects, and needs no pickle."""
    model = LanguageModel(tokenizer, [LSTM(4, return_sequences=True)], 4)
    model(np.zeros((1, 3), "int32"))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert again.vocabulary == tokenizer
    assert again.vocabulary.encode_all(TEXTS)[2].tolist() == (
        tokenizer.encode(TEXTS[2]).tolist()
    )


class Serving(tf.Module):
    """Strings to ids, and back."""

    def __init__(self, tokenizer):
        super().__init__()

        def call(strings):
            ids = tokenizer.encode_tensor(strings)
            return ids.to_tensor(), tokenizer.decode_tensor(ids)

        signature = [tf.TensorSpec([None], tf.string)]
        self.call = tf.function(call, signature, autograph=False)


PROGRAM = """
import pathlib
import sys
import numpy as np
import tensorflow as tf
import tensorflow_text

for folder in pathlib.Path(sys.argv[1]).iterdir():
    wanted = np.load(folder / "wanted.npz")
    saved = tf.saved_model.load(str(folder))
    ids, texts = saved.call([bytes.fromhex(text) for text in wanted["strings"]])
    assert np.array_equal(ids, wanted["ids"]), folder
    assert [text.hex() for text in texts.numpy()] == wanted["texts"].tolist(), folder
assert not {"rnnkit", "keras_nlp", "keras_hub", "sentencepiece"} & set(sys.modules)
"""


@pytest.mark.slow
def test_a_saved_model_needs_only_tensorflow_and_text(tmp_path):
    strings = [text.encode() for text in strange_texts(60) + TEXTS]
    for name, train in KINDS.items():
        serving = Serving(_trained.get(name) or train(TEXTS))
        tf.saved_model.save(serving, str(tmp_path / name))
        ids, texts = serving.call(tf.constant(strings))
        hexadecimal = {  # NumPy's own strings drop a U+0000 at the end
            "strings": [string.hex() for string in strings],
            "texts": [text.hex() for text in texts.numpy()],
        }
        np.savez(tmp_path / name / "wanted.npz", ids=ids.numpy(), **hexadecimal)
    command = [sys.executable, "-c", PROGRAM, tmp_path]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_words_need_no_tensorflow_text(monkeypatch):
    for name in ("tensorflow_text", "keras_nlp", "sentencepiece"):
        monkeypatch.setitem(sys.modules, name, None)
    words = WordTokenizer.train(TEXTS)
    assert words.decode(words.encode(TEXTS[0])) == TEXTS[0]
    with pytest.raises(ImportError, match="pip install sentencepiece"):
        SentencePieceTokenizer.train(TEXTS, 150)


def test_bad_tokens_are_named():
    with pytest.raises(ValueError, match="'a' is no token: each is there once"):
        WordTokenizer(["a", "b", "a"])
    with pytest.raises(ValueError, match="'' is no token"):
        WordPieceTokenizer([""])

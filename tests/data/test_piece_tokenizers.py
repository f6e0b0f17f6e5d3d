"""Pieces of words: those another implementation of the same finds."""

import base64
import io
import random

import pytest

from rnnkit.data import SentencePieceTokenizer, WordPieceTokenizer
from tests.data.test_whole_tokenizers import words_of

spm = pytest.importorskip("sentencepiece", reason="needs sentencepiece")

WORDS = ["low", "lower", "lowest", "new", "newer", "newest", "wide", "wider", "widest"]


def texts(count, seed=0):
    rng = random.Random(seed)
    ends = ["", ".", ",", "!", "-x", " ﬁ ① é e\u0301", "\u3000\n", "\0", "猫"]
    return [
        " ".join(rng.choice(WORDS) + rng.choice(ends) for _ in range(rng.randrange(6)))
        for _ in range(count)
    ]


def longest_first(word, pieces):
    """The pieces of a word as documented, or ["[UNK]"]."""
    found, start = [], 0
    while start < len(word):
        ends = range(len(word), start, -1)
        marked = (("##" if start else "") + word[start:end] for end in ends)
        known = [(end, piece) for end, piece in zip(ends, marked) if piece in pieces]
        if not known or len(word.encode()) > 100:
            return ["[UNK]"]
        start = known[0][0]
        found.append(known[0][1])
    return found


def test_a_word_is_cut_into_the_longest_pieces_from_its_beginning():
    learned = WordPieceTokenizer.train(texts(200), 60)
    assert 30 < learned.size <= 60
    assert any(len(piece) > 4 for piece in learned.tokens)
    pieces = {*learned.tokens}
    for text in [*texts(60, seed=1), "newlow lowow neww", "zz new", "new" * 40]:
        clean = text.replace("\0", "\ufffd")
        wanted = [p for w in words_of(clean) for p in longest_first(w, pieces)]
        assert learned.tokenize(text) == wanted
        ids = [0 if p == "[UNK]" else learned.tokens.index(p) + 3 for p in wanted]
        assert learned.encode(text).tolist() == [i + 1 for i in ids]
    assert learned.decode(learned.encode("newlow, lower!")) == "newlow, lower!"
    assert WordPieceTokenizer([]).encode("a b").tolist() == [1, 1]


def test_pieces_of_words_that_a_model_writes_are_joined():
    join = WordPieceTokenizer([]).join
    assert join(["##er", "low", "##er", "##est", "￭.", "#", "￭#"]) == "er lowerest. ##"


@pytest.mark.parametrize("model_type", ["unigram", "bpe"])
def test_sentencepiece_agrees_with_its_own_library(model_type):
    learned = SentencePieceTokenizer.train(texts(200), 60, model_type)
    other = spm.SentencePieceProcessor(model_proto=learned.proto)
    assert learned.size == other.vocab_size() <= 60
    for text in [*texts(60, seed=1), "zz new ▁ q", "new" * 40]:
        clean = text.replace("\0", "\ufffd")
        ids = learned.encode(text)
        assert ids.tolist() == other.encode(clean)
        if learned.unknown not in ids:
            assert (
                learned.decode(ids) == other.normalize(clean).replace("▁", " ").strip()
            )


def test_byte_pairs_are_merged_most_frequent_first():
    """By hand: a and b meet 3 times, a space and x twice, all others once."""
    learned = SentencePieceTokenizer.train(["xab yab zab xa"] * 4, 12, "bpe")
    assert learned.tokens[:2] == ["ab", "▁x"]
    assert set(learned.tokens[2:]) == set("▁abxyz")
    assert learned.tokenize("xab xb") == ["▁x", "ab", "▁x", "b"]


def test_the_rarest_characters_may_be_left_out():
    rare = ["ab ba"] * 200 + ["q"]
    all_known = SentencePieceTokenizer.train(rare, 60)
    assert all_known.unknown not in all_known.encode("q")
    few = SentencePieceTokenizer.train(rare, 60, character_coverage=0.99)
    assert few.tokenize("q")[-1] == "q"
    assert few.encode("q")[-1] == few.unknown


def test_what_is_no_model_is_told():
    for proto in (b"nonsense", b"", "bm9uc2Vuc2U=", "no base64!"):
        with pytest.raises(ValueError, match="no model of SentencePiece"):
            SentencePieceTokenizer(proto)
    model = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c"] * 5),
        model_writer=model,
        vocab_size=8,
        model_type="char",
        minloglevel=2,
    )
    with pytest.raises(ValueError, match=r"first ids are \['<unk>', .* pad_id=0"):
        SentencePieceTokenizer(model.getvalue())


def test_the_model_may_be_given_as_bytes_or_text():
    learned = SentencePieceTokenizer.train(texts(50), 60)
    text = base64.b64encode(learned.proto).decode()
    assert SentencePieceTokenizer(text) == learned


def test_what_cannot_be_learned_is_told():
    with pytest.raises(ValueError, match="cannot learn 6 pieces from these 1 texts"):
        SentencePieceTokenizer.train(["abcdef"], 6)
    for nothing in ([], [""], [" \n"]):
        with pytest.raises(ValueError, match="hold nothing to learn"):
            SentencePieceTokenizer.train(nothing, 60)
        with pytest.raises(ValueError, match="hold no word to learn"):
            WordPieceTokenizer.train(nothing, 60)
    with pytest.raises(ValueError, match='"unigram" or "bpe", not \'word\''):
        SentencePieceTokenizer.train(["a"], 60, model_type="word")
    with pytest.raises(ValueError, match="Text 1 is not UTF-8"):
        WordPieceTokenizer.train(["a", b"\xff"], 60)

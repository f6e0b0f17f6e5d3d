"""Vectors are asked and kept as word2vec and gensim do it."""

import logging

import numpy as np
import pytest

from rnnkit.data import (
    NamedVectors,
    analogy_score,
    likeness_score,
    read_analogies,
    read_likeness,
    read_word2vec,
)
from rnnkit.data.word_tasks import spearman

RNG = np.random.default_rng(0)
WORDS = [f"{a}{b}" for a in "abcdefgh" for b in "xyzuvw"] + ["Ax", "né", "AX"]
VECTORS = NamedVectors(WORDS, RNG.normal(size=(len(WORDS), 7)), range(60, 60 - 51, -1))
ANALOGIES = ": one\nax ay bx by\nax az BX bz\nax ay nowhere by\n: two\nau av cu cv\n"


@pytest.fixture
def gensim_vectors():
    keyed = pytest.importorskip("gensim.models", reason="needs gensim").KeyedVectors(7)
    keyed.add_vectors(WORDS, VECTORS.array)
    for word, count in zip(WORDS, VECTORS.counts):
        keyed.set_vecattr(word, "count", count)
    return keyed


def test_most_similar_by_hand():
    def cosine(a, b):
        return a @ b / np.linalg.norm(a) / np.linalg.norm(b)

    unit = {w: v / np.linalg.norm(v) for w, v in zip(WORDS, VECTORS.array)}
    target = unit["ay"] + unit["bx"] - unit["ax"]
    others = [w for w in WORDS if w not in ("ax", "ay", "bx")]
    wanted = sorted(others, key=lambda w: -cosine(target, unit[w]))[:5]
    found = VECTORS.analogy("ax", "ay", "bx", top=5)
    assert [word for word, _ in found] == wanted
    for word, value in found:
        assert value == pytest.approx(cosine(target, unit[word]), abs=1e-5)
    assert VECTORS.most_similar("ax", top=99)[-1][1] < VECTORS.most_similar("ax")[0][1]
    assert len(VECTORS.most_similar("ax", top=99)) == len(WORDS) - 1
    assert VECTORS.most_similar(VECTORS["ax"])[0][0] == "ax"
    assert VECTORS.similarity("ax", "by") == pytest.approx(
        cosine(VECTORS["ax"], VECTORS["by"]), abs=1e-6
    )
    with pytest.raises(KeyError, match="'nowhere' is not among the 51 words"):
        VECTORS.most_similar("nowhere")


def test_what_points_nowhere_is_named():
    for positive, negative in (([], []), (["ax"], ["ax"]), (np.zeros(7), [])):
        with pytest.raises(ValueError, match="Nothing points where the sum of"):
            VECTORS.most_similar(positive, negative)
    assert VECTORS.most_similar([], ["ax"])[-1][1] <= 1  # away from a word
    for vector in (np.ones(3), np.ones((1, 7))):
        with pytest.raises(ValueError, match=r"are of width 7.* shape \(7,\), got"):
            VECTORS.most_similar(vector)


@pytest.mark.parametrize("binary", [False, True])
def test_files_come_back(tmp_path, binary):
    path = tmp_path / "vectors"
    VECTORS.save(path, binary)
    for said in (binary, None):
        again = NamedVectors.load(path, said)
        assert again.words == WORDS
        np.testing.assert_array_equal(again.array, VECTORS.array)
    assert [p.name for p in tmp_path.iterdir()] == ["vectors"]


@pytest.mark.parametrize("binary", [False, True])
def test_files_are_gensims_byte_for_byte(tmp_path, binary, gensim_vectors):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    VECTORS.save(ours, binary)
    gensim_vectors.save_word2vec_format(str(theirs), binary=binary)
    assert ours.read_bytes() == theirs.read_bytes()
    read = type(gensim_vectors).load_word2vec_format(str(ours), binary=binary)
    assert read.index_to_key == WORDS
    np.testing.assert_array_equal(read.vectors, VECTORS.array)


def test_word2vecs_own_line_ends_are_read(tmp_path):
    path = tmp_path / "vectors.bin"
    values = np.array([[1, 2], [3, -1e30]], "<f4")
    content = b"2 2\n" + b"".join(
        word + b" " + row.tobytes() + b"\n" for word, row in zip((b"a", b"b"), values)
    )
    path.write_bytes(content)
    words, array = read_word2vec(path)
    assert words == ["a", "b"]
    np.testing.assert_array_equal(array, values)


@pytest.mark.parametrize("binary", [False, True])
def test_cut_files_are_named(tmp_path, binary):
    path = tmp_path / "vectors"
    VECTORS.save(path, binary)
    content = path.read_bytes()
    # All that can be lost unnoticed is the last line end, or digits of the last value.
    last = len(content) - (1 if binary else len(content.split(b" ")[-1]))
    for size in {0, 1, 4, 6, 20, *range(last - 40, last + 1), len(content) // 2}:
        path.write_bytes(content[:size])
        with pytest.raises(ValueError, match=r"is cut short|is no file of word2vec"):
            read_word2vec(path, binary)


def test_bad_files_are_refused(tmp_path):
    path = tmp_path / "vectors"
    for content, said in {
        b"a 1 2\nb 3 4\n": "its first line is not two numbers",
        b"999999999999 300\na 1\n": "is cut short",
        b"2 2\na 1 2\na 3 4\n": "holds 'a' twice",
        b"2 2\na 1 2\nb 3 4 5\n": "line 3: 3 values where there should be 2",
        b"2 2\na 1 2\nb 3 x\n": "line 3: could not convert",
        b"1 2\n\xff 1 2\n": "word 1 is not UTF-8",
    }.items():
        path.write_bytes(content)
        with pytest.raises(ValueError, match=said):
            read_word2vec(path, binary=False)
    with pytest.raises(ValueError, match="'a b' cannot be written: it is no word"):
        NamedVectors(["a b"], [[1.0]]).save(path)
    with pytest.raises(ValueError, match="vector of 'b' holds what is no number"):
        NamedVectors(["a", "b"], [[1.0], [np.nan]])
    with pytest.raises(ValueError, match="A word stands twice"):
        NamedVectors(["a", "a"], [[1.0], [2.0]])
    with pytest.raises(ValueError, match="2 words need as many vectors"):
        NamedVectors(["a", "b"], [[1.0]])


def test_tasks_are_counted_as_gensim_counts(tmp_path, gensim_vectors):
    rng = np.random.default_rng(1)
    path = tmp_path / "analogies"
    lines = [" ".join(rng.choice(WORDS[:48], 4, replace=False)) for _ in range(300)]
    # Questions that are answered rightly, so that something is to be counted.
    for a, b, c in (line.split()[:3] for line in lines[:40]):
        lines.append(f"{a} {b} {c} {VECTORS.analogy(a, b, c)[0][0]}")
    path.write_text(ANALOGIES + "\n".join(lines) + "\n")
    ours = analogy_score(VECTORS, read_analogies(path))
    logging.disable(logging.CRITICAL)
    accuracy, sections = gensim_vectors.evaluate_word_analogies(str(path))
    assert ours.accuracy == pytest.approx(accuracy)
    for section in sections[:-1]:
        assert ours.right[section["section"]] == len(section["correct"])
        wrong = len(section["incorrect"])
        assert ours.asked[section["section"]] == len(section["correct"]) + wrong
    assert ours.skipped == 1
    assert ours.right["two"] >= 30

    path = tmp_path / "pairs.tsv"
    pairs = [(*rng.choice(WORDS[:48], 2), k % 7) for k in range(40)]
    rows = ["\t".join(map(str, pair)) for pair in [*pairs, ("ax", "nowhere", 1)]]
    path.write_text("# pairs\n" + "\n".join(rows) + "\n")
    ours = likeness_score(VECTORS, read_likeness(path))
    _, theirs, unknown = gensim_vectors.evaluate_word_pairs(str(path))
    logging.disable(logging.NOTSET)
    assert ours.correlation == pytest.approx(theirs[0], abs=1e-5)
    assert (ours.asked, ours.skipped) == (40, 1)
    assert unknown == pytest.approx(100 / 41)


def test_ranks_are_shared():
    stats = pytest.importorskip("scipy.stats", reason="needs scipy")
    for n in (2, 3, 50):
        x, y = RNG.integers(0, 5, size=(2, n)) + np.array([[0], [0.5]])
        x[0] = 9  # not all equal
        y[-1] = -1
        assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic)
    assert np.isnan(spearman([], []))
    assert np.isnan(spearman([1, 1], [1, 2]))


def test_bad_task_files_are_named(tmp_path):
    path = tmp_path / "tasks"
    path.write_text("a b c d\n")
    with pytest.raises(ValueError, match="line 1: neither a section nor four words"):
        read_analogies(path)
    path.write_text("# x\na b 3\n")
    with pytest.raises(ValueError, match="line 2: not two words and a number"):
        read_likeness(path)

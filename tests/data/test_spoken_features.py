"""Speech as features: every frame with its own utterance, every part with its own."""

import numpy as np
import pytest

from rnnkit.data import an4_dictionary, load_an4, load_festvox_ru

RNG = np.random.default_rng(0)
AN4 = {
    "train_x": RNG.normal(size=(7, 13)).astype("float16"),
    "train_len": np.array([3, 4], "int32"),
    "train_text": np.array(["YES", "U M N"]),
    "train_id": np.array(["an251-fash-b", "cen3-MGAH-b"]),
    "test_x": RNG.normal(size=(2, 13)).astype("float16"),
    "test_len": np.array([2], "int32"),
    "test_text": np.array(["GO"]),
    "test_id": np.array(["an1-fcaw-b"]),
}
RUSSIAN = {
    "x": RNG.integers(-128, 128, (12, 13)).astype("int8"),
    "mean": RNG.normal(size=13).astype("float32"),
    "std": RNG.uniform(1, 9, size=13).astype("float32"),
    "y": np.arange(12, dtype="uint8") % 3,
    "lengths": np.array([1, 2, 3, 6], "int32"),
    "names": np.array(["ru_0009", "ru_0010", "ru_0015", "ru_0021"]),
    "phones": np.array(["pau", "k", "ay"]),
}
TEXTS = (
    '( ru_0009 "Раз." )\n( ru_0010 "Два, «три»." )\n'
    '( ru_0015 "четыре (пять)" )\n( ru_0021 "Шесть - в+ол." )\n'
)


def save(folder, name, arrays):
    (folder / name).mkdir(parents=True, exist_ok=True)
    np.savez(folder / name / f"{name}.npz", **arrays)
    return folder


@pytest.fixture
def russian(tmp_path):
    (tmp_path / "festvox_ru_labels").mkdir()
    texts = tmp_path / "festvox_ru_labels" / "txt.done.data"
    texts.write_text(TEXTS, encoding="utf-8")
    return save(tmp_path, "festvox_ru_mfcc13", RUSSIAN)


def test_an4_is_cut_into_its_utterances(tmp_path):
    parts = load_an4(save(tmp_path, "an4_mfcc13", AN4))
    train, test = parts["train"], parts["test"]
    assert train.names == ("an251-fash-b", "cen3-MGAH-b")
    assert train.texts == ("YES", "U M N")
    assert train.groups == ("fash", "mgah")
    assert test.groups == ("fcaw",)
    assert [x.dtype for x in train.inputs] == ["float32"] * 2
    np.testing.assert_array_equal(train.inputs[0], AN4["train_x"][:3])
    np.testing.assert_array_equal(train.inputs[1], AN4["train_x"][3:])
    np.testing.assert_array_equal(test.inputs[0], AN4["test_x"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"train_len": np.array([3, 5])}, "come to 8 frames, but there are 7"),
        ({"train_len": np.array([-1, 8])}, "an utterance of -1 frames"),
        ({"train_text": np.array(["YES"])}, "2 names, but 1 texts"),
        ({"test_id": np.array([object()])}, "not what is read here: Object arrays"),
    ],
    ids=["long", "less than none", "texts", "pickle"],
)
def test_a_wrong_an4_is_refused(tmp_path, change, words):
    with pytest.raises(ValueError, match=words):
        load_an4(save(tmp_path, "an4_mfcc13", AN4 | change))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"train_len": np.array([0, 7])}, "an251-fash-b is empty"),
        ({"train_id": np.array(["fash", "cen3-MGAH-b"])}, "'fash' is no id like"),
        (
            {"train_x": AN4["train_x"] * np.repeat([np.nan, 1], [3, 4])[:, None]},
            "not fin",
        ),
    ],
    ids=["empty", "id", "not finite"],
)
def test_one_bad_utterance_of_an4_is_left_out(tmp_path, change, words):
    folder = save(tmp_path, "an4_mfcc13", AN4 | change)
    with pytest.warns(UserWarning, match=f"1 of 2 left out: .*{words}"):
        parts = load_an4(folder)
    assert parts["train"].names == ("cen3-MGAH-b",)
    assert parts["train"].groups == ("mgah",)
    assert len(parts["test"]) == 1
    with pytest.raises(ValueError, match=f"1 of 2 are bad: .*{words}"):
        load_an4(folder, strict=True)


def test_an_npz_of_something_else_is_refused(tmp_path):
    save(tmp_path, "an4_mfcc13", {"x": np.zeros(3)})
    with pytest.raises(ValueError, match="train_x is not a file"):
        load_an4(tmp_path)
    path = tmp_path / "an4_mfcc13" / "an4_mfcc13.npz"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match=r"an4_mfcc13\.npz is not what is read here"):
        load_an4(tmp_path)


@pytest.mark.parametrize("load", [load_an4, an4_dictionary, load_festvox_ru])
def test_without_the_files_it_says_where_they_belong(tmp_path, load):
    with pytest.raises(FileNotFoundError, match=r"No .*(?s:.*)(an4/|festvox-ru)"):
        load(tmp_path)


def test_words_may_have_several_pronunciations(tmp_path):
    (tmp_path / "an4/etc").mkdir(parents=True)
    path = tmp_path / "an4/etc/an4.dic"
    path.write_text("A      AH\nA(2)    EY\nAND   AE N D\n")
    assert an4_dictionary(tmp_path) == {
        "A": [["AH"], ["EY"]],
        "AND": [["AE", "N", "D"]],
    }
    path.write_text("A AH\nAND\n")
    with pytest.raises(ValueError, match=r"an4\.dic:2: 'AND' is not WORD PHONE"):
        an4_dictionary(tmp_path)


def test_an4(data_set):
    """The utterances of the official lists, in words that the dictionary has."""
    etc = data_set("an4") / "etc"
    data_set("an4_mfcc13")
    parts, words = load_an4(), an4_dictionary()
    for part, utterances in parts.items():
        official = [
            line.rstrip(")").rsplit(" (", 1)
            for line in (etc / f"an4_{part}.transcription").read_text().splitlines()
        ]
        assert list(utterances.texts) == [text for text, _ in official]
        assert list(utterances.names) == [name for _, name in official]
        folders = (etc / f"an4_{part}.fileids").read_text().split()
        assert list(utterances.groups) == [line.split("/")[1] for line in folders]
        assert set(" ".join(utterances.texts).split()) <= set(words)
        assert all(np.isfinite(x).all() for x in utterances.inputs)
    assert [len(parts["train"]), len(parts["test"])] == [948, 130]
    assert not set(parts["train"].groups) & set(parts["test"].groups)
    assert len(words) == 101
    phones = {phone for ways in words.values() for way in ways for phone in way}
    assert phones | {"SIL"} == set((etc / "an4.phone").read_text().split())


def test_russian_features_are_scaled_back(russian):
    parts = load_festvox_ru(russian)
    x = RUSSIAN["x"].astype("float64") / 32 * RUSSIAN["std"] + RUSSIAN["mean"]
    assert parts["train"].names == ("ru_0009", "ru_0021")
    (test,), (valid,) = parts["test"].inputs, parts["valid"].inputs
    for found, rows in (
        (parts["train"].inputs[0], x[:1]),
        (test, x[1:3]),
        (valid, x[3:6]),
        (parts["train"].inputs[1], x[6:]),
    ):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, rows, rtol=1e-5, atol=1e-5)


def test_russian_frames_and_texts_go_with_their_names(russian):
    parts = load_festvox_ru(russian)
    assert parts["valid"].names == ("ru_0015",)
    assert parts["valid"].texts == ("четыре (пять)",)
    assert parts["test"].texts == ("Два, «три».",)
    assert parts["valid"].labels[0].tolist() == [0, 1, 2]
    assert parts["test"].labels[0].tolist() == [1, 2]
    assert parts["train"].labels[1].dtype == np.int32
    assert parts["train"].symbols == ("pau", "k", "ay")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y": np.array([0] * 11 + [3])}, "ru_0021 has label 3 of 3"),
        ({"names": np.array([*RUSSIAN["names"][:3], "x"])}, "has no text of x"),
    ],
    ids=["phone", "text"],
)
def test_one_bad_utterance_in_russian_is_left_out(russian, change, words):
    save(russian, "festvox_ru_mfcc13", RUSSIAN | change)
    with pytest.warns(UserWarning, match=f"1 of 4 left out: .*{words}"):
        parts = load_festvox_ru(russian)
    assert {part: one.names for part, one in parts.items()} == {
        "train": ("ru_0009",),
        "valid": ("ru_0015",),
        "test": ("ru_0010",),
    }
    with pytest.raises(ValueError, match=f"1 of 4 are bad: .*{words}"):
        load_festvox_ru(russian, strict=True)


def test_russian_of_other_frames_is_refused(russian):
    save(russian, "festvox_ru_mfcc13", RUSSIAN | {"y": RUSSIAN["y"][1:]})
    with pytest.raises(ValueError, match="come to 12 frames, but there are 11"):
        load_festvox_ru(russian)


def test_festvox_ru(data_set):
    """Its frame labels are those of the label files, read here another way."""
    folder = data_set("festvox_ru_labels") / "lab"
    data_set("festvox_ru_mfcc13")
    parts = load_festvox_ru()
    assert {part: len(part_) for part, part_ in parts.items()} == {
        "train": 491,
        "valid": 66,
        "test": 63,
    }
    frames = 0
    for part in parts.values():
        assert len(part.symbols) == 51
        for name, x, y in zip(part.names, part.inputs, part.labels):
            assert len(x) == len(y)
            lines = (folder / f"{name}.lab").read_text().split("#\n")[1].splitlines()
            ends, _, phones = zip(*(line.split() for line in lines))
            middles = np.arange(len(y)) / 100 + 0.015  # seconds
            place = np.searchsorted(np.array(ends, "float64"), middles)
            place = np.minimum(place, len(ends) - 1)
            assert [part.symbols[k] for k in y] == [phones[p] for p in place]
            frames += len(y)
    assert frames == 595_886

"""What is said of data that a CTC model cannot learn or read, and of collapse."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.data import Tokens
from rnnkit.layers import LogMel, TimeDelay
from rnnkit.models.ctc_checks import first_inputs, report_too_long
from tests.models.spelt_words import INPUTS, TEXTS, VOCABULARY, labels, make, padded

pytest.importorskip("jiwer")

EIGHT = INPUTS[:8]
LONG = [*TEXTS[:5], "aaaaaaaaaaaaaa", *TEXTS[6:8]]  # 14 letters, 13 blanks between
NEEDS = f"needs 27 frames and has {-(-len(INPUTS[5]) // 2)}."


def halved():
    """A model with a frame for every two features."""
    return eager(TimeDelay(4, stride=2))


def eager(layer):
    """A model of one layer, so small that nothing is worth compiling."""
    model = make([layer])
    model.run_eagerly = True
    return model


def dataset(texts):
    """Two batches of four, as a `tf.data.Dataset`."""
    return tf.data.Dataset.from_tensor_slices((padded(EIGHT), texts)).batch(4)


def test_texts_too_long_are_counted_before_training(capsys):
    model = halved()
    model.fit(EIGHT, LONG, verbose=0)
    said = "1 of 8 texts are too long for their sequences and teach nothing: Item 5 "
    assert said + NEEDS in capsys.readouterr().out
    with pytest.raises(ValueError, match=f"Item 5 {NEEDS}"):
        model.fit(EIGHT, LONG, strict=True, verbose=0)


def test_those_of_the_validation_and_of_an_evaluation_are_counted_too(capsys):
    model, effect = halved(), "are too long for their sequences and their loss says "
    given = {"validation_data": (EIGHT, LONG), "epochs": 2, "verbose": 0}
    model.fit(EIGHT, TEXTS[:8], **given)
    said = capsys.readouterr().out  # once, not after every epoch
    assert said.count(f"1 of 8 validation texts {effect}nothing: Item 5 {NEEDS}") == 1
    assert said.count("too long") == 1
    with pytest.raises(ValueError, match=f"validation texts .* Item 5 {NEEDS}"):
        model.fit(EIGHT, TEXTS[:8], strict=True, **given)
    model.evaluate(EIGHT, LONG, verbose=0)
    said = capsys.readouterr().out
    assert said.count(f"1 of 8 texts {effect}nothing: Item 5 {NEEDS}") == 1


@pytest.mark.parametrize("texts", [LONG, labels(LONG)], ids=["texts", "ids"])
def test_those_of_a_dataset_are_counted_where_its_length_is_known(texts, capsys):
    model, data = halved(), dataset(texts)
    model.fit(data, validation_data=data, verbose=0)
    said = capsys.readouterr().out
    assert said.count(f" and teach nothing: Row 1 of batch 1 {NEEDS}") == 1
    assert said.count("1 of 8 validation texts are too long") == 1
    with pytest.raises(ValueError, match=f"Row 1 of batch 1 {NEEDS}"):
        model.fit(data.repeat(), steps_per_epoch=2, strict=True, verbose=0)
    model.evaluate(data, verbose=0)
    assert "1 of 8 texts are too long" in capsys.readouterr().out
    model.evaluate(data.filter(lambda *batch: True), steps=2, verbose=0)
    model.evaluate(data, steps=1, verbose=0)
    assert "too long" not in capsys.readouterr().out


def test_labels_of_a_dataset_may_be_filled_up_with_blanks(capsys):
    ids = labels(TEXTS[:8])
    halved().fit(dataset(np.where(ids < 0, VOCABULARY.size, ids)), verbose=0)
    assert "too long" not in capsys.readouterr().out
    ids[6, 1] = 9
    with pytest.raises(ValueError, match=r"Row 2 of batch 1 has the label \[\d, 9, "):
        halved().fit(dataset(ids), verbose=0)


@pytest.mark.parametrize("form", ["list", "dataset", "validation"])
def test_a_collapse_is_named(form, capsys):
    model = eager(keras.layers.Dense(3))
    model.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
    model.build((None, None, 4))
    data = {"x": EIGHT, "y": TEXTS[:8]}
    if form == "dataset":
        data = {"x": dataset(TEXTS[:8])}
    if form == "validation":
        data = {"x": dataset(TEXTS[:8]), "validation_data": dataset(TEXTS[:8])}
    model.head.bias.assign([0, 0, 0, 0, 50.0])
    model.fit(**data, verbose=2)
    said = "After epoch 1 every frame of a batch reads as blank."
    assert said in capsys.readouterr().out
    model.head.bias.assign([50.0, 0, 0, 0, 0])
    model.fit(**data, verbose=2)
    assert "of a batch reads" not in capsys.readouterr().out


def test_a_dataset_that_may_be_read_but_once_is_left_to_the_training():
    batch, begun = (padded(EIGHT), np.array(TEXTS[:8])), []

    def batches():
        begun.append(True)
        yield batch

    spec = tf.nest.map_structure(tf.type_spec_from_value, batch)
    data = tf.data.Dataset.from_generator(batches, output_signature=spec)
    report_too_long(eager(keras.layers.Dense(3)), data, "texts", "teach nothing")
    assert first_inputs(data) is None
    assert not begun
    assert first_inputs(data.apply(tf.data.experimental.assert_cardinality(1)))
    assert begun


@pytest.mark.slow
def test_a_dataset_of_texts_trains_as_the_same_ids_do():
    found = []
    for y in (labels(TEXTS[:8]), np.array(TEXTS[:8])):
        model = make()
        data = tf.data.Dataset.from_tensors((padded(EIGHT), y))
        model.fit(data, epochs=2, verbose=0)
        found.append(model.get_weights())
    for ids, texts in zip(*found):
        np.testing.assert_allclose(ids, texts, atol=1e-6)


@pytest.mark.slow
def test_lists_ragged_and_masked_sequences_train_alike():
    x, lengths = padded(EIGHT)
    forms = {
        "list": EIGHT,
        "ragged": tf.ragged.stack(EIGHT),
        "padded": (x, lengths),
        "masked": x,
    }
    found = {}
    for form, inputs in forms.items():
        model = make([keras.layers.Masking(), *make().encoder])
        model.compile(keras.optimizers.SGD(0.1))
        model.fit(inputs, TEXTS[:8], verbose=0)
        found[form] = model.get_weights()
    start = make()
    start.build((None, None, 4))
    assert np.abs(start.get_weights()[0] - found["list"][0]).max() > 1e-4
    for form in forms:
        for weights, wanted in zip(found[form], found["list"]):
            np.testing.assert_allclose(weights, wanted, atol=1e-6, err_msg=form)


def test_an_unknown_symbol_of_a_dataset_is_named_with_its_row():
    texts = [*TEXTS[:6], "axb", TEXTS[7]]
    with pytest.raises(ValueError, match="Row 2 of batch 1: Character 'x'"):
        halved().fit(dataset(texts), verbose=0)
    unknown = dataset(texts).filter(lambda *batch: True)
    words = r"(?s)x.*in these rows .*:\W+2$"
    with pytest.raises(tf.errors.InvalidArgumentError, match=words):
        halved().fit(unknown, verbose=0)


def test_a_bad_item_does_not_end_a_run_unless_strict():
    model = eager(keras.layers.Dense(3))
    texts = ["axb", *TEXTS[1:8]]
    with pytest.warns(UserWarning, match="1 of 8 sequences .* 0: Character 'x'"):
        model.fit(EIGHT, texts, verbose=0)
    with pytest.raises(ValueError, match="0: Character 'x'"):
        model.fit(EIGHT, texts, strict=True, verbose=0)


def test_a_bad_item_is_left_out_of_what_is_read_unless_strict():
    model = eager(keras.layers.Dense(3))
    model.fit(EIGHT, TEXTS[:8], verbose=0)
    bad = {0: np.zeros((0, 4)), 2: np.full((9, 4), np.nan), 3: np.zeros(7)}
    given = [bad.get(k, EIGHT[k]) for k in range(6)]
    wanted = model.transcribe(EIGHT[:6], details=True, batch_size=2)
    with pytest.warns(UserWarning, match="3 of 6 .* 0: it is empty.* 2: it holds a "):
        read = model.transcribe(given)
    assert read == [None if k in bad else one.text for k, one in enumerate(wanted)]
    with pytest.warns(UserWarning, match="Sequence 3: it has axes"):
        found = model.transcribe(given, details=True)
    assert [k for k, one in enumerate(found) if one is None] == [*bad]
    assert found[5].text == wanted[5].text
    with pytest.raises(ValueError, match="3 of 6 sequences are bad: Sequence 0: "):
        model.transcribe(given, strict=True)
    with pytest.raises(ValueError, match="1 of 1 sequences left out"):
        model.transcribe(given[:1])
    texts = [*TEXTS[:5], "axb"]
    with pytest.warns(UserWarning, match=r"4 of 6 .* 3: it has axes .* and 1 more"):
        aligned = model.align(given, texts)
    assert [one is None for one in aligned] == [True, False, True, True, False, True]
    assert len(aligned[4].starts) == len(TEXTS[4])
    with pytest.raises(ValueError, match="4 of 6 sequences are bad"):
        model.align(given, texts, strict=True)


def test_silence_teaches_nothing_and_may_be_read():
    model = eager(LogMel(8000, bins=5))
    noise = np.random.default_rng(0).uniform(-1, 1, (3, 900)).astype("float32")
    sounds = [noise[0], np.full(900, 0.2, "float32"), noise[1]]
    with pytest.warns(UserWarning, match="Sequence 1: it is silent"):
        model.fit(sounds, ["a", "b", "c"], verbose=0)
    with pytest.raises(ValueError, match="Sequence 1: it is silent"):
        model.fit(sounds, ["a", "b", "c"], strict=True, verbose=0)
    assert len(model.transcribe(sounds, strict=True)) == 3


def test_tokens_that_are_none_are_named_with_their_rows():
    words = r"(?s)y.*in these rows .*:\W+0, 2$"
    with pytest.raises(tf.errors.InvalidArgumentError, match=words):
        Tokens(["x"]).encode_tensor(tf.constant(["x y y", "x", "z"]))

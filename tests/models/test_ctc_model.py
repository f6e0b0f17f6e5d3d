"""A CTC model, from sequences and texts to transcripts."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

import rnnkit
from rnnkit.data import SequenceBatches, Tokens
from rnnkit.layers import (
    LSTM,
    Bidirectional,
    PyramidalBidirectional,
    TimeDelay,
)
from rnnkit.losses import ctc_loss
from rnnkit.models import CTCModel
from tests.models.spelt_words import (
    INPUTS,
    TEXTS,
    VOCABULARY,
    batches,
    examples,
    forward,
    labels,
    make,
    padded,
)

jiwer = pytest.importorskip("jiwer")
pytestmark = pytest.mark.xdist_group("ctc_model")


@pytest.fixture(scope="module")
def trained():
    model = make([TimeDelay(12, (-1, 0, 1)), forward(24, path="auto")])
    model.fit(batches(12), epochs=14, verbose=0)
    return model


def test_it_learns_to_read(trained):
    inputs, texts = examples(40, seed=5)
    read = trained.transcribe(inputs)
    assert jiwer.cer(texts, read) < 0.15
    rates = trained.evaluate(inputs, texts, return_dict=True, verbose=0)
    assert rates["symbol_error"] == pytest.approx(jiwer.cer(texts, read), abs=0.02)
    assert rates["word_error"] == pytest.approx(jiwer.wer(texts, read))
    wrong = np.mean([a != b for a, b in zip(texts, read)])
    assert rates["sequence_error"] == pytest.approx(wrong)
    x, lengths = padded(inputs)
    y = labels(texts)
    logits = trained((x, lengths))
    loss = ctc_loss(y, logits, logit_lengths=lengths, blank=4)
    assert rates["loss"] == pytest.approx(float(np.mean(loss)), rel=1e-3)


@pytest.mark.parametrize(
    "encoder",
    [
        [forward()],
        [TimeDelay(8, (-2, 0, 1), stride=2), Bidirectional(forward(8))],
        [PyramidalBidirectional(forward(8)), keras.layers.Dropout(0.5)],
        [keras.layers.Dense(6), Bidirectional(forward(8)), forward(8)],
        [Bidirectional(forward(8, path="auto"))],
    ],
)
def test_padding_and_neighbours_change_nothing(encoder):
    model = make(encoder)
    x, lengths = padded(INPUTS[:5], more=4)
    x[np.arange(x.shape[1]) >= lengths[:, None]] = 9.0  # of zeros a cell keeps zeros
    together, frames = model.read((x, lengths))
    for row, one in enumerate(INPUTS[:2]):
        alone, count = model.read((one[None], lengths[row : row + 1]))
        assert frames[row] == count[0]
        got = np.array(together)[row, : int(count[0])]
        np.testing.assert_allclose(got, np.array(alone)[0, : int(count[0])], atol=1e-6)
        without, _ = model.read(one[None])
        np.testing.assert_allclose(without[0], alone[0], atol=1e-6)


def test_the_loss_reads_no_padding():
    model = make([PyramidalBidirectional(forward(8))])
    x, lengths = padded(INPUTS[:6], more=7)
    logits = model((x, lengths))
    y = labels(TEXTS[:6])
    wanted = ctc_loss(y, logits, logit_lengths=-(-lengths // 2), blank=4)
    loss = model.compute_loss(y=y, y_pred=logits)
    assert float(loss) == pytest.approx(float(np.mean(wanted)), rel=1e-5)


@pytest.mark.slow
def test_transcripts_come_in_order_whatever_the_batches(trained):
    inputs = INPUTS[:12]
    together = trained.transcribe(inputs, batch_size=5)
    assert together == [trained.transcribe([x])[0] for x in inputs]
    tf = pytest.importorskip("tensorflow")
    assert together == trained.transcribe(tf.ragged.stack(inputs))
    assert together == trained.transcribe(padded(inputs))


@pytest.mark.slow
def test_a_lexicon_and_a_language_model_help(trained):
    noisy = [x + np.random.default_rng(0).normal(0, 0.5, x.shape) for x in INPUTS]
    noisy = [x.astype("float32") for x in noisy]
    words = sorted({word for text in TEXTS for word in text.split()})
    lm = rnnkit.lm.NGram.train([text.split() for text in TEXTS], 2)
    greedy = jiwer.wer(TEXTS, trained.transcribe(noisy))
    read = trained.transcribe(noisy, lexicon=words, lm=lm, lm_weight=0.5)
    assert jiwer.wer(TEXTS, read) < greedy
    assert {word for text in read for word in text.split()} <= set(words)
    spelt = {word.upper(): word for word in words}
    read_spelt = trained.transcribe(noisy, lexicon=spelt, beam_width=100)
    plain = trained.transcribe(noisy, lexicon=words, beam_width=100)
    assert read_spelt == [text.upper() for text in plain]
    skipped = trained.transcribe(noisy, lexicon=words, lm=lm, skip_blanks=0.99)
    assert jiwer.wer(TEXTS, skipped) < greedy
    details = trained.transcribe(noisy[:2], hot_words=["abc"], details=True)
    for one in details:
        assert "".join(one.symbols) == one.reading == one.text
        assert len(one.frames) == len(one.symbols)
        assert list(one.frames) == sorted(one.frames)


def test_alignments_stand_where_the_letters_are(trained):
    found = trained.align(INPUTS[:6], TEXTS[:6], batch_size=4)
    for one, text, x in zip(found, TEXTS, INPUTS):
        assert len(one.starts) == len(text)
        assert len(one.path) == len(x)
        assert np.all(one.starts[1:] >= one.ends[:-1])
        heard = [" abc"[k] for k in x[:, :].argmax(1)]
        near = [
            letter in heard[max(0, start - 2) : end + 2]
            for letter, start, end in zip(text, one.starts, one.ends)
        ]
        assert np.mean(near) > 0.8


SEARCH = {"beam_width": 8, "lexicon": ["a", "bc"]}


@pytest.mark.parametrize("options", [{}, pytest.param(SEARCH, marks=pytest.mark.slow)])
def test_a_stream_reads_what_transcribe_reads(trained, options):
    stream = trained.stream(**options)
    for begin in range(0, len(INPUTS[0]), 6):
        stream.feed(INPUTS[0][None, begin : begin + 6])
    assert stream.finish() == trained.transcribe(INPUTS[:1], **options)


def test_a_file_holds_the_whole_model(trained, tmp_path):
    trained.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.transcribe(INPUTS) == trained.transcribe(INPUTS)
    again.fit(INPUTS[:12], TEXTS[:12], verbose=0)
    tokens = make([forward(4)], Tokens(["x", "|"]))
    config = CTCModel.from_config(tokens.get_config()).get_config()
    assert config["vocabulary"] == tokens.get_config()["vocabulary"]


ALONE = """
import json, sys
sys.modules["keras"] = sys.modules["rnnkit"] = None  # cannot be imported
import numpy as np, tensorflow as tf
for folder in sys.argv[1:]:
    with np.load(folder + ".npz") as file:
        x, lengths = file["x"], file["lengths"]
    serve = tf.saved_model.load(folder).signatures["serving_default"]
    texts = serve(inputs=tf.constant(x), lengths=tf.constant(lengths))["text"]
    print(json.dumps([text.decode() for text in texts.numpy()]))
"""


@pytest.mark.slow
def test_the_export_reads_in_tensorflow_alone(trained, tmp_path):
    listening, sounds = make([rnnkit.layers.LogMel(8000, bins=5), forward(8)]), tones()
    listening.build((None, None))
    beam = {"beam_width": 6, "lexicon": ["ab", "c"]}
    helped = beam | {"hot_words": ["c"], "skip_blanks": 0.99}
    helped["lm"] = rnnkit.lm.NGram.train([["ab", "c", "c"]], 2)
    every = {
        "helped": (trained, INPUTS[:4], helped),
        "greedy": (trained, INPUTS[:4], {}),
        "beam": (trained, INPUTS[:4], beam),
        "samples": (listening, sounds, {}),
    }
    for name, (model, inputs, options) in every.items():
        model.export(tmp_path / name, **options)
        x, lengths = padded(inputs, more=3)
        np.savez(tmp_path / f"{name}.npz", x=x, lengths=lengths)
    command = [sys.executable, "-c", ALONE, *(tmp_path / name for name in every)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = printed.stdout.splitlines()
    for line, (model, inputs, options) in zip(lines, every.values(), strict=True):
        read = model.transcribe(inputs, **options)
        assert json.loads(line) == read
        assert any(read)


def tones():
    """Samples `(time,)` of unlike length; the first fills no frame."""
    lengths = np.array([150, 900, 601, 400])
    rng = np.random.default_rng(3)
    return [rng.uniform(-1, 1, length).astype("float32") for length in lengths]


@pytest.mark.slow
def test_an_interrupted_training_ends_as_if_it_had_not_been(tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.optimizer.iterations == 7:
                raise KeyboardInterrupt

    def train(path, callbacks=()):
        model = make()
        data = batches(16)  # of 60: the last is a smaller one
        model.build((None, None, 4))
        resume = rnnkit.training.Resume(path, every=0)
        rnnkit.training.fit(model, data.passes(3), 3, resume, callbacks, verbose=0)
        return model

    whole = train(tmp_path / "a")
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "b", [Stop()])
    rest = train(tmp_path / "b")
    assert rest.optimizer.iterations == whole.optimizer.iterations
    for ours, theirs in zip(rest.get_weights(), whole.get_weights()):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_frames_that_vanish_behind_the_mask_are_an_error():
    model = make([keras.layers.Conv1D(4, 3, strides=2, name="conv"), forward(4)])
    with pytest.raises(ValueError, match=r"conv makes \d+ frames of 4001, but its"):
        model.fit(INPUTS[:2], TEXTS[:2], verbose=0)


def test_a_decoder_is_kept_for_what_it_was_made_of(trained):
    def decoder(words):
        return trained._decoder({"hot_words": words})

    for k in range(20):
        word = "ab" if k % 2 else "c"
        (scorer,) = decoder([word]).scorers
        wanted = rnnkit.decoding.HotWords([word], [*" abc", None], 2.0)
        np.testing.assert_array_equal(scorer._ends, wanted._ends)
    assert decoder(["ab"]) is decoder(["ab"])
    words = ["ab"]
    first = decoder(words)
    words.append("c")
    assert decoder(words) is not first


def test_layers_that_mix_frames_read_no_padding():
    model = make([keras.layers.Conv1D(5, 5, padding="same"), forward(6)])
    x, lengths = padded(INPUTS[:4], more=3)
    dirty = x + 9.0 * (np.arange(x.shape[1])[None, :, None] >= lengths[:, None, None])
    clean, _ = model.read((x, lengths))
    other, _ = model.read((dirty.astype("float32"), lengths))
    for row, length in enumerate(lengths):
        np.testing.assert_allclose(clean[row, :length], other[row, :length], atol=1e-6)


def test_after_an_interrupted_pass_come_whole_ones():
    seen = []

    class Count(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            seen.append(0)

        def on_train_batch_end(self, batch, logs=None):
            seen[-1] += 1

    data = batches(20)
    data.first = 2
    history = make().fit(data, epochs=3, callbacks=[Count()], verbose=0)
    assert seen == [1, 3, 3]
    assert len(history.history["loss"]) == 3
    assert data.first == 0  # the next fit begins at the beginning


def test_half_precision_reads_whole_samples():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = CTCModel([rnnkit.layers.LogMel(8000), forward(4)], VOCABULARY)
        samples = np.random.default_rng(0).normal(size=(1, 2000)).astype("float32")
        seen = []
        model.encoder[0].call = lambda x, mask=None, call=model.encoder[0].call: (
            seen.append(keras.backend.standardize_dtype(x.dtype)) or call(x, mask=mask)
        )
        logits, _ = model.read(samples * 1e-4)
        assert seen == ["float32"]
        assert np.all(np.isfinite(logits))
    finally:
        keras.config.set_dtype_policy("float32")


def of_other_letters():
    return SequenceBatches(INPUTS, TEXTS, rnnkit.data.Characters(" abcd"))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.transcribe(INPUTS[0]), "Sequence 0 has 1 axes, the model reads"),
        (
            lambda m: m.transcribe([x[:, :3] for x in INPUTS]),
            r"Sequence 0 has axes \(3,\) after time, the model reads \(4,\)",
        ),
        (lambda m: m.fit(INPUTS), "no texts"),
        (lambda m: m.align(INPUTS), "Give texts to align"),
        (lambda m: m.transcribe(INPUTS, lexicon="abc"), "lexicon is a list of texts"),
        (lambda m: m.transcribe(INPUTS, lexicon=["xy"]), "lexicon's 'xy' cannot"),
        (lambda m: m.transcribe(INPUTS, beam_width=0), "beam_width must be 1 or more"),
        (
            lambda m: m.transcribe(INPUTS, lexicon=["a"], separator="_"),
            "separator='_' is not in the vocabulary",
        ),
        (
            lambda m: m.transcribe(INPUTS, lm=rnnkit.lm.NGram.train([["abba"]], 1)),
            "The model knows none of the symbols",
        ),
        (lambda m: m.transcribe(INPUTS, lm="model.arpa"), "is an rnnkit.lm.NGram here"),
        (
            lambda m: m.transcribe(
                INPUTS, lexicon=["a"], lm=rnnkit.lm.NGram.train([["zz", "yy"]], 2)
            ),
            "The language model knows no word of the lexicon, but",
        ),
        (
            lambda m: m.transcribe(INPUTS, beam_width=4, skip_blanks=7.0),
            "a probability",
        ),
        (lambda m: m.transcribe(INPUTS, skip_blanks=0.9), "no effect without a beam"),
        (lambda m: m.transcribe(INPUTS, separator=" "), "no effect without a lexicon"),
        (lambda m: m.transcribe(INPUTS, lm_weight=2.0), "no effect without lm:"),
        (lambda m: m.transcribe(INPUTS, lexicon=["a"], lm_weight=2.0), "without lm:"),
        (lambda m: m.transcribe(INPUTS, hot_words=["a"], bonus=1.0), "without lm or a"),
        (lambda m: m.transcribe(INPUTS, hot_weight=1.0), "without hot_words"),
        (lambda m: m.transcribe((padded(INPUTS)[0], [-1] * 60)), r"and the lengths \["),
        (lambda m: m.evaluate(INPUTS), "no texts"),
        (lambda m: m.fit(batches(4), TEXTS), "hold their texts: give no others"),
        (lambda m: m.evaluate(batches(4), TEXTS), "hold their texts: give no others"),
        (lambda m: m.fit(SequenceBatches(INPUTS)), "have no texts"),
        (lambda m: m.fit(of_other_letters()), "are of another vocabulary"),
        (
            lambda m: m.fit(INPUTS, TEXTS, validation_data=of_other_letters()),
            "are of another vocabulary",
        ),
        (
            lambda m: m.evaluate(
                [np.nan * INPUTS[0], INPUTS[1]], TEXTS[:2], strict=True
            ),
            "1 of 2 sequences are bad",
        ),
        (
            lambda m: m.evaluate(batches(4).dataset(), lexicon=["a"], verbose=0),
            "lexicon: of a tf.data.Dataset only the loss is told",
        ),
        (lambda m: m.stream(beam_width=4, skip_blanks=0.9), "A stream skips no blanks"),
        (lambda m: m.stream().feed(np.full((1, 2, 4), np.nan)), "is not finite"),
        (lambda m: make().stream(), "The model has not been built"),
        (lambda m: m.export("x", lexicon={"A": "a"}), "spells 'A' otherwise"),
        (lambda m: m.stream().feed(INPUTS[0]), r"A chunk is \(batch, time, features\)"),
        (
            lambda m: m.fit(SequenceBatches(INPUTS[:2], [[1, 9], [2]]), verbose=0),
            r"Item 0 has the label \[1, 9\]; there are the ids 0 to 3",
        ),
    ],
)
def test_what_cannot_be_is_said_in_words(trained, call, message):
    with pytest.raises(ValueError, match=message):
        call(trained)


def test_what_is_no_sequence_of_frames_is_named_at_once():
    with pytest.raises(ValueError, match=r"has .* return_sequences=True"):
        make([LSTM(6)]).build((None, None, 4))
    model = make()
    model.build((None, None, 4))
    stream = model.stream()
    stream.finish()
    with pytest.raises(ValueError, match="The stream has ended"):
        stream.feed(np.zeros((1, 3, 4)))

"""Spectra are tf.signal's, on noise and on speech."""

import wave

import numpy as np
import pytest
import tensorflow as tf

from rnnkit.layers import MFCC, LogMel

RNG = np.random.default_rng(0)


def pipeline(samples, rate, bins, frame, hop, low, high, points):
    """Logarithms of mel energies by tf.signal."""
    spectrum = tf.signal.stft(samples, frame, hop, points)
    mel = tf.signal.linear_to_mel_weight_matrix(
        bins, points // 2 + 1, rate, low, high, dtype=tf.float64
    )
    return tf.math.log(tf.cast(tf.abs(spectrum) ** 2, "float64") @ mel)


@pytest.mark.parametrize(
    ("rate", "options", "wanted"),
    [
        (8000, {}, (40, 200, 80, 20.0, 4000.0, 256)),
        (16000, {"bins": 80}, (80, 400, 160, 20.0, 8000.0, 512)),
        (
            8000,
            {
                "bins": 23,
                "frame_seconds": 0.032,
                "hop_seconds": 0.005,
                "low": 125.0,
                "high": 3800.0,
                "fft_length": 1024,
            },
            (23, 256, 40, 125.0, 3800.0, 1024),
        ),
    ],
)
def test_energies_are_tf_signals(rate, options, wanted):
    samples = RNG.uniform(-1, 1, (2, 3001)).astype("float32")
    got = LogMel(rate, **options)(samples)
    np.testing.assert_allclose(got, pipeline(samples, rate, *wanted), atol=1e-4)


def in_numpy(samples, bins, frame, hop, points, rate):
    """The docstring's formula in float64, with its sums written out."""
    mel = [1127 * np.log(1 + f / 700) for f in (20, rate / 2)]
    feet = np.linspace(*mel, bins + 2)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame) / frame)
    rows = []
    for start in range(0, len(samples) - frame + 1, hop):
        energies = np.zeros(bins)
        for k in range(1, points // 2 + 1):
            wave = np.exp(-2j * np.pi * k * np.arange(frame) / points)
            energy = abs(np.sum(window * samples[start : start + frame] * wave)) ** 2
            at = 1127 * np.log(1 + k * rate / points / 700)
            for m in range(bins):
                energies[m] += energy * np.interp(at, feet[m : m + 3], [0, 1, 0])
        rows.append(np.log(np.maximum(energies, 1e-8)))
    return np.array(rows)


def test_energies_are_the_formulas():
    samples = RNG.uniform(-1, 1, 900)
    layer = LogMel(11025, bins=12, frame_seconds=0.0249, hop_seconds=0.01)
    assert (layer.frame_length, layer.hop_length) == (275, 110)
    wanted = in_numpy(samples, 12, 275, 110, 512, 11025)
    np.testing.assert_allclose(layer(samples[None])[0], wanted, atol=1e-4)


@pytest.mark.parametrize("coefficients", [13, 40])
def test_cepstra_are_tf_signals(coefficients):
    samples = RNG.uniform(-1, 1, (2, 2000)).astype("float32")
    wanted = tf.signal.mfccs_from_log_mel_spectrograms(LogMel(8000)(samples))
    got = MFCC(8000, coefficients)(samples)
    np.testing.assert_allclose(got, wanted[..., :coefficients], atol=1e-4)


def test_speech_gives_tf_signals_numbers(data_set):
    paths = sorted((data_set("fsdd") / "recordings").glob("*_0.wav"))[:12]
    for path in paths:
        with wave.open(str(path)) as sound:
            assert (sound.getframerate(), sound.getsampwidth()) == (8000, 2)
            pcm = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
        samples = pcm.astype("float32") / 2**15
        got = LogMel(8000)(samples[None])[0]
        wanted = pipeline(samples, 8000, 40, 200, 80, 20.0, 4000.0, 256)
        assert len(got) == 1 + (len(samples) - 200) // 80
        wanted = np.maximum(wanted, np.log(1e-8))
        np.testing.assert_allclose(got, wanted, atol=1e-4, err_msg=path.name)


def test_a_tone_lies_in_its_band():
    layer = LogMel(8000, bins=20)
    centres = np.linspace(*1127 * np.log1p(np.array([20, 4000]) / 700), 22)[1:-1]
    for band in (3, 11, 19):
        hertz = 700 * np.expm1(centres[band] / 1127)
        tone = np.sin(2 * np.pi * hertz * np.arange(800) / 8000)
        assert (np.argmax(layer(tone[None]), -1) == band).all()


def test_silence_is_the_floor_and_has_no_slope():
    samples = tf.zeros((1, 500))
    layer = LogMel(8000, floor=1e-3)
    with tf.GradientTape() as tape:
        tape.watch(samples)
        y = layer(samples)
    np.testing.assert_allclose(y, np.full((1, 4, 40), np.log(1e-3)), rtol=1e-6)
    assert not tape.gradient(y, samples).numpy().any()


def test_slopes_are_finite_differences():
    samples = RNG.uniform(-1, 1, (1, 360)).astype("float32")
    layer, way = MFCC(8000), RNG.normal(size=(1, 360)).astype("float32")
    weights = RNG.normal(size=(1, 3, 13)).astype("float32")
    x = tf.constant(samples)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(layer(x) * weights)
    slope = np.sum(tape.gradient(loss, x).numpy() * way)
    above, below = (np.sum(layer(samples + s * way) * weights) for s in (1e-3, -1e-3))
    assert abs((above - below) / 2e-3 - slope) < 0.01 * abs(slope) + 0.1


def test_a_short_clip_is_one_frame_with_zeros_after_it():
    samples = RNG.uniform(-1, 1, (1, 130)).astype("float32")
    layer = LogMel(8000)
    filled = np.pad(samples, [[0, 0], [0, 70]])
    np.testing.assert_array_equal(layer(samples), layer(filled))
    longer = np.pad(samples, [[0, 0], [0, 370]], constant_values=9)
    mask = np.arange(500)[None] < 130
    got = layer(longer, mask=mask)
    np.testing.assert_allclose(got[:, :1], layer(filled), atol=1e-6)
    np.testing.assert_array_equal(
        layer.compute_mask(longer, mask), [[True, False, False, False]]
    )


def test_counts_of_frames_are_the_masks():
    layer = MFCC(8000)
    lengths = np.array([0, 1, 199, 200, 279, 280, 281, 360, 1000])
    mask = np.arange(1000) < lengths[:, None]
    counts = np.array(layer.frame_counts(lengths))
    np.testing.assert_array_equal(counts, [0, 1, 1, 1, 1, 2, 2, 3, 11])
    np.testing.assert_array_equal(counts, np.sum(layer.compute_mask(None, mask), 1))


def test_spectra_in_half_precision_are_rounded_last():
    samples = 1e-4 * RNG.uniform(-1, 1, (1, 800)).astype("float32")
    got = MFCC(8000, dtype="mixed_float16")(samples)
    assert got.dtype == "float16"
    np.testing.assert_array_equal(got, np.array(MFCC(8000)(samples), "float16"))


def test_a_function_with_spectra_in_it_is_exported(tmp_path):
    samples = RNG.uniform(-1, 1, (2, 800)).astype("float32")
    module = tf.Module()
    module.layer = LogMel(8000)

    @tf.function(input_signature=[tf.TensorSpec((None, None))])
    def recognise(samples):
        return tf.reduce_mean(module.layer(samples), axis=1)

    module.recognise = recognise
    tf.saved_model.save(module, tmp_path)
    loaded = tf.saved_model.load(tmp_path)
    for given in (samples, samples[:1, :50]):
        wanted = np.mean(LogMel(8000)(given), axis=1)
        np.testing.assert_allclose(loaded.recognise(given), wanted, atol=1e-4)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"bins": 0}, "bins must be a whole number from 1"),
        ({"bins": 100}, "falls into bin 1 of 100: take fewer bins"),
        ({"fft_length": 128}, "fft_length 128 is shorter than a frame of 200"),
        ({"high": 5000}, "high at most at half the sample rate"),
        ({"low": 4000}, "low must lie below high"),
        ({"hop_seconds": 1e-5}, "samples per hop must be a whole number from 1"),
        ({"floor": 0}, "floor must be above 0"),
        ({"coefficients": 41}, "41 coefficients of 40 bins"),
    ],
)
def test_what_cannot_be_is_refused_in_words(options, words):
    with pytest.raises(ValueError, match=words):
        MFCC(8000, **options)

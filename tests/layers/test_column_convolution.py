"""The columns of a line are its convolutions' maxima, whatever stands beside them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnnkit.data import Characters
from rnnkit.layers import LSTM, Bidirectional, ColumnConvolution
from rnnkit.models import CTCModel

RNG = np.random.default_rng(0)
WIDTHS = (11, 6, 1)
MASK = np.arange(11) < np.array(WIDTHS)[:, None]
SHAPES = [  # kernel_size, pool_sizes, height, channels
    (3, ((2, 2), (3, 2)), 7, None),
    (3, ((1, 3), (1, 1)), 6, None),
    (2, ((4, 1), (1, 2)), 5, 2),
    (5, ((2, 2), (2, 2)), 8, 3),
]


def images(height, channels=None):
    shape = (3, 11, height) if channels is None else (3, 11, height, channels)
    return RNG.normal(size=shape).astype("float32")


def built(x, **options):
    """A layer of two blocks, all of its weights different."""
    layer = ColumnConvolution((3, 4), **{"activation": "tanh"} | options)
    layer.build(x.shape)
    layer.set_weights([RNG.uniform(0.2, 1, size=w.shape) for w in layer.weights])
    for convolution in layer.convolutions:
        kernel, *bias = convolution.get_weights()
        convolution.set_weights([RNG.normal(size=kernel.shape), *bias])
    return layer


def block(x, convolution, normalization, size):
    """The formula for one image, `(width, height, channels)`, in float64."""
    kernel = convolution.kernel.numpy().astype("float64")
    side = len(kernel)
    width, height = x.shape[:2]
    before = (side - 1) // 2
    larger = np.zeros((width + side - 1, height + side - 1, x.shape[2]))
    larger[before : before + width, before : before + height] = x
    y = np.zeros((width, height, kernel.shape[-1]))
    for i in range(width):
        for j in range(height):
            part = larger[i : i + side, j : j + side]
            y[i, j] = np.einsum("abc,abcd->d", part, kernel)
    columns, rows = -(-width // size[0]), -(-height // size[1])
    larger = np.full((columns * size[0], rows * size[1], y.shape[2]), -np.inf)
    larger[:width, :height] = y
    y = larger.reshape(columns, size[0], rows, size[1], -1).max((1, 3))
    if normalization is None:
        return np.tanh(y + convolution.bias.numpy())
    scale, shift, mean, variance = map(np.array, normalization.weights)
    return np.tanh(scale * (y - mean) / np.sqrt(variance + 1e-3) + shift)


def read(layer, x):
    """All blocks for one image, `(width, height)` or with channels."""
    x = x.astype("float64").reshape(*x.shape[:2], -1)
    normalizations = layer.normalizations or [None] * 2
    for one in zip(layer.convolutions, normalizations, layer.pool_sizes):
        x = block(x, *one)
    return x.reshape(len(x), -1)


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize(("kernel_size", "pool_sizes", "height", "channels"), SHAPES)
def test_columns_are_the_formula(kernel_size, pool_sizes, height, channels, normalize):
    x = images(height, channels)
    layer = built(
        x, kernel_size=kernel_size, pool_sizes=pool_sizes, normalize=normalize
    )
    y, real = np.array(layer(x, mask=MASK)), np.array(layer.compute_mask(x, MASK))
    for row, width in enumerate(WIDTHS):
        wanted = read(layer, x[row, :width])
        assert real[row].sum() == len(wanted) == -(-width // layer.stride)
        np.testing.assert_allclose(y[row, : len(wanted)], wanted, atol=1e-5)
        assert not y[row, len(wanted) :].any()
    np.testing.assert_allclose(layer(x)[0], read(layer, x[0]), atol=1e-5)


def test_statistics_count_real_columns_alone():
    x = images(6)
    layer = built(x, pool_sizes=((2, 2), (1, 2)))
    scale, shift, _, _ = layer.normalizations[0].get_weights()
    layer.normalizations[0].momentum = 0.0
    layer(x, mask=MASK, training=True)
    kernel = layer.convolutions[0].kernel
    every = []
    for row, width in enumerate(WIDTHS):
        y = tf.nn.conv2d(x[row : row + 1, :width, :, None], kernel, 1, "SAME")
        every.append(np.reshape(tf.nn.max_pool2d(y, 2, 2, "SAME"), (-1, 3)))
    every = np.concatenate(every)
    got = layer.normalizations[0].get_weights()
    for value, wanted in zip(got, (scale, shift, every.mean(0), every.var(0))):
        np.testing.assert_allclose(value, wanted, atol=1e-4)


def test_padding_changes_nothing_in_training():
    x = images(6)
    layer = built(x, pool_sizes=((2, 2), (3, 2)), activation="relu")
    weights = layer.get_weights()
    found = []
    for more in (0, 1, 4):
        layer.set_weights(weights)
        wider = np.pad(x, [[0, 0], [0, more], [0, 0]], constant_values=np.nan)
        wider[~np.pad(MASK, [[0, 0], [0, more]])] = np.nan
        mask = np.pad(MASK, [[0, 0], [0, more]])
        with tf.GradientTape() as tape:
            y = layer(wider, mask=mask, training=True)
            loss = tf.reduce_sum(y**2)
        slopes = tape.gradient(loss, [w.value for w in layer.trainable_weights])
        found.append([y[:, :2], *slopes, *layer.get_weights()])
        assert not np.array(y)[:, 2:].any()
    for others in found[1:]:
        for one, other in zip(found[0], others):
            scale = np.abs(one).max()
            np.testing.assert_allclose(one, other, atol=1e-5 * scale)


def test_images_of_another_height_are_refused_in_words():
    layer = built(images(8), pool_sizes=((2, 2), (1, 2)))
    with pytest.raises(ValueError, match="images 8 pixels high, not 9: bring them"):
        layer(images(9))


@pytest.mark.parametrize("shape", [(3, 8), (3, 11, None), (3, 11, 8, 1, 1)])
def test_what_is_no_image_is_refused_in_words(shape):
    with pytest.raises(ValueError, match="known height"):
        ColumnConvolution().build(shape)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"filters": (8,)}, "one entry for each block"),
        ({"filters": (), "pool_sizes": ()}, "one entry for each block"),
        ({"filters": (8, 0, 8)}, "filters must be a whole number from 1"),
        ({"kernel_size": 0}, "kernel_size must be a whole number from 1"),
        ({"pool_sizes": ((1, 1), (2, 2), (0, 2))}, "pool_sizes must be a whole"),
    ],
)
def test_what_cannot_be_is_refused_in_words(options, words):
    with pytest.raises(ValueError, match=words):
        ColumnConvolution(**options)


LETTERS = "abc"


def strokes(count, height=9):
    """Lines of unlike width: letters are strokes at different heights."""
    rng = np.random.default_rng(1)
    texts, lines = [], []
    for _ in range(count):
        texts.append("".join(rng.choice(list(LETTERS), rng.integers(1, 6))))
        line = rng.normal(0, 0.1, (8 * len(texts[-1]) + rng.integers(4), height))
        for k, letter in enumerate(texts[-1]):
            at = 3 * LETTERS.index(letter)
            line[8 * k + 2 : 8 * k + 5, at : at + 2] += 1
        lines.append(line.astype("float32"))
    return lines, texts


def reader():
    keras.utils.set_random_seed(0)
    encoder = [
        ColumnConvolution((8, 8), pool_sizes=((2, 2), (1, 2))),
        Bidirectional(LSTM(8, return_sequences=True)),
    ]
    model = CTCModel(encoder, Characters(LETTERS))
    model.compile(keras.optimizers.Adam(2e-2))
    return model


@pytest.mark.slow
def test_a_reader_of_lines_learns_saves_and_exports(tmp_path):
    (lines, texts), model = strokes(48), reader()
    model.fit(lines, texts, batch_size=8, epochs=12, verbose=0)
    read = model.transcribe(lines)
    assert np.mean([one == text for one, text in zip(read, texts)]) > 0.8
    alone = [model.transcribe([line])[0] for line in lines[:6]]
    assert alone == read[:6]
    model.save(tmp_path / "model.keras")
    assert keras.models.load_model(tmp_path / "model.keras").transcribe(lines) == read
    model.export(tmp_path / "saved")
    serve = tf.saved_model.load(tmp_path / "saved").signatures["serving_default"]
    x, widths = np.zeros((48, 60, 9), "float32"), [len(line) for line in lines]
    for row, line in enumerate(lines):
        x[row, : len(line)] = line
    found = serve(inputs=tf.constant(x), lengths=tf.constant(widths, tf.int32))
    assert [text.decode() for text in found["text"].numpy()] == read


def test_a_line_of_another_height_is_named():
    (lines, texts), model = strokes(2), reader()
    model.run_eagerly = True  # there is nothing to compile
    lines[1] = np.zeros((20, 11), "float32")
    with pytest.warns(UserWarning, match=r"1 of 2 .* 1: it has axes \(11,\)"):
        model.fit(lines, texts, verbose=0)
    with pytest.raises(ValueError, match=r"1 of 2 .* 1: it has axes \(11,\)"):
        model.fit(lines, texts, verbose=0, strict=True)
    with pytest.raises(ValueError, match=r"Sequence 1: it has axes \(11,\)"):
        model.transcribe(lines, strict=True)
    with pytest.raises(ValueError, match=r"Sequence 0 has axes \(11,\) after time"):
        model.transcribe(lines[1:])

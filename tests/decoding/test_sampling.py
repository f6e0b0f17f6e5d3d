"""Sampling against NumPy in float64, and by counting what is drawn."""

import numpy as np
import pytest
from keras import ops

from rnnkit.decoding import sample, temper, top_k, top_p

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(5, 30)) * 3


def softmax(logits):
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


def kept(logits):
    return np.isfinite(ops.convert_to_numpy(logits))


@pytest.mark.parametrize("temperature", [0.1, 0.7, 1.0, 3.0])
def test_temperature_divides_the_logits(temperature):
    ours = ops.softmax(temper(LOGITS.astype("float32"), temperature))
    np.testing.assert_allclose(ours, softmax(LOGITS / temperature), atol=1e-6)


def test_temperature_zero_leaves_the_most_probable():
    close = np.array([[1.0, 1.0 + 1e-6, -1e9]], "float32")
    ours = ops.softmax(temper(close, 0.0))
    np.testing.assert_array_equal(ours, [[0, 1, 0]])


@pytest.mark.parametrize("k", [1, 7, 30, 99])
def test_top_k_keeps_the_k_largest(k):
    order = np.argsort(-LOGITS, axis=-1)
    expected = np.zeros(LOGITS.shape, bool)
    np.put_along_axis(expected, order[:, :k], True, axis=-1)
    ours = top_k(LOGITS.astype("float32"), k)
    np.testing.assert_array_equal(kept(ours), expected)
    np.testing.assert_array_equal(
        np.array(ours)[expected], LOGITS[expected].astype("f")
    )


@pytest.mark.parametrize("p", [1e-6, 0.3, 0.9, 0.999, 1])
def test_top_p_keeps_the_smallest_set_that_reaches_p(p):
    expected = np.zeros(LOGITS.shape, bool)
    for row, probabilities in zip(expected, softmax(LOGITS)):
        total = 0.0
        for k in np.argsort(-probabilities):
            row[k] = True
            total += probabilities[k]
            if total >= p:
                break
    np.testing.assert_array_equal(kept(top_p(LOGITS.astype("float32"), p)), expected)


def test_sampling_inverts_the_distribution_function():
    uniform = RNG.random((2000, 5))
    inverse = [
        [np.searchsorted(np.cumsum(p), u, side="right") for p, u in zip(rows, row)]
        for rows, row in zip([softmax(LOGITS)] * len(uniform), uniform)
    ]
    ours = ops.convert_to_numpy(sample(LOGITS[None].astype("f"), uniform.astype("f")))
    # A number within rounding of a step of the function may fall on either side.
    assert (ours != inverse).mean() < 1e-3


def test_what_is_drawn_is_distributed_as_asked():
    probabilities = softmax(LOGITS[0] / 3)
    n = 200_000
    uniform = RNG.random(n).astype("f")
    drawn = sample(np.log(probabilities).astype("f")[None], uniform)
    expected = n * probabilities
    counts = np.bincount(ops.convert_to_numpy(drawn), minlength=30)
    chi_square = ((counts - expected) ** 2 / expected).sum()
    assert expected.min() > 5
    assert chi_square < 58.3  # 29 degrees of freedom: exceeded once in 1000 times


@pytest.mark.parametrize("uniform", [0.0, 1 - 2**-24])
def test_the_impossible_is_never_drawn(uniform):
    logits = np.array([[-np.inf, 0.0, 0.1, -np.inf]] * 3, "float32")
    logits[1:, 2] = [-30, -np.inf]
    drawn = ops.convert_to_numpy(sample(logits, np.full(3, uniform, "f")))
    assert (drawn[:2] > 0).all()
    assert (drawn < 3).all()
    assert drawn[2] == 1


def test_bad_arguments_get_plain_errors():
    with pytest.raises(ValueError, match="top_k must be a positive integer, got 0"):
        top_k(LOGITS, 0)
    with pytest.raises(ValueError, match=r"top_p must be in \(0, 1\], got 2"):
        top_p(LOGITS, 2)

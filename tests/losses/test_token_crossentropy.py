"""The cross-entropy of tokens: label smoothing and reductions."""

import numpy as np
import pytest

from rnnkit.losses import TokenCrossentropy


def test_label_smoothing_is_a_target_spread_over_all_tokens():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(2, 3, 5)).astype("float32")
    y = np.array([[1, 4, -1], [2, -1, -1]])
    spread = 0.8 * np.eye(5)[np.maximum(y, 0)] + 0.2 / 5
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    expected = -(spread * log_p).sum(-1)[y >= 0].mean()
    assert float(TokenCrossentropy(0.2)(y, logits)) == pytest.approx(expected, 1e-5)
    assert float(TokenCrossentropy(0.2, reduction="sum")(y, logits)) == pytest.approx(
        3 * expected, 1e-5
    )
    each = np.array(TokenCrossentropy(0.2, reduction=None)(y, logits))
    assert each.shape == (2, 3)
    assert not each[y < 0].any()
    logits[y < 0] = np.nan
    assert float(TokenCrossentropy(0.2)(y, logits)) == pytest.approx(expected, 1e-5)

"""What the documents name is there."""

import functools
import re
from pathlib import Path

import numpy as np
import pytest

import rnnkit

DOCS = Path(__file__).parents[1] / "docs"
# What `tensorflow_addons.seq2seq` 0.23 had.
ADDONS = re.findall(
    r"\w+",
    """
    AttentionMechanism AttentionWrapper AttentionWrapperState BahdanauAttention
    BahdanauMonotonicAttention BaseDecoder BasicDecoder BasicDecoderOutput
    BeamSearchDecoder BeamSearchDecoderOutput BeamSearchDecoderState CustomSampler
    Decoder FinalBeamSearchDecoderOutput GreedyEmbeddingSampler InferenceSampler
    LuongAttention LuongMonotonicAttention SampleEmbeddingSampler Sampler
    ScheduledEmbeddingTrainingSampler ScheduledOutputTrainingSampler SequenceLoss
    TrainingSampler dynamic_decode gather_tree gather_tree_from_array hardmax
    monotonic_attention safe_cumprod sequence_loss tile_batch
    """,
)


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.md")), ids=lambda path: path.stem)
def test_every_name_resolves(path):
    names = set(re.findall(r"\brnnkit((?:\.\w+)+)", path.read_text("utf-8")))
    assert names
    for name in sorted(names):
        functools.reduce(getattr, name[1:].split("."), rnnkit)


def test_every_name_of_the_addons_has_its_row():
    rows = (DOCS / "from_tensorflow_addons.md").read_text("utf-8").splitlines()
    left = " ".join(row.split("|")[1] for row in rows if row.startswith("|"))
    assert [n for n in ADDONS if not re.search(rf"`{n}\b", left)] == []


def test_the_loss_of_a_sequence_is_as_its_row_says():
    """`sequence_loss` as Addons defined it, in NumPy."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(2, 3, 4)).astype("float32")
    targets = np.array([[1, 2, 0], [3, 0, 0]])
    weights = np.array([[1, 1, 1], [1, 0, 0]])
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    nats = -np.take_along_axis(log_p, targets[..., None], -1)[..., 0]
    expected = (nats * weights).sum() / weights.sum()
    found = rnnkit.losses.TokenCrossentropy()(np.where(weights, targets, -1), logits)
    assert float(found) == pytest.approx(expected, rel=1e-5)

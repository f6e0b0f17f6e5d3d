"""Every head on the backend of KERAS_BACKEND; writes numbers to an .npz file."""

import sys

import keras
import numpy as np

from rnnkit import layers

WORDS, UNITS = 23, 12
RNG = np.random.default_rng(0)
H = RNG.normal(size=(5, 8, UNITS)).astype("float32")
TARGETS = RNG.integers(0, WORDS, (5, 8)).astype("int32")
HEADS = {
    "adaptive": layers.AdaptiveSoftmax(WORDS, (4, 11), factor=2),
    "classes": layers.ClassSoftmax(WORDS, (1, 2, 5, 9, 16)),
    "full": layers.FullSoftmax(WORDS),
    "sampled": layers.SampledSoftmax(WORDS, WORDS),
}

numbers = {}
for name, head in HEADS.items():
    head.build(H.shape)
    for weight in head.trainable_weights:
        weight.assign(RNG.normal(size=weight.shape).astype("float32"))
    for kind in ("nats", "loss"):
        found = getattr(head, kind)(H, TARGETS)
        numbers[f"{name} {kind}"] = keras.ops.convert_to_numpy(found)
    numbers[name] = keras.ops.convert_to_numpy(head(H))
np.savez(sys.argv[1], **numbers)

"""CTC loss and its gradient, against torch and keras.ops."""

import keras
import numpy as np
import tensorflow as tf

from benchmarks.peers import NO_TORCH, torch
from benchmarks.report import Report
from benchmarks.timing import interleaved
from rnnkit.losses import ctc_loss

TORCH, KERAS_OPS = "torch.nn.functional.ctc_loss", "keras.ops.ctc_loss"
# batch, frames, symbols, labels: what is asked against each peer
CASES = {
    (32, 200, 64, 40): {TORCH: 1.3, KERAS_OPS: 20},
    (8, 1000, 500, 100): {TORCH: 1.5},
    (8, 400, 5000, 60): {},
}
TINY = {(2, 8, 4, 3): {KERAS_OPS: 1}}


def on_tensorflow(loss, labels, logits, label_lengths, frames):
    """Loss and gradient by `loss(labels, logits, label_lengths, frames)`."""
    given = [tf.constant(x) for x in (labels, logits, label_lengths, frames)]

    @tf.function(autograph=False)
    def step(labels, logits, label_lengths, frames):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            total = tf.reduce_sum(loss(labels, logits, label_lengths, frames))
        return total, tape.gradient(total, logits)

    def run():
        total, gradient = step(*given)
        gradient[0, 0, 0].numpy()
        return float(total)

    return run


def on_torch(labels, logits, label_lengths, frames):
    """Loss and gradient by torch, from the same logits."""
    x = torch.from_numpy(logits).requires_grad_()
    labels, label_lengths, frames = (
        torch.from_numpy(a).long() for a in (labels, label_lengths, frames)
    )

    def run():
        log_probs = x.log_softmax(-1).transpose(0, 1)
        total = torch.nn.functional.ctc_loss(
            log_probs, labels, frames, label_lengths, reduction="sum"
        )
        torch.autograd.grad(total, x)
        return total.item()

    return run


def contenders(batch, time, symbols, count, with_keras):
    """All on the same batch; Keras' takes seconds for one of the larger."""
    draw = np.random.default_rng(0)
    logits = draw.normal(size=(batch, time, symbols)).astype("float32")
    labels = draw.integers(1, symbols, size=(batch, count)).astype("int32")
    given = (
        labels,
        logits,
        np.full(batch, count, "int32"),
        np.full(batch, time, "int32"),
    )
    found = {"rnnkit": on_tensorflow(ctc_loss, *given)}
    if torch:
        found[TORCH] = on_torch(*given)
    if with_keras:
        found[KERAS_OPS] = on_tensorflow(keras.ops.ctc_loss, *given)
    return found


def run(quick=False):
    report = Report("ms")
    for case, asked in (TINY if quick else CASES).items():
        found = contenders(*case, with_keras=KERAS_OPS in asked)
        totals = {name: contender() for name, contender in found.items()}
        if not np.allclose(list(totals.values()), totals["rnnkit"], rtol=1e-3):
            raise ValueError(f"They compute different losses: {totals}.")
        seconds = interleaved(found, 1 if quick else 5, warm_up=1, calls=4)
        mine = 1e3 * seconds.pop("rnnkit")
        name = "·".join(map(str, case))
        for peer, taken in seconds.items():
            report.add("CTC loss", name, mine, 1e3 * taken, peer)
            what, ratio = f"CTC loss, {name}, against {peer}", report.rows[-1]["ratio"]
            if peer in asked:
                report.judge(what, ratio, asked[peer])
            else:
                report.notes.append(f"{what}: {ratio:.2f} ×.")
    if not torch:
        report.notes.append(NO_TORCH)
    return report

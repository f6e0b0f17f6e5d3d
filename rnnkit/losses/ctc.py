"""The loss of connectionist temporal classification."""

import functools
import math

import keras
import numpy as np
from keras import ops

from rnnkit.lattice import ctc as lattice
from rnnkit.losses.framewise import FrameLoss
from rnnkit.ops.tracing import known
from rnnkit.registration import export

INFEASIBLE = ("zero", "inf", "error")
SECOND_ORDER = "ctc_loss has no second derivatives on TensorFlow."


def ctc_loss(
    labels,
    logits,
    label_lengths=None,
    logit_lengths=None,
    blank=0,
    infeasible="zero",
    mask=None,
):
    """Minus the log-probability of each label, summed over all its alignments.

        loss_b = -ln Σ over paths π that read as labels_b of Π_t softmax(logits_bt)[π_t]

    Labels and frames beyond their lengths change nothing, nor do the other items of the
    batch. Logits of any size are safe (no log-probability counts as less than
    -10,000); those of half precision are computed with in float32. What is no number
    gives a loss that is none. Both passes run at once, also where no gradient is
    wanted. On TensorFlow it compiles itself, for few shapes: batches of unlike sizes
    are padded to one of eight in every doubling.

    Args:
        labels: Integers `(batch, labels)`. Repeats are allowed, blanks are not.
        logits: Scores before any softmax, `(batch, time, symbols)`.
        label_lengths: Integers `(batch,)`; by default a label ends at its first blank
            or negative number.
        logit_lengths: Frames of each item, integers `(batch,)`; by default all.
        blank: Which symbol is the blank; -1 is the last.
        infeasible: What to do with a label for which there are too few frames (each
            label takes one, and one more goes between two that are alike): "zero"
            gives it no loss and no gradient, "inf" an infinite loss and no gradient,
            "error" raises, and where it cannot, in what XLA compiles, is as "inf".
        mask: Which frames count, booleans `(batch, time)`, in place of
            `logit_lengths`; False frames may stand anywhere.

    Returns:
        Nats, float32 `(batch,)`.

    Raises:
        ValueError: `infeasible` is none of the three, or shapes do not fit. Run
            eagerly also: a label that holds what is no symbol or the blank (in a graph
            its loss is NaN), a length that is out of range, and with
            `infeasible="error"` the items and their lengths (in TensorFlow's graphs
            `tf.errors.InvalidArgumentError`).

    Reference: [Graves et al., 2006](https://doi.org/10.1145/1143844.1143891)
    """
    _check(infeasible)
    logits = ops.convert_to_tensor(logits)
    labels = ops.cast(ops.convert_to_tensor(labels), "int32")
    if len(labels.shape) == 2 and labels.shape[1] == 0:
        labels = ops.pad(labels, [[0, 0], [0, 1]], constant_values=-1)
    if len(logits.shape) != 3 or len(labels.shape) != 2:
        raise ValueError(
            "ctc_loss takes labels (batch, labels) and logits (batch, time, symbols), "
            f"got {tuple(labels.shape)} and {tuple(logits.shape)}."
        )
    lattice.check_batch(labels, logits)
    symbols = logits.shape[-1]
    blank = lattice.blank_of(blank, symbols)
    label_lengths = lattice.lengths_of(labels, label_lengths, blank)
    frames = lattice.frames_of(logits, logit_lengths, mask)
    logits = ops.cast(logits, "float32")
    run = _tensorflow if keras.backend.backend() == "tensorflow" else _plain
    wrong = lattice.wrong_labels(labels, label_lengths, symbols, blank)
    feasible = lattice.has_path(labels, label_lengths, frames)
    if infeasible == "error":
        _refuse(feasible, label_lengths, frames)
    likelihood = run(labels, logits, label_lengths, frames, blank)
    loss = ops.where(feasible, -likelihood, 0.0 if infeasible == "zero" else np.inf)
    lost = ops.any(ops.isnan(logits), axis=-1) & frames
    return ops.where(wrong | ops.any(lost, axis=1), np.nan, loss)


@export
class CTC(FrameLoss):
    """Connectionist temporal classification, `ctc_loss` as a Keras loss.

        loss(y_true, y_pred, sample_weight=None, label_lengths=None, logit_lengths=None)

    `y_true` holds the labels, `(batch, labels)`, padded with blanks or negative
    numbers, `y_pred` the logits, `(batch, time, symbols)`. The model's mask says how
    many frames an item has, so that padding is never read. Called by hand, it takes
    the lengths of labels and of logits too, `(batch,)`, which count instead of the
    padding and of the mask.

    Args:
        blank: Which symbol is the blank; -1 is the last.
        infeasible: "zero", "inf" or "error", see `ctc_loss`.
        reduction, name: as in every Keras loss. The mean is over the items.
    """

    def __init__(
        self,
        blank=0,
        infeasible="zero",
        reduction="sum_over_batch_size",
        name="ctc",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        _check(infeasible)
        self.blank = blank
        self.infeasible = infeasible
        self._lengths = (None, None)

    def __call__(
        self,
        y_true,
        y_pred,
        sample_weight=None,
        label_lengths=None,
        logit_lengths=None,
    ):
        self._lengths = (label_lengths, logit_lengths)
        try:
            return super().__call__(y_true, y_pred, sample_weight)
        finally:
            self._lengths = (None, None)

    def of_frames(self, y_true, y_pred, mask):
        label_lengths, logit_lengths = self._lengths
        return ctc_loss(
            y_true,
            y_pred,
            label_lengths,
            logit_lengths,
            blank=self.blank,
            infeasible=self.infeasible,
            mask=mask if logit_lengths is None else None,
        )

    def get_config(self):
        return {
            **super().get_config(),
            "blank": self.blank,
            "infeasible": self.infeasible,
        }


def _check(infeasible):
    if infeasible not in INFEASIBLE:
        raise ValueError(f"infeasible must be one of {INFEASIBLE}, got {infeasible!r}.")


def _sums(labels, logits, label_lengths, frames, blank):
    """Log-likelihoods, and the posteriors to learn from."""
    log_probs = lattice.log_probs_of(logits)
    found = lattice.sums(log_probs, labels, label_lengths, frames, blank)
    of_labels = ops.transpose(found.labels, (1, 0, 2))
    of_blank = ops.transpose(ops.sum(found.blanks, axis=2))
    return found.log_likelihood, (of_labels, of_blank)


def _gradient(labels, logits, label_lengths, frames, blank, saved, upstream):
    """Of the log-likelihoods to the logits: the posterior less the softmax."""
    feasible = lattice.has_path(labels, label_lengths, frames)
    of_labels, of_blank = saved
    symbols = logits.shape[-1]
    places = ops.arange(ops.shape(labels)[1], dtype="int32")[None]
    labels = ops.where(places < label_lengths[:, None], labels, blank)
    posterior = lattice.put(of_labels, labels, symbols)
    is_blank = ops.one_hot(blank, symbols, dtype=posterior.dtype)
    posterior = posterior + of_blank[:, :, None] * is_blank
    counts = ops.expand_dims(frames & feasible[:, None], -1)
    slope = ops.where(counts, posterior - ops.softmax(logits, axis=-1), 0.0)
    return slope * upstream[:, None, None]


def _plain(labels, logits, label_lengths, frames, blank):
    given = (label_lengths, frames, blank)

    @ops.custom_gradient
    def likelihood(logits):
        value, saved = _sums(labels, logits, *given)

        def gradient(*args, upstream=None):
            if upstream is None:
                (upstream,) = args
            return _gradient(labels, logits, *given, saved, upstream)

        return value, gradient

    return likelihood(logits)


def _refuse(feasible, label_lengths, frames):
    """Raise where values are known; in TensorFlow's graphs when they are run."""
    possible = known(feasible)
    if possible is None:
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            items = ops.where(ops.logical_not(feasible))[0]
            words = ["Labels too long for their frames; items:", items]
            words += ["their lengths:", ops.take(label_lengths, items)]
            tf.debugging.Assert(ops.all(feasible), words, summarize=10)
        return
    items = np.flatnonzero(~possible)
    if len(items):
        counts = known(frames).sum(1)
        raise ValueError(
            "Labels too long for their frames: "
            + ", ".join(
                f"item {i} has {known(label_lengths)[i]} labels and {counts[i]} frames"
                for i in items[:10]
            )
            + ". Leave them out, or sub-sample less in time."
        )


# TensorFlow: compiled, in parts, for few shapes.


def _tensorflow(labels, logits, label_lengths, frames, blank):
    from rnnkit.ops import parts

    labels, logits, frames = _padded(labels, logits, frames)
    likelihood = _compiled(blank, parts.COMPILE)
    return likelihood((), logits, (labels, label_lengths, frames))


@functools.cache
def _compiled(blank, compiled):
    """A function of logits, and of labels, their lengths and frames."""
    from rnnkit.ops.two_passes import two_passes

    def forward(_, logits, fixed):
        labels, *others = fixed
        return _sums(labels, logits, *others, blank)

    def backward(_, logits, fixed, saved, upstream):
        labels, *others = fixed
        return (), _gradient(labels, logits, *others, blank, saved, upstream)

    return two_passes(forward, backward, SECOND_ORDER)


def _padded(labels, logits, frames):
    """Time and labels rounded up where sizes may differ from call to call."""
    import tensorflow as tf

    def missing(x, least=0):
        size = x.shape[1]
        if size is not None and not tf.executing_eagerly():
            return max(least - size, 0)  # always the same
        size = tf.maximum(tf.shape(x)[1], least)
        digits = tf.math.log(tf.cast(tf.maximum(size, 1), "float32")) / math.log(2.0)
        step = tf.bitwise.left_shift(1, tf.cast(tf.maximum(digits - 3.0, 0.0), "int32"))
        return -(-size // step) * step - tf.shape(x)[1]

    time, more = missing(logits), missing(labels, least=1)
    return (
        tf.pad(labels, [[0, 0], [0, more]]),
        tf.pad(logits, [[0, 0], [0, time], [0, 0]]),
        tf.pad(frames, [[0, 0], [0, time]]),
    )

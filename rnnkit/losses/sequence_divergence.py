"""Cross-entropy of a sequence, its steps weighted; and targets for known places."""

import numpy as np
from keras import ops

from rnnkit.losses.framewise import FrameLoss
from rnnkit.ops.tracing import known
from rnnkit.registration import export

WEIGHTS = ("uniform", "last", "ramp")


def sequence_divergence(y_true, y_pred, weights="uniform", mask=None, from_logits=True):
    """Cross-entropy at every step of a sequence, weighted and summed.

        loss = Σ_t w_t Xent(y_pred_t, y_true_t) / Σ_t w_t

    A sequence that has one label may be judged at its last step alone, which pretends
    that the others know nothing, or at all of them. Masked steps have no weight.

    Args:
        y_true: Integers: one label a sequence, `(batch,)`, or one a step,
            `(batch, time)`.
        y_pred: Scores, `(batch, time, classes)`.
        weights: "uniform" (1), "last" (1 at the last step that counts, else 0),
            "ramp" (1, 2, 3 … over the steps that count), or numbers of 0 or more,
            `(time,)` or `(batch, time)`.
        mask: Which steps count, booleans `(batch, time)`; by default all.
        from_logits: Whether `y_pred` is before a softmax, else probabilities.

    Returns:
        Nats, float32 `(batch,)`; 0 where no step counts.

    Raises:
        ValueError: `weights` is no word known, or, where it is known, below 0.
    """
    y_pred = ops.cast(ops.convert_to_tensor(y_pred), "float32")
    y_true = ops.cast(ops.convert_to_tensor(y_true), "int32")
    shape = ops.shape(y_pred)[:2]
    if len(y_true.shape) == 1:
        y_true = ops.broadcast_to(y_true[:, None], shape)
    seen = ops.ones(shape, "float32") if mask is None else ops.cast(mask, "float32")
    steps = _weights(weights, seen)
    counts = steps > 0
    y_pred = ops.where(counts[:, :, None], y_pred, 1.0)  # whatever stands in padding
    nats = ops.sparse_categorical_crossentropy(
        ops.where(counts, y_true, 0), y_pred, from_logits=from_logits
    )
    nats = ops.where(counts, nats, 0.0)
    total = ops.sum(steps, axis=1)
    return ops.sum(steps * nats, axis=1) / ops.where(total > 0, total, 1.0)


@export
class SequenceDivergence(FrameLoss):
    """`sequence_divergence` as a Keras loss; the model's mask says which steps count.

    Args:
        weights: "uniform", "last", "ramp", or a list of numbers, one a step.
        from_logits: Whether `y_pred` is before a softmax.
        reduction, name: as in every Keras loss. The mean is over the sequences.
    """

    def __init__(
        self,
        weights="uniform",
        from_logits=True,
        reduction="sum_over_batch_size",
        name="sequence_divergence",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        self.weights = _word(weights) if isinstance(weights, str) else _numbers(weights)
        self.from_logits = from_logits

    def of_frames(self, y_true, y_pred, mask):
        return sequence_divergence(y_true, y_pred, self.weights, mask, self.from_logits)

    def get_config(self):
        return {
            **super().get_config(),
            "weights": self.weights,
            "from_logits": self.from_logits,
        }


def aligned_targets(labels, ends, time, starts=None):
    """A target for every frame, of symbols whose places are known.

    Either the symbol is to be said over its whole duration, where `starts` is given,
    or at its last frame alone. `sequence_divergence(targets, y_pred, weights)` is the
    loss of both.

    Args:
        labels: Integers, one list a sequence, or `(batch, labels)`; below zero is
            padding.
        ends: The frame after the last of each symbol, of the same shape.
        time: Number of frames of the longest sequence.
        starts: The first frame of each symbol, of the same shape, or None.

    Returns:
        Targets, int32 `(batch, time)`, and their weights, float32 `(batch, time)`.

    Raises:
        ValueError: A symbol lies outside its frames, or where another does, or has no
            place; names it.
    """
    targets = np.zeros((len(labels), time), "int32")
    weights = np.zeros((len(labels), time), "float32")
    places = [ends] if starts is None else [starts, ends]
    if any(len(given) != len(labels) for given in places):
        raise ValueError(
            f"There are {len(labels)} sequences, but places of "
            f"{', '.join(str(len(given)) for given in places)}."
        )
    for row, symbols in enumerate(labels):
        for k, symbol in enumerate(symbols):
            if symbol < 0:
                continue
            if any(k >= len(given[row]) for given in places):
                raise ValueError(
                    f"Sequence {row} has {len(symbols)} symbols, but not as many "
                    "places."
                )
            end = int(ends[row][k])
            start = end - 1 if starts is None else int(starts[row][k])
            if not 0 <= start < end <= time:
                raise ValueError(
                    f"Sequence {row}, symbol {k} lies in frames {start} to {end}, "
                    f"which are not among the {time}."
                )
            if weights[row, start:end].any():
                raise ValueError(
                    f"Sequence {row}, symbol {k} lies in frames {start} to {end}, "
                    "where another lies too."
                )
            targets[row, start:end] = symbol
            weights[row, start:end] = 1.0
    return targets, weights


def _word(weights):
    """The word of `WEIGHTS`; raises ValueError where it is none."""
    if weights not in WEIGHTS:
        raise _no_weights(weights)
    return weights


def _numbers(weights):
    """Weights, one a step, as floats; raises ValueError where they are none."""
    given = np.asarray(weights, "float64")
    if given.ndim != 1 or not (given >= 0).all():
        raise _no_weights(weights)
    return given.tolist()


def _no_weights(weights):
    return ValueError(
        f"weights must be one of {', '.join(WEIGHTS)}, or numbers of 0 or more, one a "
        f"step: {weights!r}."
    )


def _weights(weights, seen):
    if not isinstance(weights, str):
        weights = ops.cast(ops.convert_to_tensor(weights), "float32")
        at_hand = known(weights)
        if at_hand is not None and not (at_hand >= 0).all():
            raise ValueError(f"weights must be 0 or more, got {at_hand.tolist()}.")
        return weights * seen
    if _word(weights) == "uniform":
        return seen
    count = ops.cumsum(seen, axis=1)
    if weights == "ramp":
        return count * seen
    return seen * ops.cast(count == ops.max(count, axis=1, keepdims=True), "float32")

"""From the truth to a decoder's own tokens, step by step."""

import math

import keras

DRAWS = ("sample", "argmax")


def constant(ratio):
    """The same share of true tokens throughout."""
    return lambda batch: ratio


def linear(steps, end=0.0):
    """From 1 down to `end`, as much less at every batch: max(end, 1 - i / steps)."""
    return lambda batch: max(end, 1 - batch / steps)


def exponential(base):
    """base^i at batch i; base a little below 1."""
    return lambda batch: base**batch


def inverse_sigmoid(k):
    """k / (k + exp(i / k)) at batch i: first slowly, one half after about k ln k."""
    return lambda batch: k / (k + math.exp(min(batch / k, 700)))


class ScheduledSampling(keras.callbacks.Callback):
    """Feeds a `Seq2Seq` its own tokens in training, at first few, later more.

    A decoder that is only ever fed the truth never learns to go on from its own
    mistakes. With it each token fed is the true one with a probability that the
    schedule gives for the batch, drawn for every token on its own, and else the
    model's. As every step waits for the one before it, the decoder runs in a loop, for
    which what training drops is drawn as without it. A ratio of 1 gives what plain
    training gives.

        model.fit(…, callbacks=[ScheduledSampling(inverse_sigmoid(500))])

    Args:
        schedule: From the number of a batch, counted by the optimizer from the
            beginning of the training, to the share of true tokens: `constant`,
            `linear`, `exponential`, `inverse_sigmoid`, or any function.
        draw: "sample" draws the model's token from what it gives, "argmax" takes the
            most probable.

    Reference: [Bengio et al., 2015](https://arxiv.org/abs/1506.03099)
    """

    def __init__(self, schedule, draw="sample"):
        super().__init__()
        if draw not in DRAWS:
            raise ValueError(f"draw must be one of {DRAWS}, got {draw!r}.")
        self.schedule, self.draw = schedule, draw

    def on_epoch_begin(self, epoch, logs=None):
        if self.model.feeds != self.draw:  # until the model's `fit` ends, which
            self.model.feeds = self.draw  # `rnnkit.training.fit` calls for each epoch
            self.model.make_train_function(force=True)

    def on_train_batch_begin(self, batch, logs=None):
        ratio = float(self.schedule(int(self.model.optimizer.iterations)))
        if not 0 <= ratio <= 1:
            raise ValueError(f"The schedule gave {ratio} as a share of true tokens.")
        self.model.teacher_forcing.assign(ratio)

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["teacher_forcing"] = float(self.model.teacher_forcing)

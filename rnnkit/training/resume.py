"""Training that goes on where it was killed."""

import pathlib
import time

import keras

from rnnkit.training.checkpoint import load_checkpoint, read_position, save_checkpoint


class Resume(keras.callbacks.Callback):
    """Writes all of the training to one file now and then, and goes on from it.

    Unlike `keras.callbacks.BackupAndRestore`, which starts an interrupted epoch
    over with weights that have already seen a part of it and writes over its only
    copy, this keeps the position inside the pass, carried states, metrics, seeds
    and the history, and exchanges the file in one step.

    Use it through `rnnkit.training.fit`, which also sets the data to the position.

    Args:
        path: the checkpoint file.
        every: seconds between two writes; 0 writes after every batch. The end of
            an epoch is always written.
    """

    def __init__(self, path, every=30.0):
        super().__init__()
        self.path = pathlib.Path(path)
        self.every = every
        self.epoch, self.batch = 0, 0
        self.history, self.seconds = {}, 0.0
        self.found = self.path.exists()
        if self.found:
            position = read_position(self.path)
            self.epoch, self.batch = position["epoch"], position["batch"]
            self.history, self.seconds = position["history"], position["seconds"]
        self._restore = self.found
        self._last = time.monotonic()

    def on_train_begin(self, logs=None):
        self._saved = time.monotonic()
        if self._restore and self.epoch >= self.params["epochs"]:
            self._load()

    def on_epoch_begin(self, epoch, logs=None):
        if self._restore:  # not before: every epoch begins by resetting its metrics
            self._load()
            if self.batch == 0 and hasattr(self.model, "reset_state"):
                self.model.reset_state()  # what is carried ends with its epoch
        else:
            self.epoch, self.batch = epoch, 0
        self._first = self.batch

    def _load(self):
        if not self.model.optimizer.built:
            self.model.optimizer.build(self.model.trainable_variables)
        load_checkpoint(self.path, self.model)
        self._restore = False

    def on_train_batch_end(self, batch, logs=None):
        self.batch = self._first + batch + 1
        if batch + 1 == self.params["steps"]:
            return  # the end of the epoch follows and is written
        if time.monotonic() - self._saved >= self.every:
            self.save()

    def on_epoch_end(self, epoch, logs=None):
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(float(value))
        self.epoch, self.batch = epoch + 1, 0
        self.save()

    def save(self):
        """Write the checkpoint now."""
        now = time.monotonic()
        self.seconds += now - self._last
        self._last = now
        position = {
            "epoch": self.epoch,
            "batch": self.batch,
            "history": self.history,
            "seconds": self.seconds,
        }
        save_checkpoint(self.path, self.model, position)
        self._saved = time.monotonic()


def fit(model, parts, epochs, resume, callbacks=(), **arguments):
    """Call `model.fit` so that an interrupted run continues in mid-epoch.

    Args:
        model: a compiled model.
        parts: list of data sets, one per epoch, in turn: with four parts and six
            epochs the first two are seen twice. A part has `first`, the batch its
            next pass begins at, as `rnnkit.data.TextStreams` does.
        epochs: number of epochs in all, those already done included.
        resume: a `Resume`.
        callbacks: further callbacks, for which all epochs are one training. What
            they know themselves, such as the patience of an `EarlyStopping`, begins
            anew where an interrupted run goes on.
        arguments: passed on to `model.fit`.

    Returns:
        dict of lists: the logs of all epochs, those before an interruption too.
    """
    over = resume.found and resume.epoch >= epochs
    if over and not callbacks:
        load_checkpoint(resume.path, model, weights_only=True)
        return resume.history
    if resume.found and _lacks_metrics(model):
        # Keras makes what compile(metrics=) names only when it sees a batch.
        model.test_on_batch(*next(iter(parts[resume.epoch % len(parts)])))
    further = _OneTraining(callbacks, model)
    if over:  # but for its end, which changes what was written after the last epoch
        given = {**arguments, "initial_epoch": epochs, "epochs": epochs}
        model.fit(parts[-1], callbacks=[resume, further], **given)
    for epoch in range(resume.epoch, epochs):
        part = parts[epoch % len(parts)]
        part.first = resume.batch
        stop = _StopAfterEpoch()
        model.fit(
            part,
            initial_epoch=epoch,
            epochs=epochs,
            # The bar first: Keras' own comes last, after what a sample prints.
            callbacks=[keras.callbacks.ProgbarLogger(), resume, further, stop],
            **arguments,
        )
        if stop.asked_before:
            break
    further.end()
    return resume.history


def _lacks_metrics(model):
    metrics = getattr(model, "_compile_metrics", None)
    return metrics is not None and not metrics.built


class _OneTraining(keras.callbacks.CallbackList):
    """Callbacks for which several calls of `fit` are one training."""

    def __init__(self, callbacks, model):
        super().__init__(callbacks, model=model)
        self._begun, self._logs = False, None

    def on_train_begin(self, logs=None):
        if not self._begun:
            super().on_train_begin(logs)
        self._begun = True

    def on_train_end(self, logs=None):
        self._logs = logs

    def end(self):
        """The last `fit` is over."""
        if self._begun:
            super().on_train_end(self._logs)


class _StopAfterEpoch(keras.callbacks.Callback):
    """Ends `fit` after one epoch; the last of the callbacks."""

    def on_epoch_end(self, epoch, logs=None):
        self.asked_before = self.model.stop_training
        self.model.stop_training = True

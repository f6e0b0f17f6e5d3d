"""A callback that watches the gradient's way back while a model learns."""

import importlib.util
import pathlib
import warnings

import keras

from rnnkit.diagnostics.gradients import probe_of
from rnnkit.diagnostics.words import findings


class GradientFlow(keras.callbacks.Callback):
    """Looks at the gradient of every recurrent layer while `fit` runs.

    Where it holds, it warns in words, once until it no longer does: "layer lstm_2: the
    gradient shrinks by 0.62 a step; nothing older than 9 steps is learnt". Each look
    costs about as much as a training step on the probe batch; the first traces it.

    Args:
        probe: The batch to look at, `(x, y)` or `(x, y, sample_weight)`, the same each
            time, so that only the model changes.
        every: Number of batches between two looks; None: at the end of each epoch.
        threshold: Share of the gradient at the end below which nothing is learnt.
        log_dir: Folder for TensorBoard, or None.
        path: Picture to draw at each look, any format of matplotlib's, or None.

    Raises:
        ValueError: `every` is less than 1.
        ImportError: `log_dir` is given, and TensorBoard is not installed.

    Attributes:
        history: List of dicts, one a look: `batch`, the number of batches trained;
            `loss`, of the probe; and `layers`, by name the `horizon` in steps, the
            `factor` that a step leaves, the `largest` share, and the `sentence` or
            None.
    """

    def __init__(self, probe, every=None, threshold=0.01, log_dir=None, path=None):
        super().__init__()
        if every is not None and every < 1:
            raise ValueError(f"every must be 1 or more batches, or None: {every!r}.")
        if log_dir is not None and importlib.util.find_spec("tensorboard") is None:
            raise ImportError("log_dir needs TensorBoard: pip install tensorboard.")
        self.probe, self.every, self.threshold = tuple(probe), every, threshold
        self.log_dir, self.path = log_dir, path
        self.history = []
        self._batches = 0
        self._look = self._writer = None
        self._said = set()

    def on_train_begin(self, logs=None):
        self._look = None  # traced anew for the model as it is now

    def on_train_batch_end(self, batch, logs=None):
        self._batches += 1
        if self.every and self._batches % self.every == 0:
            self.look()

    def on_epoch_end(self, epoch, logs=None):
        if not self.every:
            self.look()

    def look(self):
        """Look now; returns the `ModelFlow`."""
        self._look = self._look or probe_of(self.model, *self.probe)
        flow = self._look()
        layers = {
            name: findings(one, self.threshold) for name, one in flow.layers.items()
        }
        self.history.append(
            {"batch": self._batches, "loss": flow.loss, "layers": layers}
        )
        for name, found in layers.items():
            if found["sentence"] is None:
                self._said.discard(name)
            elif name not in self._said:
                self._said.add(name)
                warnings.warn(found["sentence"] + ".", stacklevel=2)
        if self.path is not None:
            flow.plot(pathlib.Path(self.path))
        if self.log_dir is not None:
            self._log(flow, layers)
        return flow

    def _log(self, flow, layers):
        import tensorflow as tf

        from rnnkit.diagnostics.drawing import pixels

        if self._writer is None:
            self._writer = tf.summary.create_file_writer(str(self.log_dir))
        with self._writer.as_default(step=self._batches):
            for name, found in layers.items():
                for key in ("horizon", "factor", "largest"):
                    tf.summary.scalar(f"gradient_flow/{name}/{key}", found[key])
            tf.summary.image("gradient_flow", pixels(flow.plot())[None])
        self._writer.flush()

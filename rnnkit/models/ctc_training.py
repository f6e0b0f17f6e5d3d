"""Training and evaluation of a CTC model."""

import types

import keras
import numpy as np

from rnnkit.data import SequenceBatches
from rnnkit.data.sequence_batches import PADDING
from rnnkit.data.vocabulary import check_same
from rnnkit.models.ctc_checks import CollapseWatch, first_inputs, report_too_long
from rnnkit.models.error_rates import error_rates
from rnnkit.models.training import (
    BuiltOptimizer,
    LossGuard,
    as_list,
    dataset_of,
    fit_rest_and_whole,
    refuse_those_of_arrays,
)
from rnnkit.ops.tracing import compiled

_NO_LOSS = "their loss says nothing"


class CTCTraining(BuiltOptimizer):
    """`compile`, `fit` and `evaluate` of `CTCModel`."""

    def prepare_training(self):
        """Make what is kept between calls; in `__init__`."""
        self._read = compiled(lambda inputs: self.read(inputs))
        self._kept = types.SimpleNamespace(key=None, decoder=None)
        self._validation = None

    def compile(self, optimizer="adam", loss=None, *, jit_compile=False, **kwargs):
        """Keras' `compile`, with what a CTC model needs as defaults.

        Args:
            optimizer: Given by name, it clips the gradient's norm at 1.
            loss: By default `rnnkit.losses.CTC`, nats per sequence.
            jit_compile: Off by default: what is worth it compiles itself.
        """
        if isinstance(optimizer, str):
            optimizer = keras.optimizers.get(optimizer)
            optimizer.global_clipnorm = 1.0
        loss = self.default_loss() if loss is None else loss
        super().compile(optimizer, loss, jit_compile=jit_compile, **kwargs)

    def fit(
        self,
        x=None,
        y=None,
        batch_size=32,
        epochs=1,
        *,
        shuffle=True,
        validation_data=None,
        callbacks=None,
        strict=False,
        **kwargs,
    ):
        """Keras' `fit` on sequences of unlike length and their texts.

        Before it starts it says which texts are too long for their sequences, those
        of the validation too, and after each epoch whether everything still reads as
        blank. A `tf.data.Dataset` of which the number of batches, or `steps_per_epoch`,
        is known is read through once for it, which takes its time and moves the draws
        of a `shuffle` on; of any other nothing is said.

        Args:
            x: Sequences: a list of arrays `(time, ...)`, a ragged tensor, a padded
                pair `(x, lengths)`, a `rnnkit.data.SequenceBatches`, which also
                holds the texts; or a `tf.data.Dataset` of padded `((x, lengths), y)`,
                y rows of ids filled up with -1, or texts.
            y: Texts, or rows of ids.
            shuffle: Whether each pass has an order of its own, drawn from NumPy's
                seed, which `keras.utils.set_random_seed` sets.
            validation_data: `(x, y)`, or as `x`. Error rates are shown beside its
                loss.
            strict: Whether a bad item, or a text too long for its sequence, is an
                error; otherwise it is named, and left out or without effect.

        Raises:
            ValueError: With `strict`, an item is bad; a label that is looked at holds
                what is none of the vocabulary; or there are weights, or a
                `validation_split`.
            LossError: The loss is NaN or infinite.
        """
        refuse_those_of_arrays(kwargs)
        seed = int(np.random.randint(2**31)) if shuffle else 0
        data = self._labelled(
            x, y, batch_size=batch_size, shuffle=shuffle, seed=seed, strict=strict
        )
        if isinstance(validation_data, tuple):
            validation_data = self._labelled(
                *validation_data, batch_size=batch_size, strict=strict, like=data
            )
        elif isinstance(validation_data, SequenceBatches):
            validation_data = self._labelled(validation_data)
        self._validation = validation_data
        callbacks = as_list(callbacks)
        first = getattr(data, "first", 0)
        if not first and not kwargs.get("initial_epoch"):
            for one, texts, effect, steps in (
                (data, "texts", "teach nothing", "steps_per_epoch"),
                (validation_data, "validation texts", _NO_LOSS, "validation_steps"),
            ):
                report_too_long(self, one, texts, effect, strict, kwargs.get(steps))
        if isinstance(data, SequenceBatches):
            data.first = 0
        watched = (validation_data, data) if kwargs.get("verbose", 1) else ()
        watch = CollapseWatch(first_inputs(*watched))
        kwargs |= dict(
            epochs=epochs,
            shuffle=False,  # the batches are
            validation_data=dataset_of(validation_data),
            callbacks=[LossGuard(first), watch, *callbacks],
        )
        if first:
            return fit_rest_and_whole(
                self,
                super().fit,
                dataset_of(data.rest(first)),
                data,
                dataset_of,
                **kwargs,
            )
        return super().fit(dataset_of(data), **kwargs)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        if "string" in str(y.dtype):  # TensorFlow's, from a tf.data.Dataset
            y = self.vocabulary.encode_tensor(y).to_tensor(PADDING)
        return super().compute_loss(x, y, y_pred, sample_weight, training)

    def evaluate(
        self,
        x=None,
        y=None,
        batch_size=32,
        *,
        return_dict=False,
        strict=False,
        **kwargs,
    ):
        """Keras' `evaluate`, and how much of what is read is wrong.

        It says before which texts are too long for their sequences, as `fit` does.
        Such a text is always read wrongly, and adds to the loss what the loss has for
        it: by default 0 nats.

        Args:
            x, y: As for `fit`.
            strict: As for `fit`.
            kwargs: Also how to decode, as for `transcribe`.

        Returns:
            As Keras' `evaluate`; beside the loss there are `symbol_error`,
            `word_error` (edits per symbol and per word of the true texts) and
            `sequence_error` (share of texts with any), by jiwer. From a
            `tf.data.Dataset` only the loss.

        Raises:
            ValueError: As for `fit`; or it is told how to decode a `tf.data.Dataset`.
        """
        refuse_those_of_arrays(kwargs)
        known = ("verbose", "callbacks", "sample_weight", "steps")
        known = (*known, "_use_cached_eval_dataset")
        decoding = {k: v for k, v in kwargs.items() if k not in known}
        kwargs = {k: v for k, v in kwargs.items() if k in known}
        if kwargs.get("_use_cached_eval_dataset"):
            data = self._validation
        else:
            data = x = self._labelled(x, y, batch_size=batch_size, strict=strict)
            steps = kwargs.get("steps")
            report_too_long(self, data, "texts", _NO_LOSS, strict, steps)
        if decoding and not isinstance(data, SequenceBatches):
            raise ValueError(
                f"{', '.join(decoding)}: of a tf.data.Dataset only the loss is told."
            )
        logs = super().evaluate(dataset_of(x), return_dict=True, **kwargs)
        if isinstance(data, SequenceBatches):
            read = self.transcribe(data, details=True, **decoding)
            read = [self.vocabulary.encode(one.reading) for one in read]
            logs |= error_rates(data.labels, read, self.vocabulary)
        return logs if return_dict else list(logs.values())

    def _labelled(self, x, y=None, **options):
        if isinstance(x, SequenceBatches):
            if not x.has_labels:
                raise ValueError("These SequenceBatches have no texts.")
            check_same(x.vocabulary, self.vocabulary, "SequenceBatches")
        elif y is None and isinstance(x, (list, np.ndarray)):
            raise ValueError("There are sequences, but no texts: give y.")
        elif y is None:
            return x  # whatever Keras takes
        return self._sequences(x, y, **options)

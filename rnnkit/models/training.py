"""What `LanguageModel.fit` and `evaluate` add to Keras' own."""

import math

import keras

from rnnkit.data import SequenceBatches
from rnnkit.registration import export


class LossError(ValueError):
    """The training loss is no longer a number."""


@export
class Nats(keras.losses.Loss):
    """The mean of nats that the model has computed; weighted, per unit of weight."""

    def __init__(self, reduction="mean_with_sample_weight", name="nats", **kwargs):
        super().__init__(reduction=reduction, name=name, **kwargs)

    def call(self, y_true, y_pred):
        return y_pred


class BuiltOptimizer:
    """A model, once built, that has its optimizer's variables before it needs them.

    Keras makes them inside of the first step, which TensorFlow then traces twice.
    """

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))
        self._build_optimizer()

    def make_train_function(self, force=False):
        self._build_optimizer()
        return super().make_train_function(force)

    def _build_optimizer(self):
        if self.optimizer is None or self.optimizer.built:
            return
        if all(layer.built for layer in self._flatten_layers()):  # as Keras asks it
            self.optimizer.build(self.trainable_variables)


class Bits(keras.metrics.Metric):
    """A metric in nats, shown in bits; it counts nothing itself."""

    def __init__(self, nats, name="bits"):
        super().__init__(name=name)
        self._nats_result = nats.result

    def update_state(self, *args, **kwargs):
        pass

    def reset_state(self):
        pass

    def result(self):
        return self._nats_result() / math.log(2)


class BeginPass(keras.callbacks.Callback):
    """Empties the carried state where a pass over the text begins."""

    def __init__(self, first=0):
        super().__init__()
        self.first = first

    def on_epoch_begin(self, epoch, logs=None):
        if self.first == 0:
            self.model.reset_state()
        self.first = 0


class LossGuard(keras.callbacks.Callback):
    """Stops at the first batch whose loss is not finite.

    Raises:
        LossError: says the step, and what to try.
    """

    def __init__(self, first=0):
        super().__init__()
        self.first = first

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            raise LossError(
                f"The loss became {loss} at batch {self.first + batch + 1} of epoch "
                f"{self.epoch + 1}. Try a smaller learning rate, or clip the gradient "
                "more tightly (global_clipnorm of the optimizer); go on from the last "
                "saved weights, as these are spoilt."
            )

    def on_epoch_end(self, epoch, logs=None):
        self.first = 0


def fit_rest_and_whole(
    model, fit, rest, data, dataset, *, epochs, initial_epoch=0, **kwargs
):
    """The rest of an interrupted pass, then whole ones, as one training.

    Args:
        model: What is trained.
        fit: Keras' `fit` of it.
        rest: The rest of the pass, as `fit` takes it.
        data: All of it, which learns that the pass is over.
        dataset: Makes of `data` what `fit` takes.
    """
    begin = initial_epoch + 1
    first = fit(rest, initial_epoch=initial_epoch, epochs=begin, **kwargs)
    if begin >= epochs or model.stop_training:
        return first
    data.on_epoch_end()
    last = fit(dataset(data), initial_epoch=begin, epochs=epochs, **kwargs)
    last.history = {
        key: first.history.get(key, []) + value for key, value in last.history.items()
    }
    return last


_OF_ARRAYS = {
    "y": "what is to be predicted comes with the rest",
    "batch_size": "it is that of the data",
    "sample_weight": "sequences are not weighted",
    "class_weight": "symbols are not weighted",
    "validation_split": "give validation_data",
}


def refuse_those_of_arrays(options):
    """Look for options of Keras that are for arrays, and that mean nothing here.

    Raises:
        ValueError: There is one.
    """
    for name, reason in _OF_ARRAYS.items():
        value = options.get(name)
        nothing = isinstance(value, (int, float)) and value == 0  # validation_split
        if value is not None and not nothing:
            raise ValueError(f"There is no {name} here: {reason}.")


def as_list(callbacks):
    """Callbacks as `fit` takes them, as a list."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        return list(callbacks.callbacks)
    if isinstance(callbacks, keras.callbacks.Callback):
        return [callbacks]
    return list(callbacks or [])


def dataset_of(data):
    """Batches as the backend reads them fastest; anything else as it is."""
    if isinstance(data, SequenceBatches) and keras.backend.backend() == "tensorflow":
        return data.dataset()
    return data

"""Averaged SGD that begins to average when validation no longer improves."""

import keras
from keras import ops

from rnnkit.registration import export
from rnnkit.training.inner_optimizer import AroundOptimizer


@export
class AveragedWeights(AroundOptimizer):
    """An optimizer that also keeps the mean of the weights it has gone through.

        w̄ ← w̄ + (w - w̄) / k        at the k-th step since `start_averaging`

    The weights of the model stay those of the inner optimizer, until
    `swap` exchanges them with the mean; call it again to train on.
    `NonMonotonicAveraging` does both at the right time. Over k the mean is uniform,
    unlike the exponential one of `use_ema=True` in Keras' optimizers.

        model.compile(AveragedWeights(keras.optimizers.SGD(30.0)), ...)

    Args:
        inner_optimizer: The optimizer that takes the gradients.
        name: As in Keras.

    Reference: [Polyak and Juditsky, 1992](https://doi.org/10.1137/0330046)
    """

    def __init__(self, inner_optimizer, name=None):
        super().__init__(inner_optimizer, name)
        self.averaged = self.add_variable((), initializer="zeros", name="averaged")
        self.averages_now = self.add_variable((), initializer="zeros", name="averages")
        self.swapped = self.add_variable((), initializer="zeros", name="swapped")
        self.averages = []

    def build(self, var_list):
        if self.built:
            return
        self.inner_optimizer.build(var_list)
        super().build(var_list)
        self.averages = [
            self.add_variable_from_reference(v, name="average") for v in var_list
        ]

    def start_averaging(self):
        """Average from the next step on, if it does not yet."""
        self.averages_now.assign(1.0)

    def swap(self):
        """Exchange the weights with their mean; nothing where there is none yet."""
        if float(self.averaged):
            self.swapped.assign(1.0 - self.swapped)
            for weight, average in zip(self._trainable_variables, self.averages):
                value = ops.copy(ops.convert_to_tensor(weight))
                weight.assign(average)
                average.assign(value)

    def apply(self, grads, trainable_variables=None):
        if trainable_variables is not None:
            self.build(list(trainable_variables))
        self.inner_optimizer.apply(grads, trainable_variables)
        k = self.averaged + self.averages_now
        # While it does not average, the mean stays as it is and is not looked at.
        share = ops.where(self.averages_now > 0, 1 / ops.maximum(k, 1.0), 0.0)
        variables = trainable_variables or self._trainable_variables
        for weight, average in zip(variables, self.averages):
            part = ops.cast(share, average.dtype)
            average.assign(average + part * (ops.convert_to_tensor(weight) - average))
        self.averaged.assign(k)

    @property
    def variables(self):
        own = [self.averaged, self.averages_now, self.swapped, *self.averages]
        return [*self.inner_optimizer.variables, *own]


class NonMonotonicAveraging(keras.callbacks.Callback):
    """Averages once a validation is worse than the best of some time before.

    NT-ASGD: after each epoch, averaging starts if the figure is worse than the best
    before the last `patience` epochs. From then on the mean is what is validated, and
    what the model has in the end; fit once more, it goes on from the weights that are
    no mean, whatever has been set meanwhile. The model is compiled with
    `AveragedWeights`.

    Args:
        monitor: The figure, smaller being better.
        patience: Epochs whose figures do not yet count as before.
        history: Figures of epochs before, of an interrupted training.

    Raises:
        ValueError: The model is compiled with another optimizer, or there is no such
            figure after an epoch.

    Reference: [Merity et al., 2018](https://arxiv.org/abs/1708.02182), section 4
    """

    def __init__(self, monitor="val_nats", patience=5, history=()):
        super().__init__()
        self.monitor, self.patience = monitor, patience
        self.history = list(history)

    @property
    def _optimizer(self):
        """The `AveragedWeights`, also within what scales the loss in half precision."""
        found = self.model.optimizer
        while not isinstance(found, AveragedWeights):
            if not hasattr(found, "inner_optimizer"):
                raise ValueError(
                    "NonMonotonicAveraging needs a model compiled with rnnkit.training."
                    f"AveragedWeights, not with {type(self.model.optimizer).__name__}."
                )
            found = found.inner_optimizer
        return found

    def on_train_begin(self, logs=None):
        if float(self._optimizer.swapped):  # by an earlier training, at its end
            self._optimizer.swap()

    def on_test_begin(self, logs=None):
        self._optimizer.swap()

    def on_test_end(self, logs=None):
        self._optimizer.swap()

    def on_epoch_begin(self, epoch, logs=None):
        # A checkpoint may be from before the averaging that its epoch had started.
        if any(map(self._worse, range(len(self.history)))):
            self._optimizer.start_averaging()

    def on_epoch_end(self, epoch, logs=None):
        if self.monitor not in (logs or {}):
            raise ValueError(
                f"There is no {self.monitor} among {', '.join(logs or {})}: give "
                "validation_data, or another monitor."
            )
        self.history.append(float(logs[self.monitor]))
        if self._worse(len(self.history) - 1):
            self._optimizer.start_averaging()

    def on_train_end(self, logs=None):
        self._optimizer.swap()

    def _worse(self, epoch):
        """Whether the figure of an epoch is worse than the best of some time before."""
        before = self.history[: max(0, epoch - self.patience)]
        return bool(before) and self.history[epoch] > min(before)

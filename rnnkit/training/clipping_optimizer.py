"""An optimizer that changes the gradients before another takes them."""

import keras
from keras import ops


class ClippingOptimizer(keras.optimizers.Optimizer):
    """Base of optimizers that clip: what it clips, an optimizer inside takes.

    The gradient of an embedding, sparse, becomes dense: an Adam inside then moves the
    rows that a batch has not too.

    A subclass says how, in `clipped`, and has in `options` the names of its own
    arguments, each an attribute too.
    """

    options = ()

    def __init__(self, inner_optimizer, name=None):
        super().__init__(learning_rate=0.0, name=name)
        self.inner_optimizer = inner_optimizer

    def clipped(self, grads, variables):
        """The gradients as the optimizer inside gets them; None stays None."""
        raise NotImplementedError

    def build(self, var_list):
        self.inner_optimizer.build(var_list)
        super().build(var_list)

    def apply(self, grads, trainable_variables=None):
        variables = trainable_variables or self._trainable_variables
        grads = self.clipped(_dense(grads), variables)
        self.inner_optimizer.apply(grads, trainable_variables)

    def stateless_apply(self, optimizer_variables, grads, trainable_variables):
        grads = self.clipped(_dense(grads), trainable_variables)
        return self.inner_optimizer.stateless_apply(
            optimizer_variables, grads, trainable_variables
        )

    @property
    def variables(self):
        return self.inner_optimizer.variables

    @property
    def learning_rate(self):
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate):
        self.inner_optimizer.learning_rate = learning_rate

    @property
    def iterations(self):
        return self.inner_optimizer.iterations

    def finalize_variable_values(self, var_list):
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self):
        inner = keras.saving.serialize_keras_object(self.inner_optimizer)
        own = {name: getattr(self, name) for name in self.options}
        return {"inner_optimizer": inner, **own, "name": self.name}

    @classmethod
    def from_config(cls, config):
        inner = keras.saving.deserialize_keras_object(config["inner_optimizer"])
        return cls(**{**config, "inner_optimizer": inner})


def _dense(grads):
    """An embedding's gradient is sparse."""
    return [None if g is None else ops.convert_to_tensor(g) for g in grads]

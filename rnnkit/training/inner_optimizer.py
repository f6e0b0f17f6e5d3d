"""An optimizer around another, of which it leaves the steps to that one."""

import keras


class AroundOptimizer(keras.optimizers.Optimizer):
    """What optimizers around an `inner_optimizer` share: its rate and its steps.

    A subclass takes `inner_optimizer` as its first argument, and has `apply`, `build`
    and `variables`.
    """

    def __init__(self, inner_optimizer, name=None):
        super().__init__(learning_rate=0.0, name=name)
        self.inner_optimizer = inner_optimizer

    @property
    def learning_rate(self):
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate):
        self.inner_optimizer.learning_rate = learning_rate

    @property
    def iterations(self):
        return self.inner_optimizer.iterations

    def get_config(self):
        inner = keras.saving.serialize_keras_object(self.inner_optimizer)
        return {"inner_optimizer": inner, "name": self.name}

    @classmethod
    def from_config(cls, config):
        inner = keras.saving.deserialize_keras_object(config["inner_optimizer"])
        return cls(**{**config, "inner_optimizer": inner})

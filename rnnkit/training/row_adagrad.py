"""Adagrad with one number for each row of a table."""

import keras
from keras import ops

from rnnkit.registration import export


@export
class RowAdagrad(keras.optimizers.Optimizer):
    """Steps that grow shorter for a row the more it has been moved; for embeddings.

        a_r ← a_r + mean of g_r²
        w_r ← w_r - η g_r / √a_r

    for each row r along the first axis. Rows of which a batch has nothing stay as they
    are, and cost nothing. Where a batch has a row several times, it moves by each of
    its gradients, and all of them have been added to a before. That holds where
    gradients come by rows, as of `tf.gather` on TensorFlow; where they come whole, as
    on other backends, those of a row are one, their sum.

    Args:
        learning_rate: η, a number or a schedule.
        initial_accumulator_value: a at first.
        kwargs: As of any Keras optimizer.

    Reference: [Duchi et al., 2011](https://jmlr.org/papers/v12/duchi11a.html), by rows
    as in [Naumov et al., 2019](https://arxiv.org/abs/1906.00091)
    """

    def __init__(
        self,
        learning_rate=0.1,
        initial_accumulator_value=1e-6,
        name="row_adagrad",
        **kwargs,
    ):
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.initial_accumulator_value = initial_accumulator_value

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        first = keras.initializers.Constant(self.initial_accumulator_value)
        self._sums = [
            self.add_variable(
                (v.shape[0] if len(v.shape) else 1,),
                initializer=first,
                dtype=v.dtype,
                name="sum",
            )
            for v in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        total = self._sums[self._get_variable_index(variable)]
        rate = ops.cast(learning_rate, variable.dtype)
        if _is_sparse(gradient):
            import tensorflow as tf

            rows, values = gradient.indices, gradient.values
            self.assign_add(total, tf.IndexedSlices(_row_means(values), rows))
            step = tf.math.rsqrt(tf.gather(total.value, rows)) * rate
            self.assign_sub(variable, tf.IndexedSlices(_times(values, step), rows))
            return
        gradient = ops.cast(gradient, variable.dtype)
        self.assign_add(total, _row_means(gradient))
        self.assign_sub(variable, _times(gradient, ops.rsqrt(total) * rate))

    def get_config(self):
        return {
            **super().get_config(),
            "initial_accumulator_value": self.initial_accumulator_value,
        }


def _is_sparse(gradient):
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return isinstance(gradient, tf.IndexedSlices)


def _row_means(values):
    """Mean of the squares of each row, `(rows,)`."""
    squares = ops.square(values)
    if len(values.shape) < 2:
        return ops.reshape(squares, (-1,))
    return ops.mean(squares, axis=tuple(range(1, len(values.shape))))


def _times(values, factors):
    """Each row times its factor."""
    if not len(values.shape):
        return values * factors[0]
    return values * ops.reshape(factors, (-1, *[1] * (len(values.shape) - 1)))

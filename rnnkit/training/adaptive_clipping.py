"""Gradients held in proportion to the weights that they move."""

from keras import ops

from rnnkit.registration import export
from rnnkit.training.inner_optimizer import AroundOptimizer


@export
class AdaptiveClipping(AroundOptimizer):
    """An optimizer whose gradients are no longer than a share of their weights.

        g ← g · θ max(‖w‖, ε) / ‖g‖  where  ‖g‖ > θ max(‖w‖, ε)

    for each unit by itself: of a matrix each column, of a vector the whole. Clipping
    by a fixed norm is Keras' own: `clipnorm=` of an optimizer takes each weight by
    itself, `global_clipnorm=` all together.

        model.compile(AdaptiveClipping(keras.optimizers.Adam(1e-3)), ...)

    Args:
        inner_optimizer: The optimizer that takes the gradients.
        factor: θ, the largest share.
        epsilon: ε, so that weights that are zero can move.
        name: As in Keras.

    Reference: [Brock et al., 2021](https://arxiv.org/abs/2102.06171), section 4.1
    """

    def __init__(self, inner_optimizer, factor=0.01, epsilon=1e-3, name=None):
        super().__init__(inner_optimizer, name)
        self.factor, self.epsilon = factor, epsilon

    def build(self, var_list):
        self.inner_optimizer.build(var_list)
        super().build(var_list)

    def apply(self, grads, trainable_variables=None):
        variables = trainable_variables or self._trainable_variables
        self.inner_optimizer.apply(self._clipped(grads, variables), trainable_variables)

    def stateless_apply(self, optimizer_variables, grads, trainable_variables):
        grads = self._clipped(grads, trainable_variables)
        return self.inner_optimizer.stateless_apply(
            optimizer_variables, grads, trainable_variables
        )

    def _clipped(self, grads, variables):
        return [
            None if g is None else self.clip(g, v) for g, v in zip(grads, variables)
        ]

    def clip(self, gradient, weight):
        """The gradient of one weight as the optimizer gets it."""
        gradient = ops.convert_to_tensor(gradient)  # an embedding's is sparse
        weight = ops.cast(weight, gradient.dtype)
        most = self.factor * ops.maximum(_length(weight), self.epsilon)
        length = _length(gradient)
        over = length > most
        shorter = gradient * (most / ops.where(over, length, 1.0))
        return ops.where(over, shorter, gradient)

    @property
    def variables(self):
        return self.inner_optimizer.variables

    def finalize_variable_values(self, var_list):
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self):
        return {
            **super().get_config(),
            "factor": self.factor,
            "epsilon": self.epsilon,
        }


def _length(weight):
    """The norm of each unit's weights, with axes of 1 to multiply with."""
    axes = tuple(range(max(1, len(weight.shape) - 1))) if weight.shape else None
    return ops.sqrt(ops.sum(ops.square(weight), axis=axes, keepdims=True))

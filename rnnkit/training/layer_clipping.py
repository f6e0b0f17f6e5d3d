"""Gradients held to a norm, each layer's by itself."""

from keras import ops

from rnnkit.registration import export
from rnnkit.training.clipping_optimizer import ClippingOptimizer


@export
class LayerClipping(ClippingOptimizer):
    """An optimizer whose gradients are no longer than a threshold, layer by layer.

        g ← g · θ / ‖g‖  where  ‖g‖ > θ

    with g all gradients of one layer side by side: one that explodes leaves the others
    as they are. Clipping by a fixed norm otherwise is Keras' own: `clipnorm=` of an
    optimizer takes each weight by itself, `global_clipnorm=` all of the model.

        model.compile(LayerClipping(keras.optimizers.Adam(1e-3), 1.0), ...)

    Weights are of one layer where their paths differ in the last name only, such as
    "lstm/lstm_cell/kernel" and "lstm/lstm_cell/bias".

    Args:
        inner_optimizer: The optimizer that takes the gradients.
        threshold: θ, the largest norm of a layer's gradient.
        name: As in Keras.

    Raises:
        ValueError: The threshold is not above 0.

    Reference: [Pascanu et al., 2013](https://arxiv.org/abs/1211.5063), section 3.2,
    for each layer by itself
    """

    options = ("threshold",)

    def __init__(self, inner_optimizer, threshold=1.0, name=None):
        if not threshold > 0:
            raise ValueError(f"threshold must be above 0, got {threshold!r}.")
        super().__init__(inner_optimizer, name)
        self.threshold = threshold

    def clipped(self, grads, variables):
        if not all(hasattr(v, "path") for v in variables):
            variables = self._trainable_variables  # values were given: in this order
        layers = {}
        for k, (g, v) in enumerate(zip(grads, variables, strict=True)):
            if g is not None:
                layers.setdefault(v.path.rpartition("/")[0], []).append(k)
        clipped = list(grads)
        for places in layers.values():
            square = sum(ops.sum(ops.square(grads[k])) for k in places)
            over = square > self.threshold**2
            factor = self.threshold / ops.sqrt(ops.where(over, square, 1.0))
            for k in places:
                clipped[k] = ops.where(over, factor * grads[k], grads[k])
        return clipped

"""An optimizer that changes the gradients before another takes them."""

from keras import ops

from rnnkit.training.inner_optimizer import AroundOptimizer


class ClippingOptimizer(AroundOptimizer):
    """Base of optimizers that clip: what it clips, an optimizer inside takes.

    The gradient of an embedding, sparse, becomes dense: an Adam inside then moves the
    rows that a batch has not too.

    A subclass says how, in `clipped`, and has in `options` the names of its own
    arguments, each an attribute too.
    """

    options = ()

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

    def finalize_variable_values(self, var_list):
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self):
        own = {name: getattr(self, name) for name in self.options}
        return {**super().get_config(), **own}


def _dense(grads):
    """An embedding's gradient is sparse."""
    return [None if g is None else ops.convert_to_tensor(g) for g in grads]

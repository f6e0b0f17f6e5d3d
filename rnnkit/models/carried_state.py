"""State that a model carries from batch to batch."""

import keras
from keras import ops


class CarriedState(keras.layers.Layer):
    """Variables that hold the states of a stack between two batches.

    They are saved with the weights, so that an interrupted training goes on with
    them, but are no weights: `get_weights` and `count_params` pass them over.

    Attributes:
        listed: Whether the variables are among those of the model.
    """

    def __init__(self, listed=True, **kwargs):
        super().__init__(trainable=False, **kwargs)
        self.listed = listed
        self.holders = []
        self.built = True

    def hold(self, states):
        """Make room for a tree of states; True where the variables are new."""
        shapes = [tuple(state.shape) for state in keras.tree.flatten(states)]
        if [(), *shapes] == [tuple(holder.shape) for holder in self.holders]:
            return False
        dtypes = [state.dtype for state in keras.tree.flatten(states)]
        for holder in self.holders:
            self._untrack_variable(holder)
        self._tracker.unlock()
        self.holders = [
            self.add_weight(
                shape=shape, dtype=dtype, initializer="zeros", name=f"state_{k}"
            )
            for k, (shape, dtype) in enumerate(zip([(), *shapes], ["float32", *dtypes]))
        ]
        self._tracker.lock()
        return True

    def read(self, start):
        """The states carried, or `start` where none have been since `reset`."""
        begun, *held = self.holders
        begun = ops.convert_to_tensor(begun) > 0
        values = [
            ops.where(begun, ops.convert_to_tensor(holder), first)
            for holder, first in zip(held, keras.tree.flatten(start))
        ]
        return keras.tree.pack_sequence_as(start, values)

    def write(self, states):
        """Carry these states to the next batch."""
        begun, *held = self.holders
        begun.assign(ops.ones(()))
        for holder, state in zip(held, keras.tree.flatten(states)):
            holder.assign(ops.cast(state, holder.dtype))

    def reset(self):
        """Carry nothing to the next batch."""
        for holder in self.holders[:1]:
            holder.assign(ops.zeros(()))

    @property
    def variables(self):
        return super().variables if self.listed else []

    @property
    def weights(self):
        return []

    def save_own_variables(self, store):
        if self.listed:
            for k, holder in enumerate(self.holders):
                store[str(k)] = holder.numpy()

    def load_own_variables(self, store):
        values = [
            ops.convert_to_tensor(store[k][()]) for k in sorted(store.keys(), key=int)
        ]
        if values:
            self.hold(values[1:])
        for holder, value in zip(self.holders, values):
            holder.assign(value)

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
        states = keras.tree.flatten(states)
        shapes = [tuple(state.shape) for state in states]
        if shapes == [tuple(holder.shape) for holder in self.holders]:
            return False
        for holder in self.holders:
            self._untrack_variable(holder)
        self._tracker.unlock()
        self.holders = [
            self.add_weight(
                shape=shape, dtype=state.dtype, initializer="zeros", name=f"state_{k}"
            )
            for k, (shape, state) in enumerate(zip(shapes, states))
        ]
        self._tracker.lock()
        return True

    def read(self, like):
        """The states, as a tree of the shape of `like`."""
        values = [ops.convert_to_tensor(holder) for holder in self.holders]
        return keras.tree.pack_sequence_as(like, values)

    def write(self, states):
        for holder, state in zip(self.holders, keras.tree.flatten(states)):
            holder.assign(ops.cast(state, holder.dtype))

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
        values = [store[str(k)][()] for k in range(len(store.keys()))]
        self.hold([ops.convert_to_tensor(value) for value in values])
        self.write(values)

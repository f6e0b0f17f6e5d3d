"""Both directions of time."""

import keras
from keras import ops

from rnnkit.layers.masks import first_of
from rnnkit.layers.stepping import initial_state
from rnnkit.registration import export


@export
class Bidirectional(keras.layers.Bidirectional):
    """Runs a layer forwards and a copy of it backwards, and merges their outputs.

    Arguments are those of `keras.layers.Bidirectional`; `layer` is any rnnkit or
    Keras recurrent layer. On TensorFlow the two directions of rnnkit layers run
    side by side.
    """

    def __init__(self, layer, *args, **kwargs):
        if not hasattr(layer, "go_backwards"):
            raise ValueError(
                f"{layer.name} cannot go backwards, as Bidirectional asks of a layer; "
                "of a stack, wrap each layer instead."
            )
        super().__init__(layer, *args, **kwargs)
        self.supports_jit = getattr(layer, "supports_jit", True)

    @property
    def return_state(self):
        """Whether the states of both directions are returned after the output."""
        return self.forward_layer.return_state

    @return_state.setter
    def return_state(self, value):
        self.forward_layer.return_state = self.backward_layer.return_state = value

    @property
    def return_sequences(self):
        """Whether every output is returned, not the last of each direction alone."""
        return self.forward_layer.return_sequences

    @return_sequences.setter
    def return_sequences(self, value):
        for layer in (self.forward_layer, self.backward_layer):
            layer.return_sequences = value
            if hasattr(layer, "zero_output_for_mask"):
                layer.zero_output_for_mask = value  # as Keras has it

    @property
    def state_size(self):
        """Width of every state, those of the forward layer first."""
        return [*self.forward_layer.state_size, *self.backward_layer.state_size]

    def initial_state(self, batch_size):
        """The states of both directions before their first steps, one flat list."""
        both = (self.forward_layer, self.backward_layer)
        return [s for one in both for s in initial_state(one, batch_size)]

    def step(self, x, state):
        """Raises a ValueError: what reads from both ends cannot go step by step."""
        raise ValueError(
            f"{self.name} reads its sequence from both ends and has no `step`: use a "
            "layer that reads forwards, or give it whole sequences."
        )

    def reset_state(self):
        """Set the carried states of stateful layers to zero."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    def compute_mask(self, sequences, mask=None):
        mask = first_of(mask) if self.return_sequences else None
        masks = [mask, mask] if self.merge_mode is None else mask
        if not self.return_state:
            return masks
        states = [None] * len(self.state_size)
        return [*(masks if self.merge_mode is None else [masks]), *states]


@export
class PyramidalBidirectional(Bidirectional):
    """A bidirectional layer over pairs of frames, which halves the time.

    Frames 2t and 2t+1 are set side by side before the layer runs, so that
    `(batch, time, features)` becomes `(batch, ceil(time / 2), width)`. Masked frames
    count as zeros, and so does what an odd last frame is paired with; a pair is
    masked when all its frames are.

    Reference: [Chan et al., 2015](https://arxiv.org/abs/1508.01211)

    Args:
        layer: Recurrent layer.
        reduction: Number of frames to a group, 2 unless told otherwise.
        **kwargs: those of `Bidirectional`.
    """

    def __init__(self, layer, reduction=2, **kwargs):
        if reduction < 1:
            raise ValueError(f"reduction must be 1 or more, got {reduction!r}.")
        super().__init__(layer, **kwargs)
        self.reduction = reduction

    def build(self, sequences_shape, initial_state_shape=None):
        super().build(self._paired_shape(sequences_shape))

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        return super().compute_output_shape(self._paired_shape(sequences_shape))

    def call(self, sequences, initial_state=None, mask=None, training=None):
        if mask is not None:
            mask = ops.cast(mask, "bool")
            sequences = ops.where(ops.expand_dims(mask, -1), sequences, 0)
        return super().call(
            self._paired(sequences),
            initial_state=initial_state,
            mask=self._paired_mask(mask),
            training=training,
        )

    def compute_mask(self, sequences, mask=None):
        return super().compute_mask(sequences, self._paired_mask(mask))

    def get_config(self):
        return {**super().get_config(), "reduction": self.reduction}

    def _paired_shape(self, shape):
        batch, time, features = shape
        time = None if time is None else -(-time // self.reduction)
        return batch, time, features * self.reduction

    def _padded(self, x):
        short = -ops.shape(x)[1] % self.reduction
        return ops.pad(x, [[0, 0], [0, short]] + [[0, 0]] * (len(x.shape) - 2))

    def _paired(self, sequences):
        paired = self._paired_shape(sequences.shape)
        batch = ops.shape(sequences)[0]
        return ops.reshape(
            self._padded(sequences),
            (batch, -1 if paired[1] is None else paired[1], paired[2]),
        )

    def _paired_mask(self, mask):
        if mask is None:
            return None
        size, more = self.reduction, self.reduction - 1
        mask = ops.pad(ops.cast(mask, "bool"), [[0, 0], [0, more]])
        frames = [mask[:, k : k - more or None : size] for k in range(size)]
        return ops.any(ops.stack(frames), axis=0)

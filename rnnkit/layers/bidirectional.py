"""Both directions of time."""

import keras
from keras import ops

from rnnkit.registration import export


@export
class Bidirectional(keras.layers.Bidirectional):
    """Runs a layer forwards and a copy of it backwards, and merges their outputs.

    Arguments are those of `keras.layers.Bidirectional`; `layer` is any rnnkit or
    Keras recurrent layer. On TensorFlow the two directions of rnnkit layers run
    side by side.
    """

    def __init__(self, layer, *args, **kwargs):
        super().__init__(layer, *args, **kwargs)
        self.supports_jit = getattr(layer, "supports_jit", True)

    def compute_mask(self, sequences, mask=None):
        while isinstance(mask, (list, tuple)):
            mask = mask[0]
        mask = mask if self.return_sequences else None
        masks = [mask, mask] if self.merge_mode is None else mask
        if not self.return_state:
            return masks
        states = [None] * (2 * len(self.forward_layer.state_size))
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
        mask = self._padded(ops.cast(mask, "bool"))
        return ops.any(ops.reshape(mask, (ops.shape(mask)[0], -1, self.reduction)), -1)

"""What the losses of sequences share."""

import keras
from keras import ops
from keras.src import backend as keras_backend


class FrameLoss(keras.losses.Loss):
    """A Keras loss of whole sequences, one number an item, that reads the mask itself.

    A subclass implements `of_frames(y_true, y_pred, mask)`, where `mask` is
    `(batch, time)` or None. Keras alone would weigh the items with their frames' mask.
    """

    def __init__(self, **kwargs):
        # Symbols pass through the dtype too: half precision would change them.
        super().__init__(**{"dtype": "float32", **kwargs})
        self._mask = None

    def __call__(self, y_true, y_pred, sample_weight=None):
        self._mask = keras_backend.get_keras_mask(y_pred)
        try:
            return super().__call__(y_true, ops.copy(y_pred), sample_weight)
        finally:
            self._mask = None

    def call(self, y_true, y_pred):
        return self.of_frames(y_true, y_pred, self._mask)

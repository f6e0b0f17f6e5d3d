"""What the losses of sequences share."""

import keras
from keras import ops


class FrameLoss(keras.losses.Loss):
    """A Keras loss of whole sequences, one number an item, that reads the mask itself.

    A subclass implements `of_frames(y_true, y_pred, mask)`, where `mask` is
    `(batch, time)` or None. Keras alone would weigh the items with their frames' mask.
    """

    def __call__(self, y_true, y_pred, sample_weight=None):
        self._mask = getattr(y_pred, "_keras_mask", None)
        return super().__call__(y_true, ops.copy(y_pred), sample_weight)

    def call(self, y_true, y_pred):
        return self.of_frames(y_true, y_pred, self._mask)

"""Batch normalisation of images of unlike width."""

import keras
from keras import ops


class ColumnNormalization(keras.layers.Layer):
    """Batch normalisation over the real columns of images, zeros elsewhere.

        mu = sum x / n,  v = sum x^2 / n - mu^2          # per channel, in float32
        y = gamma (x - mu) / sqrt(v + epsilon) + beta

    over the n real places of `(batch, width, height, channels)`. It costs half of
    what `keras.layers.BatchNormalization` does with a mask: the sums need none, as
    masked columns are zeros already.

    Args:
        momentum: What moving means keep at each step. A batch of lines has thousands
            of columns, so that ten batches tell enough.
        epsilon: What is added to the variance.

    Reference: Ioffe and Szegedy, 2015, Batch normalization
    """

    def __init__(self, momentum=0.9, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, input_shape):
        def weight(name, initializer, trainable=True):
            return self.add_weight(
                shape=input_shape[-1:],
                initializer=initializer,
                name=name,
                trainable=trainable,
                dtype="float32",
                autocast=False,
            )

        self.gamma = weight("gamma", "ones")
        self.beta = weight("beta", "zeros")
        self.moving_mean = weight("moving_mean", "zeros", trainable=False)
        self.moving_variance = weight("moving_variance", "ones", trainable=False)

    def call(self, inputs, real, training=False):
        """Normalise `inputs`, which are zeros where `real`, `(batch, width)`, is not.

        What comes out there is no zero.
        """
        x = ops.cast(inputs, "float32")
        if training:
            count = ops.sum(ops.cast(real, "float32")) * x.shape[2]
            count = ops.maximum(count, 1)
            mean = ops.sum(x, axis=(0, 1, 2)) / count
            variance = ops.sum(ops.square(x), axis=(0, 1, 2)) / count
            variance = ops.maximum(variance - ops.square(mean), 0)
            kept = self.momentum
            for old, new in (
                (self.moving_mean, mean),
                (self.moving_variance, variance),
            ):
                old.assign(old * kept + ops.stop_gradient(new) * (1 - kept))
        else:
            mean, variance = self.moving_mean, self.moving_variance
        scale = self.gamma * ops.rsqrt(variance + self.epsilon)
        return ops.cast(x * scale + (self.beta - mean * scale), self.compute_dtype)

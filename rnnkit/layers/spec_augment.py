"""Features hidden at random in training."""

import keras
from keras import ops

from rnnkit.layers.frames import mean_of_real, real_frames, whole, zero_masked
from rnnkit.registration import export


@export
class SpecAugment(keras.layers.Layer):
    """Hides ranges of frames and ranges of features, in training only.

        w ~ U{0, …, min(time_width, floor(time_share * T))}
        t ~ U{0, …, T - w};  frames t … t + w - 1 are hidden

    `time_masks` times, with T the number of the item's real frames, and likewise
    `feature_masks` times with `feature_width` over all features. Every item has its
    own ranges. What is hidden becomes the mean of that feature over the item's real
    frames, which after `Standardize` is zero. There is no time warping. Shapes stay,
    `(batch, time, features)`, and masks are handed on; masked frames stay as they are.

    The paper's widths are for 80 features: 2 masks of up to 27 features and 2 of up to
    100 frames (LD), or 15 and 70 with a share of 0.2 (SM).

    Args:
        time_masks: Number of ranges of frames.
        time_width: Greatest width of one, frames.
        feature_masks: Number of ranges of features.
        feature_width: Greatest width of one, features.
        time_share: Greatest width of a range of frames as a share of the item, 0 to 1.
        seed: Whole number; the same seed gives the same ranges, call by call. XLA draws
            other ranges from it than TensorFlow without XLA, and repeats those.

    Reference: [Park et al., 2019](https://arxiv.org/abs/1904.08779)
    """

    def __init__(
        self,
        time_masks=2,
        time_width=40,
        feature_masks=2,
        feature_width=8,
        time_share=0.2,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not 0 <= time_share <= 1:
            raise ValueError(f"time_share must lie between 0 and 1, got {time_share}.")
        self.supports_masking = True
        self.time_masks = whole("time_masks", time_masks, least=0)
        self.time_width = whole("time_width", time_width, least=0)
        self.feature_masks = whole("feature_masks", feature_masks, least=0)
        self.feature_width = whole("feature_width", feature_width, least=0)
        self.time_share = time_share
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        if self.feature_masks and self.feature_width > input_shape[-1]:
            raise ValueError(
                f"feature_width is {self.feature_width}, but there are only "
                f"{input_shape[-1]} features: choose a smaller one."
            )

    def call(self, inputs, mask=None, training=None):
        if not training:
            return inputs
        x = zero_masked(ops.cast(inputs, "float32"), mask)
        real = real_frames(x, mask)
        rank = ops.cumsum(real, axis=1) - 1  # place among the item's real frames
        frames = ops.sum(real, axis=1, keepdims=True)
        widest = ops.minimum(self.time_width, ops.floor(self.time_share * frames))
        times = self._hidden(self.time_masks, widest, rank, frames) & (real > 0)
        features = inputs.shape[-1]
        place = ops.expand_dims(ops.arange(features, dtype="float32"), 0)
        widest = ops.full_like(frames, self.feature_width)
        bands = self._hidden(self.feature_masks, widest, place, features)
        bands = ops.expand_dims(bands, 1) & ops.expand_dims(real > 0, -1)
        mean = ops.cast(mean_of_real(x, real), inputs.dtype)
        return ops.where(ops.expand_dims(times, -1) | bands, mean, inputs)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "time_masks": self.time_masks,
            "time_width": self.time_width,
            "feature_masks": self.feature_masks,
            "feature_width": self.feature_width,
            "time_share": self.time_share,
            "seed": self.seed,
        }

    def _hidden(self, ranges, widest, place, length):
        """Whether each place lies in one of its item's ranges, `(batch, places)`.

        Args:
            ranges: Number of ranges.
            widest: Greatest width for every item, `(batch, 1)`.
            place: Places counted from 0, `(batch or 1, places)`.
            length: Number of places, a number or `(batch, 1)`.
        """
        shape = (ops.shape(widest)[0], ranges)
        share, at = (
            keras.random.uniform(shape, dtype="float32", seed=self.seed_generator)
            for _ in range(2)
        )
        width = ops.floor(share * (widest + 1))
        start = ops.floor(at * (length - width + 1))
        start, width = ops.expand_dims(start, -1), ops.expand_dims(width, -1)
        place = ops.expand_dims(place, 1)
        return ops.any((start <= place) & (place < start + width), axis=1)

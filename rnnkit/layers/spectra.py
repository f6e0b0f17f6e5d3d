"""From samples of sound to frames of a spectrum."""

import keras
import numpy as np
from keras import ops

from rnnkit.layers.frames import whole, zero_masked
from rnnkit.registration import export


@export
class LogMel(keras.layers.Layer):
    """Logarithms of the energies in bands of equal width in mel, a frame at a time.

        X_t[k] = sum_n w[n] x[t * hop + n] exp(-2 pi i k n / fft_length)
        y_t[m] = ln(max(sum_k M[k, m] |X_t[k]|^2, floor))

    with n from 0 to frame - 1, `w` the periodic Hann window 0.5 - 0.5 cos(2 pi n /
    frame) and `M` triangles that meet at their feet and peak at 1 at `bins` points
    evenly spaced in HTK's mel(f) = 1127 ln(1 + f / 700), between `low` and `high`.
    `M` is TensorFlow's `linear_to_mel_weight_matrix`.

    Samples `(batch, samples)` become frames `(batch, frames, bins)`; `frames` is
    1 + (samples - frame) // hop, so samples that fill no frame at the end are left
    out. A clip shorter than a frame gives one frame, filled up with zeros. The mask
    is of samples, `(batch, samples)`, with the padding at the end; the mask of the
    output is of frames, and masked frames come out as zeros.

    Computed in float32 whatever the policy, and returned in the policy's type.

    Args:
        sample_rate: Samples per second, hertz.
        bins: Number of bands.
        frame_seconds: Length of a frame, seconds.
        hop_seconds: Time from one frame's start to the next one's, seconds.
        low: Lower edge of the lowest band, hertz.
        high: Upper edge of the highest band, hertz; half of `sample_rate` where None.
        fft_length: Number of points of the transform; where None, the power of two
            that a frame fits into.
        floor: Least energy, for samples between -1 and 1.

    Raises: `ValueError` where a band is so narrow that no point of the transform
    falls into it, or where the edges or lengths cannot be.

    Reference: Davis and Mermelstein, 1980; Young et al., The HTK Book, chapter 5
    """

    def __init__(
        self,
        sample_rate,
        bins=40,
        frame_seconds=0.025,
        hop_seconds=0.010,
        low=20.0,
        high=None,
        fft_length=None,
        floor=1e-8,
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)  # half precision loses samples
        self.supports_masking = True
        self.sample_rate = sample_rate
        self.bins = whole("bins", bins)
        self.frame_seconds = frame_seconds
        self.hop_seconds = hop_seconds
        self.low = low
        self.high = high
        self.fft_length = fft_length
        self.floor = floor
        self.frame_length = whole(
            "samples per frame", round(sample_rate * frame_seconds)
        )
        self.hop_length = whole("samples per hop", round(sample_rate * hop_seconds))
        self._points = fft_length or 2 ** (self.frame_length - 1).bit_length()
        if self._points < self.frame_length:
            raise ValueError(
                f"fft_length {fft_length} is shorter than a frame of "
                f"{self.frame_length} samples: choose at least as many points."
            )
        if floor <= 0:
            raise ValueError(f"floor must be above 0, got {floor}: ln(0) is no number.")
        self._mel = mel_matrix(
            self.bins,
            self._points,
            sample_rate,
            low,
            sample_rate / 2 if high is None else high,
        )
        turn = 2 * np.pi * np.arange(self.frame_length) / self.frame_length
        self._window = (0.5 - 0.5 * np.cos(turn)).astype("float32")

    def call(self, inputs, mask=None):
        samples = zero_masked(ops.cast(inputs, "float32"), mask)
        features = zero_masked(self._features(samples), self.compute_mask(None, mask))
        return ops.cast(features, self.compute_dtype)

    def _features(self, samples):
        """What every frame becomes: `(batch, samples)` → `(batch, frames, bins)`."""
        samples = self._filled(samples)
        framed = ops.extract_sequences(samples, self.frame_length, self.hop_length)
        windowed = ops.multiply(framed, self._window)
        real, imaginary = ops.rfft(windowed, fft_length=self._points)
        energies = ops.matmul(ops.square(real) + ops.square(imaginary), self._mel)
        return ops.log(ops.maximum(energies, self.floor))

    def frame_counts(self, lengths):
        """Real frames of clips of `lengths` samples; none of a clip without samples."""
        lengths = ops.convert_to_tensor(lengths)
        whole_hops = ops.floor_divide(
            ops.maximum(lengths - self.frame_length, 0), self.hop_length
        )
        return ops.where(lengths > 0, 1 + whole_hops, 0)

    def compute_mask(self, inputs, mask=None):
        if mask is None:
            return None
        mask = ops.cast(mask, "bool")
        first = ops.any(mask, axis=1, keepdims=True)
        end = self.hop_length + self.frame_length - 1  # the second frame's last sample
        return ops.concatenate([first, mask[:, end :: self.hop_length]], axis=1)

    def compute_output_shape(self, input_shape):
        batch, samples = input_shape
        if samples is None:
            return batch, None, self._width
        frames = 1 + max(samples - self.frame_length, 0) // self.hop_length
        return batch, frames, self._width

    @property
    def stride(self):
        """Every how many samples a frame begins."""
        return self.hop_length

    @property
    def look_ahead(self):
        """How many samples a frame reads after its first."""
        return self.frame_length - 1

    @property
    def look_back(self):
        """How many samples a frame reads before its first."""
        return 0

    @property
    def _width(self):
        """Number of features of a frame."""
        return self.bins

    def get_config(self):
        return {
            **super().get_config(),
            "sample_rate": self.sample_rate,
            "bins": self.bins,
            "frame_seconds": self.frame_seconds,
            "hop_seconds": self.hop_seconds,
            "low": self.low,
            "high": self.high,
            "fft_length": self.fft_length,
            "floor": self.floor,
        }

    def _filled(self, samples):
        """The samples, with zeros up to one frame where there are fewer."""
        length = samples.shape[1]
        if length is None:
            short = ops.maximum(self.frame_length - ops.shape(samples)[1], 0)
        else:
            short = max(self.frame_length - length, 0)
        return ops.pad(samples, [[0, 0], [0, short]])


@export
class MFCC(LogMel):
    """Mel-frequency cepstral coefficients: a cosine transform of `LogMel`.

        c_t[j] = sqrt(2 / bins) sum_m y_t[m] cos(pi j (m + 1/2) / bins)

    with m from 0 to bins - 1 and j from 0 to coefficients - 1: HTK's, with c_t[0] in
    the first place and no liftering. Shapes and masks are those of `LogMel`.

    Args:
        sample_rate: Samples per second, hertz.
        coefficients: Number of coefficients, at most `bins`.
        **kwargs: those of `LogMel`.

    Reference: Davis and Mermelstein, 1980; Young et al., The HTK Book, chapter 5
    """

    def __init__(self, sample_rate, coefficients=13, **kwargs):
        super().__init__(sample_rate, **kwargs)
        self.coefficients = whole("coefficients", coefficients)
        if coefficients > self.bins:
            raise ValueError(
                f"{coefficients} coefficients of {self.bins} bins: ask for as many at "
                "most as there are bins."
            )
        angles = np.outer(np.arange(self.bins) + 0.5, np.arange(coefficients))
        cosines = np.sqrt(2 / self.bins) * np.cos(np.pi / self.bins * angles)
        self._cosines = cosines.astype("float32")

    def _features(self, samples):
        """Cepstra of frames: `(batch, samples)` → `(batch, frames, coefficients)`."""
        return ops.matmul(super()._features(samples), self._cosines)

    @property
    def _width(self):
        """Number of features of a frame."""
        return self.coefficients

    def get_config(self):
        return {**super().get_config(), "coefficients": self.coefficients}


def mel_matrix(bins, fft_length, sample_rate, low, high):
    """The weight of every point of a transform in every band, `(points, bins)`."""
    if not 0 <= low < high <= sample_rate / 2:
        raise ValueError(
            f"Bands from {low} to {high} Hz at {sample_rate} samples per second: low "
            "must lie below high, and high at most at half the sample rate."
        )
    low_mel, high_mel = 1127 * np.log1p(np.array([low, high]) / 700)
    edges = np.linspace(low_mel, high_mel, bins + 2)
    hertz = np.linspace(0, sample_rate / 2, fft_length // 2 + 1)[:, None]
    mel = 1127 * np.log1p(hertz / 700)
    rising = (mel - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - mel) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rising, falling))
    weights[0] = 0  # the mean of the samples is no sound
    empty = np.flatnonzero(weights.sum(0) == 0)
    if len(empty):
        raise ValueError(
            f"No point of a transform of {fft_length} points falls into bin "
            f"{empty[0]} of {bins}: take fewer bins or a longer fft_length."
        )
    return weights.astype("float32")

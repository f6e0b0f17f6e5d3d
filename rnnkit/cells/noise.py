"""What training draws at random: dropouts and zoneout, before the sequence begins."""

import keras
from keras import ops


class Noise:
    """The random part of a cell, drawn once for a whole sequence."""

    @property
    def noisy(self):
        """Whether training draws random numbers."""
        return bool(noises(self))

    def draw_noise(self, sequences):
        """Draw the noise of one training pass over `(batch, time, features)`.

        Returns:
            Two dicts: masks that hold for the whole sequence, `(batch, width)`, and
            masks with one value a step, `(batch, time, units)`.
        """
        batch, time = ops.shape(sequences)[0], ops.shape(sequences)[1]
        dtype, seed = self.compute_dtype, self.seed_generator

        def dropped(share, width):
            ones = ops.ones((batch, width), dtype=dtype)
            return keras.random.dropout(ones, share, seed=seed)

        whole, steps = {}, {}
        if self.dropout:
            whole["dropout"] = dropped(self.dropout, sequences.shape[-1])
        if self.recurrent_dropout:
            whole["recurrent_dropout"] = dropped(
                self.recurrent_dropout, self.output_size
            )
        if any(self.zoneouts):
            for k, (share, size) in enumerate(zip(self.zoneouts, self.state_sizes)):
                drawn = keras.random.uniform((batch, time, size), seed=seed)
                steps[f"zoneout_{k}"] = ops.cast(drawn < share, dtype)
        return whole, steps

    def drop_weights(self, weights):
        """The weights, `{name: tensor}`, with what `weight_dropout` draws dropped."""
        if not self.weight_dropout:
            return weights
        kernel = keras.random.dropout(
            weights["recurrent_kernel"], self.weight_dropout, seed=self.seed_generator
        )
        return {**weights, "recurrent_kernel": kernel}


def noises(cell):
    """What training draws for a cell, rnnkit's or Keras': the arguments that ask."""
    names = ("dropout", "recurrent_dropout", "weight_dropout")
    found = [name for name in names if getattr(cell, name, 0)]
    return found + ["zoneout"] * any(getattr(cell, "zoneouts", ()))


def rate(name, value):
    """The value of an argument that is a share.

    Raises: `ValueError` where it is not in [0, 1).
    """
    if not 0 <= value < 1:
        raise ValueError(f"{name} must be in [0, 1), got {value!r}.")
    return value


def rates(name, value, count):
    """The values of an argument that is one share, or `count` of them."""
    values = list(value) if isinstance(value, (list, tuple)) else [value] * count
    if len(values) != count:
        raise ValueError(f"{name} needs {count} rates, one a state, got {value!r}.")
    return tuple(rate(name, share) for share in values)

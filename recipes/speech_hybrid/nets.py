"""The net that tells the phone of every frame, and what it is fitted to."""

import keras
import numpy as np
from keras import ops
from phones import runs

import rnnkit


def encoder(config):
    """Return the layers that both nets have."""
    found = []
    for k in range(config.layers):
        layer = rnnkit.layers.LSTM(config.units, return_sequences=True)
        found += [
            rnnkit.layers.Bidirectional(layer),
            keras.layers.Dropout(config.dropout, seed=config.seed + k),
        ]
    return found


class FrameBatches:
    """Batches of features and a target for every frame, for `rnnkit.training.fit`."""

    def __init__(self, batches):
        self.batches, self.first = batches, 0

    def passes(self, count):
        """Return the next passes."""
        return [FrameBatches(one) for one in self.batches.passes(count)]

    def __len__(self):
        return len(self.batches)

    def __iter__(self):
        return iter(self.dataset())

    def dataset(self):
        """Return the batches from `first` on; the net sees which frames are padding."""
        return self.batches.rest(self.first).dataset().map(lambda x, y: (x[0], y))


class FrameNet(keras.Model):
    """A functional model that is fitted to `FrameBatches`."""

    def fit(self, x, validation_data=None, **options):
        valid = validation_data.dataset()
        return super().fit(x.dataset(), validation_data=valid, shuffle=False, **options)


def frame_net(config, phones):
    """Return the net from features to the logits of the phones, for every frame."""
    keras.utils.set_random_seed(config.seed)
    features = {"festvox_ru": 39, "drawn": 18}[config.data]
    x = inputs = keras.Input((None, features))
    mask = ops.any(ops.not_equal(x, 0.0), axis=-1)  # batches are padded with zeros
    for layer in encoder(config):
        x = layer(x) if isinstance(layer, keras.layers.Dropout) else layer(x, mask=mask)
    # Without the mask: the loss itself knows which frames are asked for.
    return FrameNet(inputs, keras.layers.Dense(phones)(ops.copy(x)))


def frame_batches(examples, config):
    """Return the frames to learn with their targets, -1 where nothing is asked."""
    rows = []
    for label in examples.labels:
        symbols, starts, ends = zip(*runs(label))
        asked, weights = rnnkit.losses.aligned_targets(
            [symbols],
            [ends],
            len(label),
            [starts] if config.targets == "durations" else None,
        )
        rows.append(np.where(weights[0] > 0, asked[0], -1).astype("int32"))
    return FrameBatches(
        rnnkit.data.SequenceBatches(
            examples.inputs,
            rows,
            batch_size=config.batch_size,
            shuffle=True,
            seed=config.seed,
        )
    )


def frame_loss(y_true, y_pred):
    """Return the mean cross-entropy of each row's frames that are asked for, nats."""
    asked = ops.cast(y_true >= 0, "float32")
    return rnnkit.losses.sequence_divergence(ops.maximum(y_true, 0), y_pred, asked)


def accuracy(y_true, y_pred):
    """Return the share of the frames asked for in each row that are right."""
    right = ops.cast(ops.argmax(y_pred, axis=-1), "int32") == ops.cast(y_true, "int32")
    asked = ops.sum(ops.cast(y_true >= 0, "float32"), axis=1)
    return ops.sum(ops.cast(right, "float32"), axis=1) / ops.maximum(asked, 1.0)

"""The model that names spoken words, and how it is taught and asked."""

import itertools
import math

import keras
import numpy as np
from keras import ops

import rnnkit
from rnnkit import recipe

SAMPLE_RATE = 8000


def joined(*parts):
    """Return all the examples of some parts."""
    columns = {
        field: tuple(
            itertools.chain.from_iterable(getattr(one, field) for one in parts)
        )
        for field in ("names", "inputs", "texts", "groups")
    }
    return rnnkit.data.Examples(**columns)


class Recogniser:
    """One model for all trainings, so that it is compiled once; and what it hears."""

    def __init__(self, config, parts, run):
        self.config, self.run = config, run
        everything = joined(*parts.values())
        self.words = sorted(set(everything.texts))
        # Every training takes its batches to these sizes.
        self.sizes = rnnkit.data.SequenceBatches(
            everything.inputs, buckets=config.buckets
        )
        self.model, self.features, self.averages = build(config, len(self.words))
        # Masked frames repeat the last real one: the last of all is the end.
        last = keras.layers.Softmax()(self.model.output[:, -1])
        self.reader = keras.Model(self.model.inputs, last)
        self.earlier, self.checkpoints = 0.0, []

    def batches(self, examples, shuffle=False, seed=0):
        """Return a data set of `((samples, lengths), classes)`."""
        return rnnkit.data.SequenceBatches(
            examples.inputs,
            [[self.words.index(text)] for text in examples.texts],
            batch_size=self.config.batch_size,
            shuffle=shuffle,
            seed=seed,
            like=self.sizes,
        )

    def learn(self, training):
        """Train on from the training's checkpoint, if there is one.

        Returns:
            Dict of the history, and the accuracy on the test part read in two ways.
        """
        config = self.config
        print(f"\n{training.name}, loss weights {training.weights}")
        keras.utils.set_random_seed(training.seed)
        self.model.set_weights(build(config, len(self.words))[0].get_weights())
        train, valid = recipe.hold_out(training.train, 20)
        train = self.batches(train, True, training.seed)
        valid = self.batches(valid)
        steps = len(train) * config.epochs
        self.model.compile(
            recipe.adam(config.learning_rate, steps, config.warmup),
            rnnkit.losses.SequenceDivergence(training.weights),
            metrics=[EndAccuracy("accuracy")],
            jit_compile=False,  # the LSTM layers compile themselves
        )
        path = self.run.path(f"{training.name}.checkpoint")
        resume = recipe.resume(path, math.inf)  # an epoch takes seconds
        self.earlier += resume.earlier
        self.checkpoints.append(path)
        recipe.train(
            self.model,
            [one.dataset() for one in train.passes(config.epochs)],
            config.epochs,
            resume,
            validation_data=valid.dataset(),
            shuffle=False,  # the batches are
        )
        return {"history": resume.history} | self.measure(training)

    def measure(self, training):
        """Return the accuracy on the test part, read at the end and over all frames.

        Over all frames the word is the one that would make the loss least.
        """
        right = {"end": [], "frames": []}
        for (x, lengths), classes in self.batches(training.test):
            logits = self.model((x, lengths), training=False)
            frames = ops.convert_to_numpy(self.features.frame_counts(lengths))
            mask = np.arange(logits.shape[1]) < frames[:, None]
            losses = [
                rnnkit.losses.sequence_divergence(
                    np.full(len(x), k), logits, training.weights, mask
                )
                for k in range(len(self.words))
            ]
            losses = ops.convert_to_numpy(ops.stack(losses, axis=1))
            end = ops.convert_to_numpy(logits)[:, -1].argmax(1)
            right["end"] += list(end == classes[:, 0])
            right["frames"] += list(losses.argmin(1) == classes[:, 0])
        return {way: float(np.mean(values)) for way, values in right.items()}

    def baselines(self, trainings):
        """Return the accuracy of a logistic regression on the mean log-mel frame."""
        tests = {id(one.test): one for one in trainings}.values()
        found = [self.regression(one.train, one.test) for one in tests]
        return {"logistic regression on the mean log-mel frame": float(np.mean(found))}

    def regression(self, train, test):
        """Return the accuracy of a logistic regression on the test part."""
        keras.utils.set_random_seed(self.config.seed)
        (x, y), (test_x, test_y) = (self.means(one) for one in (train, test))
        scale = keras.layers.Normalization()
        scale.adapt(x)
        model = keras.Sequential([scale, keras.layers.Dense(len(self.words))])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(0.03), loss, metrics=["accuracy"])
        model.fit(x, y, batch_size=128, epochs=60, verbose=0)
        return model.evaluate(test_x, test_y, verbose=0, return_dict=True)["accuracy"]

    def means(self, examples):
        """Return the mean frame of each clip, and its class."""
        batches = self.batches(examples)
        rows = [ops.convert_to_numpy(self.averages(x)) for x, _ in batches]
        return np.concatenate(rows), np.concatenate([y[:, 0] for _, y in batches])


def build(config, classes):
    """Return the model, its features' layer, and a model that averages these.

    The model reads samples `(batch, time)` and lengths `(batch,)`, and writes logits
    `(batch, frames, classes)`.
    """
    samples = keras.Input((None,), name="samples")
    lengths = keras.Input((), dtype="int32", name="lengths")
    places = ops.cumsum(ops.ones_like(samples, dtype="int32"), axis=1)
    features = rnnkit.layers.LogMel(SAMPLE_RATE)
    frames = features(samples, mask=places <= ops.expand_dims(lengths, 1))
    # Not by the clip: its mean says much of what the word is.
    x = keras.layers.BatchNormalization(momentum=0.9)(frames)
    x = rnnkit.layers.SpecAugment(
        time_masks=config.time_masks,
        time_width=config.time_width,
        feature_masks=config.feature_masks,
        feature_width=config.feature_width,
        seed=config.seed,
    )(x)
    for k in range(config.layers):
        x = rnnkit.layers.LSTM(config.units, return_sequences=True)(x)
        x = keras.layers.Dropout(config.dropout, seed=config.seed + k)(x)
    logits = keras.layers.Dense(classes, name="logits")(x)
    means = keras.layers.GlobalAveragePooling1D()(frames)
    inputs = [samples, lengths]
    return keras.Model(inputs, logits), features, keras.Model(inputs, means)


class EndAccuracy(keras.metrics.SparseCategoricalAccuracy):
    """The share of clips whose word is right at the end."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        return super().update_state(y_true[:, 0], y_pred[:, -1], sample_weight)

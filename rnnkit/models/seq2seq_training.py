"""Training and evaluation of a sequence-to-sequence model."""

import keras
import numpy as np
from keras import ops

from rnnkit.data import PairBatches, Pairs
from rnnkit.data.pair_batches import ended, ids_of
from rnnkit.data.pair_datasets import encoded_pairs
from rnnkit.losses import TokenCrossentropy
from rnnkit.losses.token_crossentropy import token_nats
from rnnkit.models.training import (
    BuiltOptimizer,
    LossGuard,
    as_list,
    dataset_of,
    fit_rest_and_whole,
    refuse_those_of_arrays,
)
from rnnkit.ops.tracing import compiled


class Seq2SeqTraining(BuiltOptimizer):
    """`compile`, `fit`, `evaluate` and `score` of `Seq2Seq`."""

    def prepare_training(self):
        """Make what is counted and kept between calls; in `__init__`."""
        self.nats = keras.metrics.Mean(name="nats")
        # Of the sources trained on; translate says where one is longer. Of the kind
        # of integer that every device keeps.
        self.longest = self.add_weight(
            shape=(),
            dtype="int",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
            name="longest",
        )
        # What `rnnkit.training.ScheduledSampling` sets.
        self.feeds = None
        self.feed_seed = keras.random.SeedGenerator()
        self.teacher_forcing = self.add_weight(
            name="teacher_forcing",
            shape=(),
            initializer="ones",
            trainable=False,
            autocast=False,  # it is compared with a draw in float32
        )
        self._token_nats = compiled(self._nats_of)

    def compile(self, optimizer="adam", loss=None, *, jit_compile=False, **kwargs):
        """Keras' `compile`, with what this model needs as defaults.

        Args:
            optimizer: Given by name, it clips the gradient's norm at 1.
            loss: By default `rnnkit.losses.TokenCrossentropy`; with label smoothing,
                `TokenCrossentropy(label_smoothing=0.1)`. Beside it `nats` are shown,
                the mean over all tokens, without any smoothing. To stop early watch
                `val_nats`; Keras' `val_loss` is a mean over batches.
            jit_compile: Off by default: what is worth it compiles itself.
        """
        if isinstance(optimizer, str):
            optimizer = keras.optimizers.get(optimizer)
            optimizer.global_clipnorm = 1.0
        loss = TokenCrossentropy() if loss is None else loss
        super().compile(optimizer, loss, jit_compile=jit_compile, **kwargs)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        nats, counts = token_nats(y, y_pred)
        # Flat, as Keras' mean is first taken over each row, however long it is.
        self.nats.update_state(ops.reshape(nats, (-1,)), ops.reshape(counts, (-1,)))
        return super().compute_loss(x, y, y_pred, sample_weight, training)

    def fit(
        self,
        x=None,
        y=None,
        batch_size=64,
        epochs=1,
        *,
        shuffle=True,
        validation_data=None,
        callbacks=None,
        buckets=8,
        strict=False,
        **kwargs,
    ):
        """Keras' `fit` on sources and their targets.

        Args:
            x: Sources: a list of texts or of rows of ids, or a tensor of strings;
                `rnnkit.data.Pairs` or `PairBatches`, which hold the targets too; or a
                `tf.data.Dataset` of batches: of texts, `(source, target)`; or of ids,
                `((source, lengths, target), target)`, as `PairBatches` gives them,
                each target without a start, its end the last, filled up with -1.
            y: Targets: texts, or rows of ids without start, end and padding.
            shuffle: Whether each pass has an order of its own, drawn from NumPy's
                seed, which `keras.utils.set_random_seed` sets.
            validation_data: `(x, y)`, or as `x`.
            buckets: Into how many groups of like lengths the pairs are sorted.
            strict: Whether a bad pair, such as an empty source, is an error;
                otherwise it is named and left out.

        Raises:
            ValueError: There is not one target for each source; a target holds a start,
                an end or padding; a dataset holds anything else; with `strict`, a pair
                is bad; there are weights, or a `validation_split`.
            LossError: The loss is NaN or infinite.
        """
        refuse_those_of_arrays(kwargs)
        seed = int(np.random.randint(2**31)) if shuffle else 0
        options = dict(batch_size=batch_size, buckets=buckets, strict=strict)
        data = self._pairs(x, y, shuffle=shuffle, seed=seed, **options)
        if not isinstance(validation_data, tuple):
            validation_data = (validation_data,)
        elif len(validation_data) != 2:
            raise ValueError("validation_data is (sources, targets), nothing more.")
        validation_data = self._pairs(*validation_data, **options)
        first = getattr(data, "first", 0)
        if isinstance(data, PairBatches):
            data.first = 0
        kwargs |= dict(
            epochs=epochs,
            shuffle=False,  # the batches are
            validation_data=dataset_of(validation_data),
            callbacks=[LossGuard(first), *as_list(callbacks)],
        )
        try:
            if not first:
                return super().fit(dataset_of(data), **kwargs)
            rest = dataset_of(data.rest(first))
            return fit_rest_and_whole(
                self, super().fit, rest, data, dataset_of, **kwargs
            )
        finally:
            if self.feeds is not None:  # however it ended
                self.feeds, self.train_function = None, None

    def evaluate(self, x=None, y=None, batch_size=64, **kwargs):
        """Keras' `evaluate` on sources and targets, as for `fit`."""
        refuse_those_of_arrays(kwargs)
        if not kwargs.get("_use_cached_eval_dataset"):
            x, y = self._pairs(x, y, batch_size=batch_size), None
        return super().evaluate(dataset_of(x), **kwargs)

    def score(self, sources, targets, batch_size=64):
        """ln p of every token of each target, its end among them.

        Args:
            sources, targets: Texts, or rows of ids.
            batch_size: Pairs at once.

        Returns:
            List of float32 arrays, nats, in the order of `sources`; the sum of one is
            ln p of the target given the source.
        """
        batches = self._all_pairs(sources, targets, batch_size)
        found = [None] * len(batches.inputs)
        for number, (x, y) in enumerate(batches):
            nats = ops.convert_to_numpy(self._token_nats(x, y))
            for row, item in enumerate(batches.items(number)):
                found[item] = -nats[row, : len(batches.labels[item])]
        return found

    def longest_source(self):
        """Tokens of the longest source trained on; 0 before any training."""
        return int(ops.convert_to_numpy(ops.convert_to_tensor(self.longest)))

    def _note_lengths(self, lengths):
        """Remember the longest of the sources trained on, `(batch,)`."""
        longest = _of_all_replicas(ops.max(ops.cast(lengths, self.longest.dtype)))
        self.longest.assign(ops.maximum(self.longest, longest))

    def _nats_of(self, x, y):
        return token_nats(y, self(x, training=False))[0]

    def _pairs(self, x, y=None, **options):
        """Batches of whatever pairs there are; anything else as it is."""
        if isinstance(x, Pairs):
            x, y = x.sources, x.targets
        vocabularies = self.source_vocabulary, self.target_vocabulary
        if y is not None:
            return PairBatches(x, y, *vocabularies, **options)
        if isinstance(x, (list, tuple, np.ndarray)) or ops.is_tensor(x):
            raise ValueError("There are sources, but no targets: give y.")
        return encoded_pairs(x, *vocabularies) if hasattr(x, "element_spec") else x

    def _all_pairs(self, sources, targets, batch_size):
        """Batches of pairs none of which is left out.

        Of ids a target may be any but the end: what a model has written is scored.
        """
        vocabulary = self.target_vocabulary
        targets = ended(ids_of(targets, vocabulary, "target"), vocabulary, ["end"])
        return PairBatches(
            sources,
            targets,
            self.source_vocabulary,
            batch_size=batch_size,
            strict=True,
        )


def _of_all_replicas(number):
    """The greatest that the replicas of `tf.distribute` have."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        replica = tf.distribute.get_replica_context()
        if replica is not None and replica.num_replicas_in_sync > 1:
            return ops.max(replica.all_gather(number[None], axis=0))
    return number

"""Vectors of words, learnt from the words near them: word2vec."""

import keras
import numpy as np
from keras import ops

from rnnkit.data import NamedVectors, WordWindows
from rnnkit.data.places import Places
from rnnkit.data.vocabulary import check_same
from rnnkit.models import saved_model
from rnnkit.models.huffman import huffman_paths
from rnnkit.models.training import (
    BuiltOptimizer,
    LossGuard,
    as_list,
    fit_rest_and_whole,
    refuse_those_of_arrays,
)
from rnnkit.models.window_nats import bag_of_words_nats, nats, skip_gram_nats
from rnnkit.registration import export
from rnnkit.training.row_adagrad import RowAdagrad

KINDS = {"skip_gram": skip_gram_nats, "bag_of_words": bag_of_words_nats}


@export
class WordVectors(BuiltOptimizer, keras.Model):
    """Word vectors by skip-gram or continuous bag of words.

        words = CountedWords.train(sentences)
        model = WordVectors(words, dim=100)
        model.compile()
        model.fit(WordWindows(sentences, words), epochs=5)
        model.vectors.most_similar("king")

    A word has a vector x and one by which it is told, y. With negative sampling, k
    words n drawn for each pair (skip-gram: word and neighbour; bag of words: mean of
    the neighbours and word)

        loss = -ln σ(x·y) - Σ_n ln σ(-x·y_n)

    and with hierarchical softmax, over the nodes j on the way to the word in a Huffman
    tree, where it goes to side b_j,

        loss = Σ_j -ln σ(b_j x·y_j)

    which is -ln of a probability: those of all words sum to one. The noise of a row of
    words is shared by its pairs, so that all of it is matrix products; on the mean that
    is the same loss. Unlike in word2vec a noise word may be the word itself.

    Called on ids `(...)` it gives vectors `(..., dim)`; on a batch of
    `rnnkit.data.WordWindows` its nats and pairs, `(rows, 2)`. The gradient is that of
    the sum over a batch, as word2vec adds up its pairs; `nats` is shown for a pair.

    Args:
        vocabulary: A `rnnkit.data.CountedWords`.
        dim: Of the vectors.
        kind: `"skip_gram"` or `"bag_of_words"`.
        negatives: k; 0 for hierarchical softmax.
        seed: Of the first vectors.

    Raises:
        ValueError: There is no such kind, or a number is out of range.

    Reference: [Mikolov et al., 2013](https://arxiv.org/abs/1301.3781) and
    [2013](https://arxiv.org/abs/1310.4546); the bag of words has the exact gradient of
    [Irsoy et al., 2020](https://arxiv.org/abs/2012.15332)
    """

    def __init__(
        self, vocabulary, dim=100, kind="skip_gram", negatives=5, seed=0, **kwargs
    ):
        super().__init__(**kwargs)
        if kind not in KINDS:
            raise ValueError(f"No kind {kind!r}; there are {', '.join(KINDS)}.")
        if dim < 1 or negatives < 0:
            raise ValueError(
                f"dim must be 1 or more, negatives not below 0; got {dim}, {negatives}."
            )
        self.vocabulary, self.dim, self.kind = vocabulary, dim, kind
        self.negatives, self.seed = negatives, seed
        size = vocabulary.size
        if not negatives:
            self._nodes, self._sides = huffman_paths(vocabulary.counts)
            size -= 1
        self.inputs_table = self.add_weight(
            shape=(vocabulary.size, dim),
            initializer=keras.initializers.RandomUniform(
                -0.5 / dim, 0.5 / dim, seed=seed
            ),
            name="vectors",
        )
        self.outputs_table = self.add_weight(
            shape=(size, dim), initializer="zeros", name="outputs"
        )
        self.nats = keras.metrics.Mean(name="nats")
        self.built = True

    # Training

    def call(self, inputs):
        if not isinstance(inputs, (tuple, list)):
            return _rows(self.inputs_table, inputs)
        words, left, right, noise = inputs
        window = (words.shape[1] - left.shape[1]) // 2
        own = words[:, window : window + left.shape[1]]
        given, told = own, words
        if self.kind == "bag_of_words":
            given, told = words, own
        x = _rows(self.inputs_table, given)
        if self.negatives:
            y = ops.expand_dims(_rows(self.outputs_table, told), 2)
            sides = ops.ones((*y.shape[:3],), "float32")
            z = _rows(self.outputs_table, noise)
        else:
            nodes = ops.take(ops.convert_to_tensor(self._nodes), told, axis=0)
            sides = ops.take(ops.convert_to_tensor(self._sides), told, axis=0)
            sides, z = ops.cast(sides, "float32"), None
            y = _rows(self.outputs_table, nodes)
        negatives = float(self.negatives)
        x, y, z = (None if v is None else ops.cast(v, "float32") for v in (x, y, z))
        sums = nats(KINDS[self.kind], x, y, sides, z, left, right, negatives)
        near = left + right
        pairs = near if self.kind == "skip_gram" else near > 0
        pairs = ops.sum(ops.cast(pairs, "float32"), axis=1)
        return ops.stack([sums, pairs], axis=-1)

    def compile(self, optimizer=None, loss=None, *, jit_compile=False, **kwargs):
        """Keras' `compile`; what it says of the loss is `call`'s affair.

        Args:
            optimizer: By default `rnnkit.training.RowAdagrad` at 0.3. Plain descent at
                word2vec's 0.025 needs rows of few words: all pairs of a batch add up,
                and a word that is in many of them flies off.
            steps_per_execution: 16 by default, as a step is short.
        """
        if optimizer is None:
            optimizer = RowAdagrad(0.3)
        kwargs = {"steps_per_execution": 16, **kwargs}
        super().compile(optimizer, loss, jit_compile=jit_compile, **kwargs)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        sums, pairs = y_pred[:, 0], y_pred[:, 1]
        self.nats.update_state(ops.divide_no_nan(sums, pairs), pairs)
        return ops.sum(sums)

    def fit(
        self, x=None, y=None, batch_size=None, epochs=1, *, callbacks=None, **kwargs
    ):
        """Keras' `fit`, on `rnnkit.data.WordWindows`; each epoch draws its own pass.

        Raises:
            LossError: The loss is NaN or infinite.
            ValueError: The windows are of another vocabulary, or have no noise words
                where the model has negatives; or there are weights, or a
                `validation_split`.
        """
        if not isinstance(x, WordWindows):
            return super().fit(x, y, batch_size, epochs, callbacks=callbacks, **kwargs)
        refuse_those_of_arrays(kwargs)
        check_same(x.vocabulary, self.vocabulary, "windows")
        if self.negatives and not x.negatives:
            raise ValueError(
                f"The model has negatives={self.negatives}, and the windows draw no "
                "noise words: give them negatives too, 128 being many enough."
            )
        first, x.first = x.first, 0
        callbacks = [_CountPasses(x), LossGuard(first), *as_list(callbacks)]
        kwargs |= dict(epochs=epochs, callbacks=callbacks, shuffle=False)
        if not first:
            return super().fit(_batches(x), **kwargs)
        rest = _batches(x, first)
        return fit_rest_and_whole(self, super().fit, rest, x, _batches, **kwargs)

    # Use

    @property
    def vectors(self):
        """A `rnnkit.data.NamedVectors` of the words as they are now."""
        return NamedVectors(
            self.vocabulary.tokens,
            ops.convert_to_numpy(self.inputs_table),
            self.vocabulary.counts,
        )

    def log_probabilities(self, x):
        """ln of the probability of every word, by hierarchical softmax.

        Args:
            x: `(..., dim)`: of skip-gram a word's vector, else a mean of vectors.

        Returns:
            `(..., size)`, NumPy.

        Raises:
            ValueError: The model has negative sampling, which gives none.
        """
        if self.negatives:
            raise ValueError(
                "Negative sampling gives no probabilities: take negatives=0."
            )
        scores = np.asarray(x) @ ops.convert_to_numpy(self.outputs_table).T
        each = -np.logaddexp(0, -self._sides * scores[..., self._nodes])
        return (each * np.abs(self._sides)).sum(-1)

    def export(self, path):
        """Write a TensorFlow SavedModel that gives words their vectors.

        Its signature `serving_default` takes `words` (strings `(n,)`) and gives
        `vectors` `(n, dim)`, zeros for a word that it does not know.
        """
        saved_model.needs_tensorflow()
        import tensorflow as tf

        places = Places(self.vocabulary.tokens)

        @tf.function(input_signature=[tf.TensorSpec((None,), "string", "words")])
        def serve(words):
            ids = places(words)
            vectors = _rows(self.inputs_table, tf.maximum(ids, 0))
            return {"vectors": tf.where(ids[:, None] < 0, 0.0, vectors)}

        saved_model.write(self, path, serve)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary": keras.saving.serialize_keras_object(self.vocabulary),
            "dim": self.dim,
            "kind": self.kind,
            "negatives": self.negatives,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        vocabulary = keras.saving.deserialize_keras_object(
            config["vocabulary"], custom_objects
        )
        return cls(**{**config, "vocabulary": vocabulary})


class _CountPasses(keras.callbacks.Callback):
    """Tells the windows which pass is next."""

    def __init__(self, windows):
        super().__init__()
        self.windows = windows

    def on_epoch_begin(self, epoch, logs=None):
        self.windows.epoch = epoch


def _rows(table, ids):
    """Rows of a weight, whose gradient is of these rows alone where that can be."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.gather(table.value, ids)
    return ops.take(table, ids, axis=0)


def _batches(windows, first=0):
    if keras.backend.backend() == "tensorflow":
        return windows.dataset(first)
    return windows

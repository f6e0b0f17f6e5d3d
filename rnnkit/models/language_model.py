"""A model of text that predicts one symbol from all before it."""

import contextlib

import keras
from keras import ops

from rnnkit.data import TextStreams, text_streams
from rnnkit.layers.stepping import initial_state, step
from rnnkit.models import stepping
from rnnkit.models.carried_state import CarriedState
from rnnkit.models.exporting import export_text_model
from rnnkit.models.text_generation import TextGenerator
from rnnkit.models.training import BeginPass, Bits, LossGuard, Nats, as_list
from rnnkit.registration import export

EVALUATION_STEPS = 256  # symbols in a window where a text is evaluated


@export
class LanguageModel(keras.Model):
    """A recurrent language model: embedding, a stack of layers, logits.

        model = LanguageModel(vocabulary, [LSTM(512), LSTM(512)])
        model.compile("adam")
        model.fit(text_streams(text, vocabulary, batch_size=64, steps=100), epochs=5)
        print(model.generate("def ", length=400, temperature=0.8, seed=0))

    Called on ids `(batch, time)` it gives logits `(batch, time, vocabulary.size)`,
    each row from an empty state. `fit` and `evaluate` on `TextStreams` carry the state
    from batch to batch and cut the gradient between them: truncated BPTT.

    Args:
        vocabulary: A `rnnkit.data.Vocabulary`.
        layers: Recurrent layers of rnnkit or Keras, first to last; layers that treat
            every step alone (Dense, LayerNormalization) may stand between. Of the
            recurrent ones return_sequences and return_state are switched on.
        embedding_dim: Width of the symbols' vectors; None for one-hot vectors.
        dropout: Share of every recurrent layer's output dropped in training.
            [Zaremba et al., 2014](https://arxiv.org/abs/1409.2329)

    Raises:
        ValueError: No layer is recurrent, or one reads backwards.
    """

    def __init__(self, vocabulary, layers, embedding_dim=None, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary = vocabulary
        self.stack = list(layers)
        self.embedding_dim = embedding_dim
        self.dropout = dropout
        for layer in self.stack:
            stepping.prepare(layer)
        if not any(map(stepping.is_recurrent, self.stack)):
            raise ValueError("A LanguageModel needs at least one recurrent layer.")
        self.embedding = None
        if embedding_dim is not None:
            self.embedding = keras.layers.Embedding(
                vocabulary.size, embedding_dim, dtype=self.dtype_policy
            )
        self.dropouts = [
            keras.layers.Dropout(dropout)
            for layer in self.stack
            if dropout and stepping.is_recurrent(layer)
        ]
        self.head = keras.layers.Dense(
            vocabulary.size, dtype=self.dtype_policy, name="logits"
        )
        self.training_state = CarriedState(name="training_state")
        self.evaluation_state = CarriedState(listed=False, name="evaluation_state")
        self._carries = {
            True: False,
            False: False,
        }  # by `training`; within fit, evaluate
        self._traced = {True: None, False: None}  # what Keras' functions were made for
        self._generator = TextGenerator(self)
        self.nats = keras.metrics.Mean(name="nats")
        self.bits = Bits(self.nats)
        self.build((None, None))

    # One pass over windows

    def build(self, input_shape):
        shape = (*input_shape, self.embedding_dim or self.vocabulary.size)
        if self.embedding is not None:
            self.embedding.build(input_shape)
        for layer in self.stack:
            if not layer.built:
                layer.build(shape)
            shape = layer.compute_output_shape(shape)
            if stepping.is_recurrent(layer):
                shape = shape[0]
        self.head.build(shape)
        self.built = True

    def embed(self, ids):
        """Ids `(...)` → vectors `(..., features)`."""
        if self.embedding is not None:
            return self.embedding(ids)
        return ops.one_hot(ids, self.vocabulary.size, dtype=self.compute_dtype)

    def run(self, ids, states=None, training=False):
        """Read ids `(batch, time)` from given states on.

        Returns:
            Logits `(batch, time, vocabulary.size)`, and the states after the last
            step.
        """
        x = self.embed(ids)
        states = iter(states or self.initial_state(ops.shape(ids)[0]))
        dropouts = iter(self.dropouts)
        last = []
        for layer in self.stack:
            if stepping.is_recurrent(layer):
                state = next(states)
                x, *new = layer(x, initial_state=state, training=training)
                last.append(keras.tree.pack_sequence_as(state, keras.tree.flatten(new)))
                if self.dropouts:
                    x = next(dropouts)(x, training=training)
            else:
                x = layer(x)
        return self.head(x), last

    def call(self, inputs, training=False):
        training = bool(training)
        if not self._carries[training]:
            return self.run(inputs, training=training)[0]
        carried = self.training_state if training else self.evaluation_state
        states = carried.read(self.initial_state(ops.shape(inputs)[0]))
        logits, states = self.run(inputs, states, training)
        carried.write(states)
        return logits

    # Step by step

    def initial_state(self, batch_size):
        """The states before the first symbol, one a recurrent layer."""
        return [
            initial_state(layer, batch_size)
            for layer in self.stack
            if stepping.is_recurrent(layer)
        ]

    def stepper(self):
        """A function `(ids (batch,), states) → (logits, states)`, for one loop.

        What does not change from step to step is computed once, here.
        """
        first, *rest = self.stack
        vectors = self.embed(ops.arange(self.vocabulary.size))
        first_step = None
        if stepping.is_recurrent(first):
            first_step = stepping.first_step(vectors, first)

        def next_step(ids, states):
            states, new = list(states), []
            if first_step is None:
                x, layers = ops.take(vectors, ids, axis=0), self.stack
            else:
                x, state = first_step(ids, states.pop(0))
                layers = rest
                new.append(state)
            for layer in layers:
                if stepping.is_recurrent(layer):
                    x, state = step(layer, x, states.pop(0))
                    new.append(state)
                else:
                    x = layer(x)
            return self.head(x), new

        return next_step

    def step(self, ids, states):
        """One symbol a row: ids `(batch,)`, states → logits, states."""
        return self.stepper()(ids, states)

    # Training

    def compile(self, optimizer="adam", loss=None, *, jit_compile=False, **kwargs):
        """Keras' `compile`, with what a language model needs as defaults.

        Args:
            optimizer: Given by name, it clips the gradient's norm at 1.
            loss: By default the cross-entropy in nats per symbol. Whatever the loss,
                `nats` and `bits` per symbol are reported beside it.
            jit_compile: Off by default: the recurrence compiles itself, which is
                faster than to compile the whole step.
        """
        if isinstance(optimizer, str):
            optimizer = keras.optimizers.get(optimizer)
            optimizer.global_clipnorm = 1.0
        super().compile(
            optimizer,
            Nats() if loss is None else loss,
            jit_compile=jit_compile,
            **kwargs,
        )

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        if sample_weight is not None and len(sample_weight.shape) < len(y.shape):
            rows = ops.expand_dims(sample_weight, -1)  # one weight for a whole row
            sample_weight = rows * ops.ones_like(y, dtype=rows.dtype)
        nats = ops.sparse_categorical_crossentropy(
            y, ops.cast(y_pred, "float32"), from_logits=True
        )
        self.nats.update_state(nats, sample_weight)
        given = nats if isinstance(self.loss, Nats) else y_pred
        return super().compute_loss(x, y, given, sample_weight, training)

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        *,
        validation_data=None,
        callbacks=None,
        **kwargs,
    ):
        """Keras' `fit`; on `TextStreams` the state is carried from batch to batch.

        `validation_data` may also be a text, or `TextStreams`. To stop early, watch
        `val_nats`, the mean over symbols; Keras' `val_loss` is a mean over batches.

        A pass begins with an empty state, unless the streams begin at a later batch
        (`streams.first`): then it goes on with the state that `load_weights` brought.
        Validation has a state of its own.

        Raises:
            LossError: The loss is NaN or infinite.
        """
        if isinstance(validation_data, str):
            validation_data = self._evaluation_streams(validation_data)
        self._validation = validation_data
        first = x.first if isinstance(x, TextStreams) else 0
        callbacks = [BeginPass(first), LossGuard(first), *as_list(callbacks)]
        kwargs |= dict(validation_data=_batches(validation_data), callbacks=callbacks)
        with self._carrying(True, x):
            if isinstance(x, TextStreams):
                return self._fit_streams(x, first, epochs, **kwargs)
            return super().fit(x, y, batch_size, epochs, **kwargs)

    def _fit_streams(
        self, streams, first, epochs, *, initial_epoch=0, shuffle=False, **kwargs
    ):
        if shuffle:
            raise ValueError("Streams are read in order: leave shuffle=False.")
        begin, history = initial_epoch, {}
        if first:  # the rest of an interrupted pass
            streams.first = 0
            rest = super().fit(
                _batches(streams, first),
                initial_epoch=begin,
                epochs=begin + 1,
                shuffle=False,
                **kwargs,
            )
            begin += 1
            if begin >= epochs or self.stop_training:
                return rest
            history = rest.history
        last = super().fit(
            _batches(streams),
            initial_epoch=begin,
            epochs=epochs,
            shuffle=False,
            **kwargs,
        )
        last.history = {
            key: history.get(key, []) + value for key, value in last.history.items()
        }
        return last

    def evaluate(self, x=None, y=None, batch_size=None, **kwargs):
        """Keras' `evaluate`, in nats and bits per symbol.

        Args:
            x: A text, over all of which the state is carried; or `TextStreams`, each
                stream of which begins with an empty state; or whatever Keras takes.
            batch_size: Of a text: cut into so many streams, which is faster, and less
                exact as each begins with an empty state.
        """
        if isinstance(x, str):
            x = self._evaluation_streams(x, batch_size or 1)
        # Keras' fit evaluates on batches it has kept; these say what they are of.
        cached = kwargs.get("_use_cached_eval_dataset", False)
        streams = self._validation if cached else x
        self.evaluation_state.listed = True
        try:
            with self._carrying(False, streams):
                return super().evaluate(_batches(x), y, batch_size=batch_size, **kwargs)
        finally:
            self.evaluation_state.listed = False

    def reset_state(self):
        """Empty the state that training carries."""
        self.training_state.reset()

    @contextlib.contextmanager
    def _carrying(self, training, data):
        """While it lasts, the state is carried over `data` if it is streams."""
        carries = isinstance(data, TextStreams)
        strategy = getattr(self, "distribute_strategy", None)  # TensorFlow's only
        if carries and strategy and strategy.num_replicas_in_sync > 1:
            raise ValueError(
                f"{self.name} carries its state from batch to batch over TextStreams, "
                "which tf.distribute cannot share out among its "
                f"{strategy.num_replicas_in_sync} replicas: give it windows of ids, x "
                "and y (batch, time), or one replica."
            )
        state = self.training_state if training else self.evaluation_state
        new = carries and state.hold(self.initial_state(data.batch_size))
        if new or carries != self._traced[training]:
            function = "train_function" if training else "test_function"
            setattr(self, function, None)
        self._traced[training] = carries
        if not training:
            state.reset()
        self._carries[training] = carries
        try:
            yield
        finally:
            self._carries[training] = False

    def _evaluation_streams(self, text, batch_size=1):
        steps = min(EVALUATION_STEPS, max(1, len(text) // batch_size))
        return text_streams(
            text, self.vocabulary, batch_size, steps, drop_remainder=False
        )

    # Text

    def generate(
        self,
        prime="",
        length=200,
        temperature=1.0,
        top_k=None,
        top_p=None,
        seed=0,
        count=None,
        stream=False,
    ):
        """Go on with a text, symbol by symbol, in one compiled loop.

        Args:
            prime: The text to go on with, or a list of them. Without one the text
                begins as after a line end.
            length: Symbols to add.
            temperature: Divides the logits; 0 takes the most probable symbol.
            top_k: Draw among the k most probable symbols only.
            top_p: Draw among the most probable symbols that make up this share.
            seed: Integer; the same seed gives the same text.
            count: Number of texts; None for one, not in a list.
            stream: Write the text as it grows: True to the terminal, or to a file.

        Returns:
            The text, prime included, or a list of texts.

        Raises:
            ValueError: The prime holds a symbol outside the vocabulary, or is empty
                where the vocabulary has no line end to begin after.
        """
        return self._generator(
            prime, length, temperature, top_k, top_p, seed, count, stream
        )

    def export(self, path, top_k=None, top_p=None):
        """Write a TensorFlow SavedModel that goes on with texts.

        Its signature `serving_default` takes `prime` (strings `(batch,)`), `length`,
        `temperature` and `seed`, and gives the texts, primes included, `(batch,)`.
        To run it a process needs TensorFlow alone:

            serve = tf.saved_model.load(path).signatures["serving_default"]
        """
        export_text_model(self, path, top_k, top_p)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary": keras.saving.serialize_keras_object(self.vocabulary),
            "layers": [keras.saving.serialize_keras_object(x) for x in self.stack],
            "embedding_dim": self.embedding_dim,
            "dropout": self.dropout,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        def restore(part):
            return keras.saving.deserialize_keras_object(part, custom_objects)

        config = dict(config)
        config["vocabulary"] = restore(config["vocabulary"])
        config["layers"] = [restore(layer) for layer in config["layers"]]
        return cls(**config)


def _batches(data, first=0):
    """Streams as the backend reads them fastest; anything else as it is."""
    if isinstance(data, TextStreams) and keras.backend.backend() == "tensorflow":
        return data.dataset(first)
    return data

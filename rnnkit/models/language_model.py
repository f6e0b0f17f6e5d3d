"""A model of text that predicts one symbol from all before it."""

import keras
from keras import ops

from rnnkit.data import Vocabulary
from rnnkit.layers.heads import SoftmaxHead
from rnnkit.layers.stepping import initial_state, step
from rnnkit.models import stepping
from rnnkit.models.exporting import export_text_model
from rnnkit.models.stream_training import StreamTraining
from rnnkit.models.text_generation import TextGenerator
from rnnkit.models.text_scoring import TextScorer
from rnnkit.models.tied_logits import TiedLogits
from rnnkit.ops import softmax_nats
from rnnkit.registration import export


@export
class LanguageModel(StreamTraining, keras.Model):
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
        head: A `rnnkit.layers.SoftmaxHead` for large vocabularies, such as
            `AdaptiveSoftmax`; then the logits are log-probabilities, `fit` trains on
            `head.loss`, and reports it, and `evaluate` on `head.nats`, which is exact.
            By default a dense layer.
        input_dropout: Share of the symbols' vectors dropped.
        output_dropout: Share of the last recurrent layer's output dropped; None for
            `dropout`.
        locked_dropout: Whether these three draw one mask for all steps of a window.
            [Gal and Ghahramani, 2016](https://arxiv.org/abs/1512.05287)
        embedding_dropout: Share of the symbols that are dropped, each wherever it
            stands in a batch.
        tie_embeddings: Whether the logits' weights are the symbols' vectors; the last
            layer is to be `embedding_dim` wide.
            [Press and Wolf, 2017](https://arxiv.org/abs/1608.05859)
        activation_regularization: α, `temporal_regularization`: β. The loss in
            training, not the nats, grows by α mean(y²) + β mean((h_t - h_{t-1})²) with
            h the last recurrent layer's output and y the same after its dropout.
            [Merity et al., 2017](https://arxiv.org/abs/1708.01009)

    Dropout inside the recurrence, of weights or states, is the layers' own:
    `LSTM(650, weight_dropout=0.5)`.

    Raises:
        ValueError: No layer is recurrent, or one reads backwards, or is neither
            recurrent nor treats every step alone; or embeddings are to be tied or
            dropped and there are none, or of another width; or the head is of another
            vocabulary, or the vocabulary none.
    """

    def __init__(
        self,
        vocabulary,
        layers,
        embedding_dim=None,
        dropout=0.0,
        head=None,
        *,
        input_dropout=0.0,
        output_dropout=None,
        locked_dropout=False,
        embedding_dropout=0.0,
        tie_embeddings=False,
        activation_regularization=0.0,
        temporal_regularization=0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not isinstance(vocabulary, Vocabulary):
            raise ValueError(
                "A LanguageModel needs a rnnkit.data.Vocabulary, such as "
                f"Characters(text), got a {type(vocabulary).__name__}."
            )
        self.vocabulary = vocabulary
        self.stack = list(layers)
        self.embedding_dim = embedding_dim
        self.dropout = dropout
        for layer in self.stack:
            stepping.prepare(layer)
        if not any(map(stepping.is_recurrent, self.stack)):
            raise ValueError("A LanguageModel needs at least one recurrent layer.")
        self.input_dropout, self.output_dropout = input_dropout, output_dropout
        self.locked_dropout = locked_dropout
        self.embedding_dropout = embedding_dropout
        self.tie_embeddings = tie_embeddings
        self.activation_regularization = activation_regularization
        self.temporal_regularization = temporal_regularization
        self.embedding = None
        if embedding_dim is not None:
            self.embedding = keras.layers.Embedding(
                vocabulary.size, embedding_dim, dtype=self.dtype_policy
            )
        elif tie_embeddings or embedding_dropout or input_dropout:
            raise ValueError("Without embedding_dim there are no embeddings to use.")
        shape = (None, 1, None) if locked_dropout else None
        rates = [dropout] * sum(map(stepping.is_recurrent, self.stack))
        rates[-1] = dropout if output_dropout is None else output_dropout
        self.dropouts, self.first_dropout, self.symbol_dropout = [], None, None
        if any(rates):
            self.dropouts = [keras.layers.Dropout(r, noise_shape=shape) for r in rates]
        if input_dropout:
            self.first_dropout = keras.layers.Dropout(input_dropout, noise_shape=shape)
        if embedding_dropout:
            self.symbol_dropout = keras.layers.Dropout(embedding_dropout)
        if head is None:
            make = TiedLogits if tie_embeddings else keras.layers.Dense
            head = make(vocabulary.size, dtype=self.dtype_policy, name="logits")
        elif tie_embeddings:
            raise ValueError("A head has vectors of its own: tie_embeddings or head.")
        elif head.vocabulary_size != vocabulary.size:
            raise ValueError(
                f"The head is for {head.vocabulary_size:,} words and the vocabulary "
                f"has {vocabulary.size:,}: give it vocabulary_size=vocabulary.size."
            )
        self.head = head
        self._behind = None  # the last logits, and what the head made them of
        self._generator = TextGenerator(self)
        self.scorer = TextScorer(self)
        self.prepare_training()
        self.build((None, None))

    # One pass over windows

    def build(self, input_shape):
        shape = (*input_shape, self.embedding_dim or self.vocabulary.size)
        if self.embedding is not None:
            self.embedding.build(input_shape)
        for layer in self.stack:
            if not layer.built:
                layer.build(shape)
            if stepping.is_recurrent(layer):
                shape, *_ = layer.compute_output_shape(shape)
            else:
                stepping.check_alone(layer, shape[-1])
                shape = layer.compute_output_shape(shape)
        if self.tie_embeddings and shape[-1] != self.embedding_dim:
            raise ValueError(
                f"The last layer is {shape[-1]} wide and embedding_dim is "
                f"{self.embedding_dim}: to be tied they must be the same."
            )
        if not self.head.built:
            self.head.build(shape)
        self.built = True

    def embed(self, ids, training=False):
        """Ids `(...)` → vectors `(..., features)`."""
        if self.embedding is None:
            return ops.one_hot(ids, self.vocabulary.size, dtype=self.compute_dtype)
        x = self.embedding(ids)
        if training and self.symbol_dropout:
            ones = ops.ones((self.vocabulary.size, 1), x.dtype)
            kept = self.symbol_dropout(ones, training=True)
            x = x * ops.take(kept, ids, axis=0)
        if self.first_dropout:
            x = self.first_dropout(x, training=training)
        return x

    def logits(self, x):
        """The last layer's output `(..., units)` → `(..., vocabulary.size)`."""
        if self.tie_embeddings:
            return self.head(x, self.embedding.embeddings)
        return self.head(x)

    def read(self, ids, states=None, training=False):
        """As `run`, but for the last layer's outputs `(batch, time, units)`."""
        x = self.embed(ids, training)
        states = iter(states or self.initial_state(ops.shape(ids)[0]))
        dropouts = iter(self.dropouts)
        last = []
        for layer in self.stack:
            if stepping.is_recurrent(layer):
                state = next(states)
                x, *new = layer(x, initial_state=state, training=training)
                last.append(keras.tree.pack_sequence_as(state, keras.tree.flatten(new)))
                h = x
                if self.dropouts:
                    x = next(dropouts)(x, training=training)
                y = x
            else:
                x = layer(x)
        if training:
            self._regularize(h, y)
        return x, last

    def run(self, ids, states=None, training=False):
        """Read ids `(batch, time)` from given states on.

        Returns:
            Logits `(batch, time, vocabulary.size)`, and the states after the last
            step.
        """
        x, last = self.read(ids, states, training)
        logits = self.logits(x)
        if isinstance(self.head, SoftmaxHead):
            self._behind = logits, x
        return logits, last

    def target_nats(self, y, logits, training):
        """-ln p of each symbol; in training by what the head trains on."""
        behind, self._behind = self._behind, None
        if behind is None or behind[0] is not logits:
            return super().target_nats(y, logits, training)
        # The logits are not looked at, and so, in a graph, not computed.
        return (self.head.loss if training else self.head.nats)(behind[1], y)

    def nats_after(self, x, targets):
        """-ln p of each target after the last layer's outputs, exact, `(batch, time)`.

        Args:
            x: `(batch, time, units)`, as `read` gives them.
            targets: Ids `(batch, time)`.
        """
        if isinstance(self.head, SoftmaxHead):
            return self.head.nats(x, targets)
        return softmax_nats(self.logits(x), targets)

    def _regularize(self, h, y):
        if self.activation_regularization:
            mean = ops.mean(ops.square(ops.cast(y, "float32")))
            self.add_loss(self.activation_regularization * mean)
        if self.temporal_regularization and h.shape[1] != 1:
            changes = ops.cast(h[:, 1:] - h[:, :-1], "float32")
            self.add_loss(self.temporal_regularization * ops.mean(ops.square(changes)))

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
                    x = layer(x[:, None])[:, 0]  # a sequence of one step
            return self.logits(x), new

        return next_step

    def step(self, ids, states):
        """One symbol a row: ids `(batch,)`, states → logits, states."""
        return self.stepper()(ids, states)

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
                begins as after a line end; or after the start of a tokenizer, where
                the texts to train on had one.
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

    def score(self, text):
        """ln p of every token of a text, given all before it: `Scores`.

        The state is carried through all of the text. Where the vocabulary has a line
        end, the text begins after one, and its first token is predicted too; so it is
        after a tokenizer's start, which is known only if the texts to train on had it.

        Raises:
            ValueError: Nothing is left to be predicted.
        """
        return self.scorer(text)

    def export(self, path, top_k=None, top_p=None):
        """Write a TensorFlow SavedModel that goes on with texts.

        Its signature `serving_default` takes `prime` (strings `(batch,)`), `length`,
        `temperature` and `seed`, and gives the texts, `(batch,)`: primes included, as
        the vocabulary writes them, what it does not know as unknown. To run it a
        process needs TensorFlow, and tensorflow-text where the tokenizers do:

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
            "head": keras.saving.serialize_keras_object(self.head)
            if isinstance(self.head, SoftmaxHead)
            else None,
            "input_dropout": self.input_dropout,
            "output_dropout": self.output_dropout,
            "locked_dropout": self.locked_dropout,
            "embedding_dropout": self.embedding_dropout,
            "tie_embeddings": self.tie_embeddings,
            "activation_regularization": self.activation_regularization,
            "temporal_regularization": self.temporal_regularization,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        def restore(part):
            return keras.saving.deserialize_keras_object(part, custom_objects)

        config = dict(config)
        config["vocabulary"] = restore(config["vocabulary"])
        config["layers"] = [restore(layer) for layer in config["layers"]]
        config["head"] = restore(config.get("head"))
        return cls(**config)

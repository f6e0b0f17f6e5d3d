"""A model that reads one sequence and writes another, token by token."""

import keras
from keras import ops

from rnnkit.layers import AttentionDecoder, DenseBridge, ReverseSequence
from rnnkit.layers.masks import first_of
from rnnkit.layers.stepping import initial_state, step, steps
from rnnkit.models import encoding, stepping
from rnnkit.models.own_tokens import mixed_logits
from rnnkit.models.seq2seq_exporting import export_seq2seq
from rnnkit.models.seq2seq_training import Seq2SeqTraining
from rnnkit.models.seq2seq_writing import Seq2SeqWriting
from rnnkit.registration import export


@export
class Seq2Seq(Seq2SeqTraining, Seq2SeqWriting, keras.Model):
    """Sequence to sequence: an encoder, a decoder, and a search for what to write.

        model = Seq2Seq(
            german,
            english,
            [Bidirectional(LSTM(256))],
            AttentionDecoder(AttentionCell(LSTMCell(256), AdditiveAttention(256))),
        )
        model.compile("adam", TokenCrossentropy(label_smoothing=0.1))
        model.fit(sources, targets, epochs=10, validation_data=(others, theirs))
        model.translate(["ein hund läuft ."], beam_width=5)

    Called on `(source, lengths, target)`, ids `(batch, source)`, `(batch,)` and
    `(batch, target)`, the target ending with its end and filled up with -1, it gives
    logits `(batch, target, target vocabulary)`: of each token from those before it,
    which is teacher forcing.

    Args:
        source_vocabulary, target_vocabulary: Tokenizers of `rnnkit.data`.
        encoder: Layers from the source's vectors on, first to last; of recurrent ones
            return_sequences and return_state are switched on.
        decoder: An `AttentionDecoder`, or a recurrent layer of rnnkit that reads
            forwards, `DeepRecurrent` for several, which knows of the source only what
            it begins with.
        embedding_dim: Width of the tokens' vectors.
        dropout: Share dropped of the vectors, and of what encoder and decoder give.
        reverse_source: Whether the encoder reads from the end to the beginning.
            [Sutskever et al., 2014](https://arxiv.org/abs/1409.3215)
        bridge: How the last states of the encoder's recurrent layers become the first
            ones of the decoder: "dense", a `DenseBridge` of its own; "copy", as they
            are; a layer, such as `Bridge`; or None, for zeros, with attention.
        tie_embeddings: Whether the logits are products with the target's vectors; the
            decoder is to be as wide as these.
            [Press and Wolf, 2017](https://arxiv.org/abs/1608.05859)

    Raises:
        ValueError: A vocabulary is no tokenizer; the decoder reads backwards or has no
            state; the encoder has no recurrent layer for the bridge, or one that makes
            fewer frames, but no shorter mask.
    """

    def __init__(
        self,
        source_vocabulary,
        target_vocabulary,
        encoder,
        decoder,
        embedding_dim=256,
        dropout=0.0,
        reverse_source=False,
        bridge="dense",
        tie_embeddings=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        for name, one in (("source", source_vocabulary), ("target", target_vocabulary)):
            marks = all(hasattr(one, mark) for mark in ("padding", "start", "end"))
            if not marks or isinstance(one, type):
                raise ValueError(
                    f"{name}_vocabulary is to be a tokenizer, with padding, start and "
                    f"end, such as a rnnkit.data.WordTokenizer; it is {one!r}."
                )
        self.source_vocabulary = source_vocabulary
        self.target_vocabulary = target_vocabulary
        self.encoder = encoding.layers_of(encoder)
        self.decoder = decoder
        self.embedding_dim = embedding_dim
        self.dropout = dropout
        self.reverse_source = reverse_source
        self.tie_embeddings = tie_embeddings
        self.attends = isinstance(decoder, AttentionDecoder)
        for layer in self.encoder:
            stepping.give_all(layer)
        if not self.attends:
            stepping.prepare(decoder)
            if not stepping.is_recurrent(decoder):
                raise ValueError(
                    f"The decoder, {decoder.name}, carries nothing from step to step: "
                    "use a recurrent layer, or an AttentionDecoder."
                )
        shared = {"dtype": self.dtype_policy}
        self.source_embedding = keras.layers.Embedding(
            source_vocabulary.size, embedding_dim, name="source_embedding", **shared
        )
        self.target_embedding = keras.layers.ReversibleEmbedding(
            target_vocabulary.size,
            embedding_dim,
            tie_weights=True,
            name="target_embedding",
            **shared,
        )
        self.reverse = ReverseSequence() if reverse_source else None
        self.drop = keras.layers.Dropout(dropout, **shared)
        self.head = None
        if not tie_embeddings:
            self.head = keras.layers.Dense(
                target_vocabulary.size, name="logits", **shared
            )
        self.bridge = bridge
        self.prepare_training()
        self.prepare_writing()
        self.build()

    def build(self, input_shape=None):
        self.source_embedding.build((None, None))
        self.target_embedding.build((None, None))
        if self.reverse is not None:
            self.reverse.build((None, None, self.embedding_dim))
        shape, states = (None, encoding.TRIAL, self.embedding_dim), []
        for layer in self.encoder:
            if not layer.built:
                layer.build((None, None, *shape[2:]))
            shape, last = encoding.after(layer, shape)
            states += last
        inputs = (None, None, self.embedding_dim)
        if self.attends:
            self.decoder.build(inputs, (None, None, shape[-1]))
            output = (None, None, self.decoder.cell.units)
        else:
            if not self.decoder.built:
                self.decoder.build(inputs)
            output = self.decoder.compute_output_shape(inputs)[0]
        self.decoder_width = output[-1]
        self.one_frame_a_token = shape[1] == encoding.TRIAL
        if self.bridge is not None and not states:
            raise ValueError(
                "The encoder has no recurrent layer whose states the bridge could "
                "bring to the decoder: give bridge=None."
            )
        if self.bridge is None and not self.attends:
            raise ValueError(
                "A decoder without attention knows of the source what the bridge "
                'brings it alone: give bridge="dense".'
            )
        widths = [state.shape[-1] for state in self._first_states(1)]
        given = [state[-1] for state in states]
        if self.bridge == "dense":
            self.bridge = DenseBridge(widths, dtype=self.dtype_policy)
        elif self.bridge == "copy" and given != widths:
            raise ValueError(
                f"The decoder begins with states of the widths {widths}, and the "
                f'encoder ends with {given}: bridge="dense" brings them together.'
            )
        elif isinstance(self.bridge, str) and self.bridge != "copy":
            raise ValueError(
                f'bridge is "dense", "copy", a layer or None, got {self.bridge!r}.'
            )
        if isinstance(self.bridge, keras.Layer) and not self.bridge.built:
            self.bridge.build(states)
        if self.head is not None:
            self.head.build(output)
        elif output[-1] != self.embedding_dim:
            raise ValueError(
                f"tie_embeddings=True needs a decoder as wide as the vectors: it gives "
                f"{output[-1]}, and embedding_dim is {self.embedding_dim}."
            )
        self.built = True

    def call(self, inputs, training=False):
        source, lengths, target = inputs
        fed = self.fed(target)
        if training and self.feeds is not None:
            state, constants = self.begin(source, lengths, training)
            return mixed_logits(self, fed, state, constants, training)
        memory, mask, states = self.encode(source, lengths, training)
        x = self.drop(self.target_embedding(fed), training=training)
        given = {"initial_state": states, "training": training}
        if self.attends:
            x = self.decoder(x, memory, memory_mask=mask, **given)
        else:
            x = self.decoder(x, **given)[0]
        return self.logits(self.drop(x, training=training))

    def encode(self, source, lengths, training=False):
        """Read sources: ids `(batch, source)` and lengths `(batch,)`.

        Returns:
            The memory `(batch, source, features)`, its mask `(batch, source)`, and the
            first states of the decoder, a list.
        """
        if training:
            self._note_lengths(lengths)
        mask = encoding.mask_of(source, lengths)
        x = self.source_embedding(source)
        if self.reverse is not None:
            x = self.reverse(x, mask=mask)
        x = self.drop(x, training=training)
        states = []
        for layer in self.encoder:
            below = x
            if getattr(layer, "return_state", False):
                x, *last = layer(x, mask=mask, training=training)
                states += last
                mask = first_of(layer.compute_mask(below, mask))
            else:
                x, mask = encoding.run([layer], x, mask, training)
        x = self.drop(x, training=training)
        if self.bridge is None:
            states = self._first_states(ops.shape(source)[0])
        elif self.bridge != "copy":
            states = self.bridge(states)
        return x, mask, list(states)

    def fed(self, target):
        """What the decoder reads of a target, each token one step late.

        What fills the target up needs no mask: nothing that counts comes after it.
        """
        start = ops.full_like(target[:, :1], self.target_vocabulary.start)
        fed = ops.concatenate([start, target[:, :-1]], axis=1)
        return ops.maximum(fed, 0)

    def logits(self, x):
        """What the decoder gave, `(..., units)`, to `(..., target vocabulary)`."""
        if self.head is None:
            return self.target_embedding(ops.copy(x), reverse=True)  # without its mask
        return self.head(x)

    # Step by step

    def begin(self, source, lengths, training=False):
        """The state before the first token, and what stays as it is, two trees."""
        memory, mask, states = self.encode(source, lengths, training)
        if not self.attends:
            return states, ()
        state = self.decoder.initial_state(memory, mask, states)
        return state, state.pop("memory")

    def next_step(self, tokens, state, constants=()):
        """One token a row, `(rows,)`, to logits, the state, and where it looked."""
        x = self.target_embedding(tokens)
        if not self.attends:
            output, new = step(self.decoder, x, state)
            return self.logits(output), list(new)
        output, new = self.decoder.step(x, {**state, "memory": constants})
        del new["memory"]
        return self.logits(output), new, new["weights"]

    def steps(self, constants, batch, time, training):
        """The decoder's steps in a loop, `(x, state, noise)`; see `CellSteps`.

        x is `(batch, embedding_dim)`.
        """
        if self.attends:
            return self.decoder.cell.steps(constants, batch, time, training)
        return steps(self.decoder, batch, time, self.embedding_dim, training)

    def _first_states(self, batch):
        if not self.attends:
            return list(initial_state(self.decoder, batch))
        layers = self.decoder.cell.layers
        return [s for layer in layers for s in layer.initial_state(batch)]

    def export(self, path, **options):
        """Write a TensorFlow SavedModel from strings to strings.

        Its signature `serving_default` takes `source`, strings `(batch,)`, and gives
        `text` and `score`, `(batch, n_best)`, the best first. To run it a process
        needs TensorFlow, and tensorflow-text where the tokenizers do:

            serve = tf.saved_model.load(path).signatures["serving_default"]

        Args:
            path: Folder to write.
            options: As for `translate`: beam_width, n_best (1 where it is None),
                max_length, min_length, prefix (one row), length_penalty,
                coverage_penalty, early_stopping, processors.

        Raises:
            TypeError: There is another option, such as `copy_unknown`.
            ValueError: `prefix` is more than one row.
            RuntimeError: Keras runs on another backend than TensorFlow.
        """
        export_seq2seq(self, path, **options)

    def get_config(self):
        save = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "source_vocabulary": save(self.source_vocabulary),
            "target_vocabulary": save(self.target_vocabulary),
            "encoder": [save(layer) for layer in self.encoder],
            "decoder": save(self.decoder),
            "embedding_dim": self.embedding_dim,
            "dropout": self.dropout,
            "reverse_source": self.reverse_source,
            "bridge": save(self.bridge),
            "tie_embeddings": self.tie_embeddings,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        def restore(part):
            return keras.saving.deserialize_keras_object(part, custom_objects)

        config = dict(config)
        config["encoder"] = [restore(layer) for layer in config["encoder"]]
        for name in ("source_vocabulary", "target_vocabulary", "decoder", "bridge"):
            config[name] = restore(config[name])
        return cls(**config)

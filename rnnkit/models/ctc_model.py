"""A model that reads a sequence and writes a shorter one, in the same order."""

import keras
from keras import ops
from keras.src import backend as keras_backend

from rnnkit.losses import CTC
from rnnkit.models import encoding
from rnnkit.models.ctc_exporting import export_ctc_model
from rnnkit.models.ctc_reading import CTCReading
from rnnkit.models.ctc_training import CTCTraining
from rnnkit.registration import export


@export
class CTCModel(CTCTraining, CTCReading, keras.Model):
    """Connectionist temporal classification: an encoder, logits, and what reads them.

        model = CTCModel([Bidirectional(LSTM(192, return_sequences=True))], vocabulary)
        model.compile("adam")
        model.fit(features, texts, epochs=40, validation_data=(others, their_texts))
        model.transcribe(others)

    Sequences are given as a list of arrays `(time, ...)` of unlike length, as a
    `rnnkit.data.SequenceBatches`, as ragged tensors, or as padded batches `(x,
    lengths)`. Called on a padded batch, with lengths or a mask, it gives logits
    `(batch, frames, vocabulary.size + 1)`, the blank last; their mask says which
    frames count.

    Args:
        encoder: Layers from features to one vector a frame: a list, a
            `keras.Sequential` or one layer. They may make the sequence shorter, as
            long as their mask becomes shorter with it.
        vocabulary: A `rnnkit.data.Vocabulary`.
    """

    def __init__(self, encoder, vocabulary, **kwargs):
        super().__init__(**kwargs)
        self.autocast = False  # half precision loses samples: each layer casts
        self.encoder = encoding.layers_of(encoder)
        self.vocabulary = vocabulary
        self.head = keras.layers.Dense(
            vocabulary.size + 1, dtype=self.dtype_policy, name="logits"
        )
        self.prepare_training()

    @property
    def blank(self):
        """The id of the blank: the one after those of the vocabulary."""
        return self.vocabulary.size

    def build(self, input_shape):
        if isinstance(input_shape[0], (list, tuple)):  # those of (x, lengths)
            input_shape = input_shape[0]
        self._input_shape = tuple(input_shape)
        self.head.build(encoding.build(self.encoder, self._input_shape))
        self.built = True

    def get_build_config(self):
        return {"input_shape": getattr(self, "_input_shape", None)}

    def build_from_config(self, config):
        if config["input_shape"]:
            self.build(config["input_shape"])

    def call(self, inputs, mask=None, training=False):
        if isinstance(inputs, (list, tuple)):
            inputs, lengths = inputs
            mask = encoding.mask_of(inputs, lengths)
        x, mask = encoding.run(self.encoder, inputs, mask, training)
        logits = self.head(x)
        if mask is not None:
            keras_backend.set_keras_mask(logits, mask)
        return logits

    def compute_mask(self, inputs, mask=None):
        return None  # `call` has set it

    def read(self, inputs, mask=None):
        """Logits of padded inputs and how many frames of each row count."""
        logits = self(inputs, mask=mask)
        mask = keras_backend.get_keras_mask(logits)
        if mask is None:
            batch, frames = ops.shape(logits)[:2]
            return logits, ops.full((batch,), frames, dtype="int32")
        return logits, ops.sum(ops.cast(mask, "int32"), axis=1)

    def default_loss(self):
        """The loss that `compile` takes where none is given."""
        return CTC(blank=self.blank)

    def export(self, path, **decoding):
        """Write a TensorFlow SavedModel from padded inputs to texts.

        Its signature `serving_default` takes `inputs` `(batch, time, ...)` and
        `lengths` `(batch,)`, and gives `text` and `score` `(batch,)`. To run it a
        process needs TensorFlow, and tensorflow-text where the tokenizers do.

        Args:
            path: Folder to write.
            decoding: As for `transcribe`.

        Raises:
            ValueError: The lexicon has words that are not spelt as they are written,
                which only `transcribe` can undo.
        """
        export_ctc_model(self, path, **decoding)

    def get_config(self):
        return {
            **super().get_config(),
            "encoder": [keras.saving.serialize_keras_object(x) for x in self.encoder],
            "vocabulary": keras.saving.serialize_keras_object(self.vocabulary),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        def restore(part):
            return keras.saving.deserialize_keras_object(part, custom_objects)

        config = dict(config)
        config["encoder"] = [restore(layer) for layer in config["encoder"]]
        config["vocabulary"] = restore(config["vocabulary"])
        return cls(**config)

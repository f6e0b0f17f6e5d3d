"""The neural probabilistic language model."""

import keras

from rnnkit.models.context_window import ContextWindow
from rnnkit.models.language_model import LanguageModel
from rnnkit.registration import export


@export
class NPLM(LanguageModel):
    """Neural probabilistic language model: the next word from the last K, projected.

        x_t = [P w_{t-K+1}, ..., P w_t]
        h_t = phi(H x_t + d)
        p(w_{t+1} | w_{t-K+1}, ..., w_t) = softmax(U h_t + b)

    The projection P is the same at all K places: a table with a vector for each word.
    An n-gram of order K + 1 sees as many words, and knows of each nothing but its name.
    It is fit, evaluated, saved, exported and written with as every `LanguageModel`:

        model = NPLM(vocabulary, context=4)
        model.compile("adam")
        model.fit(text_streams(text, vocabulary, batch_size=64, steps=32), epochs=3)
        model.perplexity(held_out)

    Where fewer than K words have been read, zeros stand for the others; so a text may
    be shorter than the context. The gradient is cut between the windows of `fit`.

    Args:
        vocabulary: A `rnnkit.data.Vocabulary`.
        context: K.
        embedding_dim: Width of a word's vector.
        hidden_units: Width of h.
        activation: phi.
        dropout: Share of x, and of h, dropped in training.
        head, kwargs: As in `LanguageModel`.

    Raises:
        ValueError: `context` is not a positive integer, or as `LanguageModel`.

    Reference: [Bengio et al., 2003](https://www.jmlr.org/papers/v3/bengio03a.html),
    without the direct connections
    """

    def __init__(
        self,
        vocabulary,
        context=4,
        embedding_dim=60,
        hidden_units=100,
        activation="tanh",
        dropout=0.0,
        head=None,
        **kwargs,
    ):
        self.context = context
        self.hidden_units = hidden_units
        self.activation = keras.activations.get(activation)
        layers = [
            ContextWindow(context),
            keras.layers.Dense(hidden_units, activation, name="hidden"),
        ]
        if dropout:
            layers.append(keras.layers.Dropout(dropout))
        super().__init__(
            vocabulary, layers, embedding_dim, dropout, head=head, **kwargs
        )

    def get_config(self):
        config = super().get_config()
        del config["layers"]
        return {
            **config,
            "context": self.context,
            "hidden_units": self.hidden_units,
            "activation": keras.activations.serialize(self.activation),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        for name in ("vocabulary", "head"):
            config[name] = keras.saving.deserialize_keras_object(
                config[name], custom_objects
            )
        return cls(**config)

"""What a run is made of, and the presets."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Config:
    data: str = "docstrings"
    """docstrings, ptb, kjv, or a text file or folder."""
    vocabulary_size: int = 10_000
    """Words, the unknown and the line end included; ptb has 10,000 of its own."""
    words: int | None = None
    """Words to train on, the last ones of the training text; None for all."""
    held_out_words: int | None = None
    """Words of the validation and of the test text, the first ones; None for all."""
    look: int = 10_000
    """Words of the validation text on which dynamic evaluation's rate is chosen."""
    cell: str = "lstm"
    """Any recurrent layer of rnnkit.layers: lstm, gru, simple_rnn, coupled_lstm ..."""
    units: int = 200
    layers: int = 2
    embedding_dim: int = 200
    dropout: float = 0.25
    """Share of a layer's outputs that are hidden from the next one in training."""
    input_dropout: float = 0.25
    """Share of the words' vectors that are hidden."""
    output_dropout: float | None = None
    """Share of the last layer's outputs that are hidden; None for as many."""
    locked_dropout: bool = False
    """Whether these three hide the same for all steps of a window."""
    embedding_dropout: float = 0.0
    """Share of the words that are hidden wherever they stand in a batch."""
    weight_dropout: float = 0.0
    """Share of the recurrent weights left out, drawn for every batch."""
    tie_embeddings: bool = False
    """Whether a word's vector also predicts it; the last layer is then embedding_dim
    wide."""
    activation_regularization: float = 0.0
    temporal_regularization: float = 0.0
    initial_range: float | None = None
    """All weights begin between minus this and this; None for the layers' own way."""
    optimizer: str = "adam"
    """adam, whose rate rises and falls along a cosine; sgd, whose rate falls from pass
    to pass; or nt_asgd, which averages once validation no longer improves."""
    learning_rate: float = 3e-3
    """At its highest."""
    warmup: float = 0.05
    """Share of the training in which adam's rate rises."""
    constant_passes: int = 4
    """Passes over the text before sgd's rate begins to fall."""
    decay: float = 0.5
    """What sgd's rate is multiplied with at each pass after that."""
    weight_decay: float = 0.0
    """Share of a weight that goes at each step, times sgd's rate."""
    clipnorm: float = 5.0
    """The gradient's norm is clipped there."""
    batch_size: int = 20
    """Parallel streams the text is cut into."""
    steps: int = 35
    """Words after which the gradient is cut."""
    parts: int = 1
    """Parts a pass over the text is cut into; an epoch reads one, in turn."""
    epochs: int = 7
    """After each comes a sample, and the validation text."""
    seed: int = 0
    prime: str = ""
    """What every sample begins with."""
    length: int = 60
    """Words in a sample."""
    temperature: float = 0.8
    checkpoint_seconds: float = 60.0
    """Seconds between two checkpoints."""
    reach: float | None = None
    """Perplexity to reach, else the exit status is 1."""


SMALL = Config()
SMOKE = dataclasses.replace(
    SMALL,
    vocabulary_size=1000,
    words=30_000,
    held_out_words=3000,
    look=500,
    units=64,
    layers=1,
    embedding_dim=64,
    epochs=3,
    learning_rate=1e-2,
    length=30,
    reach=140.0,
)
# Published rates are for a loss summed over the 35 steps of a window; ours is a mean.
ZAREMBA_SMALL = dataclasses.replace(
    SMALL,
    data="ptb",
    dropout=0.15,
    input_dropout=0.15,
    initial_range=0.1,
    optimizer="sgd",
    learning_rate=35.0,
    clipnorm=5 / 35,
    constant_passes=3,
    epochs=8,
    prime="the company said",
)
ZAREMBA_MEDIUM = dataclasses.replace(
    ZAREMBA_SMALL,
    units=650,
    embedding_dim=650,
    dropout=0.5,
    input_dropout=0.5,
    initial_range=0.05,
    constant_passes=6,
    decay=1 / 1.2,
    epochs=39,
)
ZAREMBA_LARGE = dataclasses.replace(
    ZAREMBA_MEDIUM,
    units=1500,
    embedding_dim=1500,
    dropout=0.65,
    input_dropout=0.65,
    initial_range=0.04,
    clipnorm=10 / 35,
    constant_passes=14,
    decay=1 / 1.15,
    epochs=55,
)
SIMPLE_RNN = dataclasses.replace(
    ZAREMBA_SMALL,
    cell="simple_rnn",
    layers=1,
    units=300,
    embedding_dim=300,
    tie_embeddings=True,
    locked_dropout=True,
    dropout=0.2,
    input_dropout=0.2,
    initial_range=None,
    optimizer="adam",
    learning_rate=2e-3,
    clipnorm=0.25,
    epochs=8,
)
# Windows are of one length, where the published ones vary about 70.
AWD = dataclasses.replace(
    SMALL,
    data="ptb",
    units=1150,
    layers=3,
    embedding_dim=400,
    tie_embeddings=True,
    locked_dropout=True,
    dropout=0.25,
    input_dropout=0.4,
    output_dropout=0.4,
    embedding_dropout=0.1,
    weight_dropout=0.5,
    activation_regularization=2.0,
    temporal_regularization=1.0,
    optimizer="nt_asgd",
    learning_rate=30.0,
    weight_decay=1.2e-6,
    clipnorm=0.25,
    steps=70,
    epochs=500,
    prime="the company said",
)
AWD_SMALL = dataclasses.replace(
    ZAREMBA_SMALL,
    units=300,
    tie_embeddings=True,
    locked_dropout=True,
    dropout=0.2,
    input_dropout=0.2,
    embedding_dropout=0.05,
    weight_dropout=0.2,
    learning_rate=30.0,
    clipnorm=0.25,
    constant_passes=4,
    epochs=9,
)
PRESETS = {
    "small": SMALL,
    "smoke": SMOKE,
    "simple_rnn": SIMPLE_RNN,
    "zaremba_small": ZAREMBA_SMALL,
    "zaremba_medium": ZAREMBA_MEDIUM,
    "zaremba_large": ZAREMBA_LARGE,
    "awd": AWD,
    "awd_small": AWD_SMALL,
}

MIKOLOV = "[Mikolov et al., 2011](https://doi.org/10.1109/ICASSP.2011.5947611)"
ZAREMBA = "[Zaremba et al., 2014](https://arxiv.org/abs/1409.2329)"
MERITY = "[Merity et al., 2018](https://arxiv.org/abs/1708.02182)"
PUBLISHED = {
    "simple_rnn": {"recurrent network, perplexity": [124.7, MIKOLOV]},
    "zaremba_small": {"2 × LSTM-200, perplexity": [114.5, ZAREMBA]},
    "zaremba_medium": {"2 × LSTM-650, perplexity": [82.7, ZAREMBA]},
    "awd": {
        "AWD-LSTM, perplexity": [57.3, MERITY],
        "with a cache, perplexity": [52.8, MERITY],
    },
    "zaremba_large": {"2 × LSTM-1500, perplexity": [78.4, ZAREMBA]},
}

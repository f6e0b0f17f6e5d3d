"""Predict the next word from the vectors of the last few, beside n-grams.

python recipes/nplm/train.py
python recipes/nplm/train.py --preset ptb
python recipes/nplm/train.py --data path/to/a/text/file/or/a/folder --contexts 1 3 5
"""

import dataclasses
import functools
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))

import beginning  # first, by the alphabet too
import keras
from density import densities
from pictures import draw_contexts, draw_density

import rnnkit
from rnnkit import recipe


@dataclasses.dataclass(frozen=True)
class Config:
    data: str = "docstrings"
    """docstrings (of the standard library), ptb, kjv, or a text file or folder."""
    vocabulary_size: int = 10_000
    """Distinct words, the line end and <unk> counted; ptb has its own 10,000."""
    contexts: tuple[int, ...] = (1, 2, 4)
    """Words seen at once, K: a model is trained for each."""
    embedding_dim: int = 100
    hidden_units: int = 200
    dropout: float = 0.2
    """Share of the vectors and of the hidden units dropped in training."""
    embedding_dropout: float = 0.0
    """Share of the words dropped in training, each wherever it stands in a batch."""
    tie_embeddings: bool = False
    """Whether the words' vectors are also the weights of the softmax, which is plain
    then, and hidden_units as many as embedding_dim."""
    shortlist: int | None = 2000
    """Most frequent words, on which the adaptive softmax spends most; it is as exact as
    the plain softmax, which None stands for."""
    batch_size: int = 64
    """Streams the text is cut into."""
    steps: int = 16
    """Words after which the gradient is cut."""
    epochs: int = 5
    learning_rate: float = 3e-3
    """At its highest, after a twentieth of the training; then it falls along a
    cosine."""
    seed: int = 0
    checkpoint_seconds: float = 30.0
    """Seconds between two checkpoints."""
    reach: float | None = None
    """Perplexity that the best is to reach, else the exit status is 1."""


_LARGE = Config(
    contexts=(1, 2, 4, 6), embedding_dim=150, hidden_units=300, dropout=0.3, epochs=8
)
PRESETS = {
    "small": Config(),
    "ptb": dataclasses.replace(_LARGE, data="ptb"),
    "kjv": dataclasses.replace(_LARGE, data="kjv"),
    "smoke": Config(
        vocabulary_size=1000,
        contexts=(2,),
        embedding_dim=24,
        hidden_units=48,
        shortlist=None,
        epochs=1,
        learning_rate=1e-2,
        reach=75.0,
    ),
}


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "small", __doc__, arguments)
    if config.tie_embeddings and config.hidden_units != config.embedding_dim:
        raise SystemExit(
            "--tie-embeddings needs --hidden-units and --embedding-dim to be the same, "
            f"got {config.hidden_units} and {config.embedding_dim}."
        )
    load, size = rnnkit.data.load_words, config.vocabulary_size
    texts = recipe.loaded(load, config.data, size)
    digest = recipe.text_digest(texts.values())
    name = recipe.run_name(preset, config, PRESETS)
    run = recipe.Run("nplm", name, config, {"sha256 of the data": digest}, fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run, config)
    vocabulary = rnnkit.data.Words.of(texts["train"])
    print(f"{config.data}: {vocabulary.size:,} words.", flush=True)
    once = recipe.Once(run, beginning.seconds)
    for context in config.contexts:
        row = f"K = {context}"
        counted = once("n-grams", row, count, context, texts)
        learnt = once("models", row, learn, config, context, vocabulary, texts, once)
        mixed = once("mixtures", row, mix, context, texts, run)
        print(
            f"{row}: perplexity {learnt:.1f}, {context + 1}-gram {counted:.1f}, "
            f"both {mixed:.1f}",
            flush=True,
        )
    found = once.found
    seen = densities(texts["train"], texts["test"], max(config.contexts) + 1)
    draw_contexts(found, config, run.path("contexts.png"))
    draw_density(seen, config, run.path("density.png"))
    alone = {f"perplexity, {row}": x for row, x in found["models"].items()}
    both = {f"{row}, with the n-gram": x for row, x in found["mixtures"].items()}
    run.finish(
        preset,
        metrics=in_order(alone) | in_order(both),
        baselines=in_order(
            {
                f"perplexity, {context + 1}-gram": found["n-grams"][f"K = {context}"]
                for context in config.contexts
            }
        ),
        published={},
        seeds=[config.seed],
        seconds=once.seconds(),
        tables={
            "contexts": {
                "neural, K words": found["models"],
                "n-gram of K + 1 words": found["n-grams"],
                "both, mixed": found["mixtures"],
            },
            "density": seen,
        },
    )
    for path in run.folder.glob("checkpoint *"):
        path.unlink()
    return report(run, config)


def in_order(rows):
    """Return a dict with the lowest value first."""
    return dict(sorted(rows.items(), key=lambda row: row[1]))


@functools.lru_cache(1)  # it is asked alone, and then in the mixture
def ngram_of(context, text):
    """The n-gram that sees as many words."""
    return rnnkit.lm.NGram.train(text, context + 1)


def count(context, texts):
    """Perplexity of the test text by the n-gram that sees as many words."""
    return ngram_of(context, texts["train"]).perplexity(texts["test"])


def learn(config, context, vocabulary, texts, once):
    """Train the model of a context, from the run's checkpoint on if there is one.

    Returns:
        Its perplexity of the test text.
    """
    keras.utils.set_random_seed(config.seed)
    head = None
    short = config.shortlist is not None and config.shortlist < vocabulary.size
    if short and not config.tie_embeddings:
        head = rnnkit.layers.AdaptiveSoftmax(
            vocabulary.size, [config.shortlist], factor=2, use_bias=True
        )
    model = rnnkit.models.NPLM(
        vocabulary,
        context,
        config.embedding_dim,
        config.hidden_units,
        dropout=config.dropout,
        head=head,
        embedding_dropout=config.embedding_dropout,
        tie_embeddings=config.tie_embeddings,
    )
    streams = rnnkit.data.text_streams(
        texts["train"], vocabulary, config.batch_size, config.steps
    )
    steps = streams.batches * config.epochs
    model.compile(recipe.adam(config.learning_rate, steps, 0.05, clipnorm=1.0))
    path = once.run.path(f"checkpoint {context}")
    resume = recipe.resume(path, config.checkpoint_seconds)
    once.earlier += resume.earlier
    print(f"K = {context}: {model.count_params():,} parameters.", flush=True)
    valid = rnnkit.data.text_streams(
        texts["valid"], vocabulary, config.batch_size, 64, drop_remainder=False
    )
    recipe.train(model, [streams], config.epochs, resume, validation_data=valid)
    model.save(once.run.path(f"context {context}.keras"))
    return model.perplexity(texts["test"])


def mix(context, texts, run):
    """Perplexity of the test text by model and n-gram together.

    The share of each is the one that suits the validation text.
    """
    model = keras.saving.load_model(run.path(f"context {context}.keras"))
    ngram = ngram_of(context, texts["train"])
    mixture = rnnkit.lm.Mixture.fit([model, ngram], texts["valid"])
    return mixture.perplexity(texts["test"])


def report(run, config):
    """Print the results and where everything is; returns the exit status."""
    rows = {**run.results["metrics"], **run.results["baselines"]}
    alone = "perplexity, K"
    best = min(x for row, x in run.results["metrics"].items() if row.startswith(alone))
    missed = config.reach is not None and best > config.reach
    return recipe.report(
        run,
        {
            "contexts.png": "perplexity by the number of words seen",
            "density.png": "how much of what is seen was seen before",
            **{
                f"context {context}.keras": "a model: keras.saving.load_model after "
                "`import rnnkit`"
                for context in config.contexts
            },
        },
        "Perplexity of the test text, line ends counted",
        [f"  {value:>9.1f}  {name}" for name, value in rows.items()],
        f"a perplexity of {config.reach}" if missed else None,
    )


if __name__ == "__main__":
    sys.exit(main())

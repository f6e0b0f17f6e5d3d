"""Train a word language model, on the standard library's docstrings by default.

python recipes/word_lm/train.py
python recipes/word_lm/train.py --preset zaremba_small
python recipes/word_lm/train.py --data path/to/a/text/file/or/a/folder
"""

import math
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))

import beginning  # first, by the alphabet too
import keras
from configuration import PRESETS, PUBLISHED
from evaluation import figures, first_words
from optimizers import compiled

import rnnkit
from rnnkit import recipe


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "small", __doc__, arguments)
    load, size = rnnkit.data.load_words, config.vocabulary_size
    texts = recipe.loaded(load, config.data, size)
    texts["train"] = last_words(texts["train"], config.words)
    for part in ("valid", "test"):
        texts[part] = first_words(texts[part], config.held_out_words)
    digest = recipe.text_digest(texts.values())
    name = recipe.run_name(preset, config, PRESETS)
    run = recipe.Run("word_lm", name, config, {"sha256 of the data": digest}, fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run, config)
    vocabulary = rnnkit.data.Words.of(texts["train"])
    counts = {part: len(vocabulary.encode(text)) for part, text in texts.items()}
    told = ", ".join(f"{count:,} in {part}" for part, count in counts.items())
    print(f"{config.data}: {vocabulary.size:,} words; tokens with line ends: {told}.")
    model, resume = learn(config, vocabulary, texts, run)
    model.save(run.path("model.keras"))
    metrics, baselines = figures(model, texts, config)
    rnnkit.training.plot_training(
        resume.history,
        run.read("samples.json"),
        {name: math.log2(value) for name, value in baselines.items()},
        run.path("training.png"),
        f"{config.data}, {config.layers} × {config.cell} of {config.units} units",
        symbol="word",
    )
    run.finish(
        preset,
        metrics={**metrics, "parameters": model.count_params()},
        baselines=baselines,
        published=PUBLISHED.get(preset, {}),
        seeds=[config.seed],
        seconds=resume.earlier + beginning.seconds(),
    )
    return report(run, config)


def last_words(text, words):
    """Return the end of a text, whole lines of about so many words."""
    if words is None:
        return text
    lines, count = text.splitlines(keepends=True), 0
    for first in range(len(lines) - 1, -1, -1):
        count += len(lines[first].split())
        if count >= words:
            return "".join(lines[first:])
    return text


def build(config, vocabulary):
    """Return the model, not compiled."""
    layer = recipe.recurrent_layer(config.cell)
    widths = [config.units] * config.layers
    if config.tie_embeddings:
        widths[-1] = config.embedding_dim
    model = rnnkit.models.LanguageModel(
        vocabulary,
        [layer(width, weight_dropout=config.weight_dropout) for width in widths],
        embedding_dim=config.embedding_dim,
        dropout=config.dropout,
        input_dropout=config.input_dropout,
        output_dropout=config.output_dropout,
        locked_dropout=config.locked_dropout,
        embedding_dropout=config.embedding_dropout,
        tie_embeddings=config.tie_embeddings,
        activation_regularization=config.activation_regularization,
        temporal_regularization=config.temporal_regularization,
    )
    if config.initial_range is not None:
        most = config.initial_range
        for number, weight in enumerate(model.trainable_variables):
            seed = config.seed * 1000 + number
            weight.assign(keras.random.uniform(weight.shape, -most, most, seed=seed))
    return model


def learn(config, vocabulary, texts, run):
    """Build the model and train it, from the run's checkpoint on if there is one.

    Returns:
        Tuple `(model, resume)`.
    """
    keras.utils.set_random_seed(config.seed)
    model = build(config, vocabulary)
    text = rnnkit.data.text_streams(
        texts["train"], vocabulary, config.batch_size, config.steps
    )
    parts = text.parts(min(config.parts, text.batches))
    steps = sum(parts[epoch % len(parts)].batches for epoch in range(config.epochs))
    resume = recipe.resume(run.path("checkpoint"), config.checkpoint_seconds)
    before = resume.history.get("val_nats", ())
    callbacks = compiled(model, config, steps, text.batches, before)
    sample = rnnkit.training.SampleText(
        config.prime,
        config.length,
        samples=run.read("samples.json") or (),
        on_sample=lambda samples: run.write("samples.json", samples),
        show=rnnkit.data.detokenized,
        temperature=config.temperature,
        seed=config.seed,
    )
    look = rnnkit.data.text_streams(
        texts["valid"], vocabulary, config.batch_size, config.steps, False
    )
    recipe.train(
        model, parts, config.epochs, resume, [*callbacks, sample], validation_data=look
    )
    return model, resume


def report(run, config):
    """Print the results and where everything is; returns the exit status."""
    results = run.results
    ours = {k: v for k, v in results["metrics"].items() if k != "parameters"}
    rows = sorted((v, k) for k, v in (ours | results["baselines"]).items())
    missed = config.reach is not None and ours["perplexity"] > config.reach
    return recipe.report(
        run,
        {
            "training.png": "the curves, and what it wrote after some epochs",
            "samples.json": "all samples",
        },
        "Perplexity of the test text",
        [f"  {value:8.2f}  {name}" for value, name in rows],
        f"a perplexity of {config.reach}" if missed else None,
    )


if __name__ == "__main__":
    sys.exit(main())

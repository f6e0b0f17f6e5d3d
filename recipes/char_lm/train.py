"""Train a character language model, on the Python standard library by default.

python recipes/char_lm/train.py
python recipes/char_lm/train.py --preset tinyshakespeare
python recipes/char_lm/train.py --data path/to/a/text/file/or/a/folder
python recipes/char_lm/train.py --cell peephole_lstm --units 256
"""

import dataclasses
import pathlib
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.append(str(pathlib.Path(__file__).parents[1]))

import beginning  # first, by the alphabet too
import keras

import rnnkit
from rnnkit import recipe


@dataclasses.dataclass(frozen=True)
class Config:
    data: str = "standard_library"
    """standard_library, tinyshakespeare, ptb_characters, or a text file or folder."""
    characters: int | None = None
    """Characters to train on, the last ones of the training text; None for all."""
    held_out: float = 0.1
    """Share of the text held out: its end, by whole files where there are several;
    ptb_characters has a test text of its own."""
    held_out_characters: int | None = 400_000
    """Characters of the held-out text, the first ones; None for all."""
    rarest: float = 1e-5
    """Characters with a smaller share of the text count as one, the unknown."""
    cell: str = "lstm"
    """Any recurrent layer of rnnkit.layers: lstm, gru, peephole_lstm, ind_rnn ..."""
    units: int = 256
    layers: int = 1
    embedding_dim: int = 64
    dropout: float = 0.0
    """Share of a layer's outputs that are hidden from the next one in training."""
    batch_size: int = 32
    """Parallel streams the text is cut into."""
    steps: int = 64
    """Characters after which the gradient is cut."""
    parts: int = 41
    """Parts a pass over the text is cut into, fewer if it is short; an epoch reads one,
    in turn."""
    epochs: int = 15
    """After each comes a sample, and a look at held-out text."""
    learning_rate: float = 8e-3
    """At its highest, after the warm-up; then it falls to zero along a cosine."""
    warmup: float = 0.05
    """Share of the training in which the learning rate rises."""
    seed: int = 0
    prime: str = "def "
    """What every sample begins with."""
    length: int = 500
    """Characters in a sample."""
    temperature: float = 0.7
    checkpoint_seconds: float = 30.0
    """Seconds between two checkpoints."""
    reach: float | None = None
    """Bits per character to reach, else the exit status is 1."""


SMALL = Config()
SMOKE = dataclasses.replace(
    SMALL,
    characters=400_000,
    held_out_characters=50_000,
    units=128,
    batch_size=16,
    parts=2,
    epochs=3,
    learning_rate=1e-2,
    length=200,
    reach=3.1,
)
LONG = dataclasses.replace(
    SMALL, held_out_characters=None, layers=2, steps=100, learning_rate=4e-3
)
STDLIB = dataclasses.replace(
    LONG, units=512, batch_size=64, dropout=0.05, parts=8, epochs=24
)
TINYSHAKESPEARE = dataclasses.replace(
    LONG,
    data="tinyshakespeare",
    rarest=0.0,
    units=384,
    dropout=0.3,
    parts=1,
    epochs=18,
    prime="ROMEO:\n",
)
PTB_LSTM = dataclasses.replace(
    LONG,
    data="ptb_characters",
    rarest=0.0,
    units=500,
    dropout=0.1,
    parts=1,
    epochs=7,
    prime="the_",
)
PRESETS = {
    "small": SMALL,
    "smoke": SMOKE,
    "stdlib": STDLIB,
    "tinyshakespeare": TINYSHAKESPEARE,
    "ptb_lstm": PTB_LSTM,
    "ptb_gru": dataclasses.replace(PTB_LSTM, cell="gru", units=570),
    # Others of as many parameters.
    "ptb_rnn": dataclasses.replace(
        PTB_LSTM, cell="simple_rnn", units=1000, learning_rate=1e-3
    ),
    "ptb_multiplicative_lstm": dataclasses.replace(
        PTB_LSTM, cell="multiplicative_lstm", units=445
    ),
    "tinyshakespeare_rnn": dataclasses.replace(
        TINYSHAKESPEARE, cell="simple_rnn", units=767, learning_rate=1e-3
    ),
    "tinyshakespeare_gru": dataclasses.replace(TINYSHAKESPEARE, cell="gru", units=443),
    "tinyshakespeare_multiplicative_lstm": dataclasses.replace(
        TINYSHAKESPEARE, cell="multiplicative_lstm", units=340
    ),
}

NANOGPT = (
    "[nanoGPT](https://github.com/karpathy/nanoGPT), 10.7 M parameters; 1.4697 nats"
)
BAI = "[Bai et al., 2018](https://arxiv.org/abs/1803.01271), 3 M parameters"
PUBLISHED = {
    "tinyshakespeare": {"small transformer, bits per character": [2.1203, NANOGPT]},
    "ptb_lstm": {"LSTM, bits per character": [1.36, BAI]},
    "ptb_gru": {"GRU, bits per character": [1.37, BAI]},
}

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
LOOK = 50_000  # characters looked at after each epoch


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "small", __doc__, arguments)
    train, valid, held_out = read_texts(config)
    least = max(1, round(config.rarest * len(train)))
    vocabulary = rnnkit.data.Characters(train, UNKNOWN, least)
    text = recipe.loaded(
        rnnkit.data.text_streams, train, vocabulary, config.batch_size, config.steps
    )
    digest = recipe.text_digest([train, valid, held_out])
    name = recipe.run_name(preset, config, PRESETS)
    run = recipe.Run("char_lm", name, config, {"sha256 of the data": digest}, fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run, config)
    print(
        f"{config.data}: {len(train):,} characters to train on, "
        f"{len(held_out):,} held out."
    )
    with ThreadPoolExecutor(1) as thread:  # a core idles while TensorFlow compiles
        baselines = thread.submit(recipe.text_baselines, vocabulary, train, held_out)
        model, resume = learn(config, vocabulary, text, valid, run)
        scores = model.evaluate(
            streams(held_out, vocabulary, config), return_dict=True, verbose=0
        )
        baselines = baselines.result()
    model.save(run.path("model.keras"))
    rnnkit.training.plot_training(
        resume.history,
        run.read("samples.json"),
        baselines,
        run.path("training.png"),
        f"{config.data}, {config.layers} × {config.cell} of {config.units} units",
    )
    run.finish(
        preset,
        metrics={
            "bits per character": scores["bits"],
            "nats per character": scores["nats"],
            "parameters": model.count_params(),
        },
        baselines=baselines,
        published=PUBLISHED.get(preset, {}),
        seeds=[config.seed],
        seconds=resume.earlier + beginning.seconds(),
    )
    resume.path.unlink()
    return report(run, config)


def read_texts(config):
    """Return the texts to train on, to look at while training, and held out."""
    if config.data == "ptb_characters":
        parts = recipe.loaded(rnnkit.data.load, config.data)
        train, valid, held_out = (parts[name] for name in ("train", "valid", "test"))
        return shortened(train, held_out, config, valid)
    if config.data == "tinyshakespeare":
        text = recipe.loaded(rnnkit.data.load, config.data)["text"]
        cut = int(len(text) * (1 - config.held_out))
        train, held_out = text[:cut], text[cut:]
    elif config.data == "standard_library":
        train, held_out = rnnkit.data.standard_library().split(config.held_out)
    else:
        source = recipe.loaded(rnnkit.data.read_sources, config.data)
        train, held_out = source.split(config.held_out)
    return shortened(train, held_out, config)


def shortened(train, held_out, config, valid=None):
    """Return the texts, as long as the configuration says."""
    train = train[-(config.characters or len(train)) :]
    held_out = held_out[: config.held_out_characters]
    return train, held_out if valid is None else valid, held_out


def streams(text, vocabulary, config):
    """Return all of a text to evaluate on, in parallel streams."""
    return rnnkit.data.text_streams(
        text, vocabulary, config.batch_size, config.steps, drop_remainder=False
    )


def learn(config, vocabulary, text, valid, run):
    """Build the model and train it, from the run's checkpoint on if there is one.

    Returns:
        Tuple `(model, resume)`.
    """
    keras.utils.set_random_seed(config.seed)
    layer = recipe.recurrent_layer(config.cell)
    model = rnnkit.models.LanguageModel(
        vocabulary,
        [layer(config.units) for _ in range(config.layers)],
        embedding_dim=config.embedding_dim,
        dropout=config.dropout,
    )
    parts = text.parts(min(config.parts, text.batches))
    steps = sum(parts[epoch % len(parts)].batches for epoch in range(config.epochs))
    model.compile(recipe.adam(config.learning_rate, steps, config.warmup, clipnorm=1.0))
    resume = recipe.resume(run.path("checkpoint"), config.checkpoint_seconds)
    sample = rnnkit.training.SampleText(
        config.prime,
        config.length,
        samples=run.read("samples.json") or (),
        on_sample=lambda samples: run.write("samples.json", samples),
        temperature=config.temperature,
        seed=config.seed,
    )
    look = streams(valid, vocabulary, config)
    recipe.train(
        model,
        parts,
        config.epochs,
        resume,
        [sample],
        # The first part: of every stream the beginning, so from all over the text.
        validation_data=look.parts(max(1, look.predicted // LOOK))[0],
    )
    return model, resume


def report(run, config):
    """Print the results and where everything is; returns the exit status."""
    results = run.results
    ours = results["metrics"]["bits per character"]
    rows = [(bits, name) for name, bits in results["baselines"].items()]
    rows.append((ours, f"this model, {config.layers} × {config.cell}"))
    missed = config.reach is not None and ours > config.reach
    return recipe.report(
        run,
        {
            "training.png": "the curves, and what it wrote after some epochs",
            "samples.json": "all samples",
        },
        "Bits per character of the held-out text",
        [
            f"  {'>' if bits == ours else ' '} {bits:.3f}  {name}"
            for bits, name in sorted(rows)
        ],
        f"{config.reach} bits per character" if missed else None,
    )


if __name__ == "__main__":
    sys.exit(main())

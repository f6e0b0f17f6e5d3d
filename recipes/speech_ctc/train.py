"""Train a speech recogniser that writes letters or phones: CTC from end to end.

python recipes/speech_ctc/train.py
python recipes/speech_ctc/train.py --preset an4
python recipes/speech_ctc/train.py --preset an4_phones
"""
# ruff: noqa: E402  (the clock starts before the imports)

import time

STARTED = time.monotonic()

import dataclasses
import hashlib
import itertools
import os
import sys

# Python's own warnings and errors stay; TensorFlow's C++ log is not for newcomers.
sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
os.makedirs("runs", exist_ok=True)
os.dup2(os.open("runs/tensorflow.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)

import jiwer
import keras
import numpy as np

import rnnkit
from rnnkit import recipe


@dataclasses.dataclass(frozen=True)
class Config:
    data: str = "fsdd"
    """fsdd (spoken digits, from samples), an4 (spelled words, numbers and commands,
    from cepstra), or tones (made up, each letter a tone)."""
    target: str = "characters"
    """characters, or phones, from which a dictionary makes words."""
    units: int = 128
    layers: int = 2
    """Bidirectional LSTM layers; the first one reads frames in pairs."""
    dropout: float = 0.2
    """Share of a layer's outputs that are hidden from the next one in training."""
    batch_size: int = 16
    epochs: int = 12
    learning_rate: float = 3e-3
    """At its highest, after the warm-up; then it falls to zero along a cosine."""
    warmup: float = 0.1
    """Share of the training in which the learning rate rises."""
    time_masks: int = 2
    time_width: int = 20
    feature_masks: int = 2
    feature_width: int = 4
    """What is hidden from a training example: ranges of frames and of features."""
    order: int = 3
    """Words in the word n-gram, which is counted on the training texts."""
    symbol_order: int = 6
    """Symbols in the n-gram that helps without a lexicon."""
    beam_width: int = 100
    lm_weights: tuple[float, ...] = (0.5, 1.0, 1.5)
    """Of the n-grams' nats, of which validation chooses one."""
    bonuses: tuple[float, ...] = (0.0, 1.0, 2.0)
    """Nats for each word or symbol that is read, chosen likewise."""
    seed: int = 0
    checkpoint_seconds: float = 60.0
    """Seconds between two checkpoints."""
    reach: float | None = None
    """Greedy error, of words or phones, to reach, else the exit status is 1."""


DIGITS = Config()
SMOKE = dataclasses.replace(
    DIGITS,
    data="tones",
    units=32,
    layers=1,
    dropout=0.0,
    epochs=6,
    learning_rate=1e-2,
    time_masks=0,
    feature_masks=0,
    beam_width=10,
    lm_weights=(1.0,),
    bonuses=(0.0,),
    reach=0.2,
)
AN4 = dataclasses.replace(
    DIGITS,
    data="an4",
    units=192,
    layers=3,
    dropout=0.3,
    epochs=60,
    learning_rate=2e-3,
    time_width=25,
)
PRESETS = {
    "digits": DIGITS,
    "smoke": SMOKE,
    "an4": AN4,
    "an4_phones": dataclasses.replace(AN4, target="phones"),
}

DEEP_SPEECH = (
    "[deepspeech.pytorch](https://github.com/SeanNaren/deepspeech.pytorch/issues/193), "
    "5 × 800 GRU, no language model"
)
KALDI = (
    "[Kaldi](https://github.com/kaldi-asr/kaldi/blob/master/egs/an4/s5/RESULTS), as "
    "told in [deepspeech.torch](https://github.com/SeanNaren/deepspeech.torch/issues/56)"
)
PUBLISHED = {
    "an4": {"word error, greedy": [0.1052, DEEP_SPEECH]},
    "an4_phones": {"word error, triphones and a trigram": [0.0595, KALDI]},
}
SAMPLE_RATE = 8000  # of the spoken digits and the tones
PARTS = ("train", "valid", "test")


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "digits", __doc__, arguments)
    parts = read_parts(config)
    name = recipe.run_name(preset, config, PRESETS)
    facts = {"sha256 of the data": digest(parts)}
    run = recipe.Run("speech_ctc", name, config, facts, fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run, config)
    print(", ".join(f"{len(parts[part])} to {part}" for part in PARTS))
    language = Language(config, parts)
    model, resume, earlier = learn(config, parts, language, run)
    model.save(run.path("model.keras"))
    if config.data != "an4":
        model.export(run.path("export"))
    draw(model, resume.history, parts["test"], language, run, config)
    metrics, baselines = measure(model, parts, language, run, config)
    run.finish(
        preset,
        metrics=metrics | {"parameters": model.count_params()},
        baselines=baselines,
        published=PUBLISHED.get(preset, {}),
        seeds=[config.seed],
        seconds=earlier + time.monotonic() - STARTED,
    )
    resume.path.unlink()
    return report(run, config)


def read_parts(config):
    """Return `{part: Examples}` of parts train, valid and test.

    The validation part is taken from the training part: of AN4 whole speakers.
    """
    if config.data == "tones":
        return {part: tones(count, k) for k, (part, count) in enumerate(TONES.items())}
    load = {"fsdd": rnnkit.data.load_fsdd, "an4": rnnkit.data.load_an4}.get(config.data)
    if load is None:
        raise SystemExit(f"No data {config.data!r}; there are fsdd, an4 and tones.")
    parts = load()
    train = parts["train"]
    if config.data == "fsdd":  # six speakers, all of them in the test part too
        held_out = np.arange(len(train)) % 20 == 0
    else:
        held_out = np.isin(train.groups, sorted(set(train.groups))[::15])
    return {
        "train": train.subset(~held_out),
        "valid": train.subset(held_out),
        "test": parts["test"],
    }


TONES = {"train": 600, "valid": 40, "test": 80}


def tones(count, seed):
    """Return made-up examples: words of five letters, each letter a tone."""
    rng = np.random.default_rng(seed)
    inputs, texts = [], []
    for _ in range(count):
        words = ["".join(rng.choice(list("aeiou"), rng.integers(1, 4))) for _ in "ab"]
        texts.append(" ".join(words))
        pieces = [np.zeros(400)]
        for letter in texts[-1]:
            samples = np.arange(rng.integers(600, 1000)) / SAMPLE_RATE
            pitch = 400 * (1 + " aeiou".index(letter)) * (letter != " ")
            pieces += [0.3 * np.sin(2 * np.pi * pitch * samples), np.zeros(400)]
        sound = np.concatenate(pieces)
        inputs.append((sound + 0.01 * rng.normal(size=len(sound))).astype("float32"))
    names = tuple(f"tones {seed}-{k}" for k in range(count))
    return rnnkit.data.Examples(names, tuple(inputs), tuple(texts), names)


def digest(parts):
    """Return the sha256 of all inputs and texts."""
    found = hashlib.sha256()
    for part in PARTS:
        for x, text in zip(parts[part].inputs, parts[part].texts):
            found.update(x.tobytes() + text.encode())
    return found.hexdigest()


class Language:
    """What is known of the words: how they are spelt, and which follow which."""

    def __init__(self, config, parts):
        texts = parts["train"].texts
        sentences = [text.split() for text in texts]
        known = sorted({word for words in sentences for word in words})
        self.phones = config.target == "phones"
        if self.phones:
            dictionary = rnnkit.data.an4_dictionary()
            self.spellings = {
                word: [" ".join(phones) for phones in spellings]
                for word, spellings in dictionary.items()
            }
        else:
            self.spellings = {word: [word] for word in known}
        targets = [self.target(text) for text in texts]
        if self.phones:
            self.vocabulary = rnnkit.data.Tokens.of(targets)
            symbols = [target.split() for target in targets]
        else:
            self.vocabulary = rnnkit.data.Characters("".join(targets))
            symbols = [list(target) for target in targets]
        inside = set(itertools.chain.from_iterable(symbols))
        self.spellings = {
            word: kept
            for word, spellings in self.spellings.items()
            if (kept := [s for s in spellings if inside >= set(self._parts(s))])
        }
        self.words = rnnkit.lm.NGram.train(sentences, config.order)
        self.symbols = rnnkit.lm.NGram.train(symbols, config.symbol_order)

    def target(self, text):
        """Return what the model is to write for a text."""
        if not self.phones:
            return text
        missing = [word for word in text.split() if word not in self.spellings]
        if missing:
            raise SystemExit(f"The dictionary has no {missing[0]!r}, of {text!r}.")
        return " | ".join(self.spellings[word][0] for word in text.split())

    def _parts(self, spelling):
        return spelling.split() if self.phones else list(spelling)

    def ways(self, config):
        """Return `{name: options of transcribe}`, how to read what the model hears."""
        return {
            "greedy": {},
            "symbol n-gram": {"lm": self.symbols, "beam_width": config.beam_width},
            "lexicon and word n-gram": {
                "lm": self.words,
                "lexicon": self.spellings,
                "beam_width": config.beam_width,
            },
        }


def learn(config, parts, language, run):
    """Build the model and train it, from the run's checkpoint on if there is one.

    Returns:
        Tuple `(model, resume, earlier)`: `earlier` is how many seconds training took
        before this start.
    """
    keras.utils.set_random_seed(config.seed)
    model = rnnkit.models.CTCModel(encoder(config), language.vocabulary)

    def batches(part, like=None, shuffle=False):
        return rnnkit.data.SequenceBatches(
            parts[part].inputs,
            [language.target(text) for text in parts[part].texts],
            language.vocabulary,
            config.batch_size,
            shuffle=shuffle,
            seed=config.seed,
            like=like,
        )

    train = batches("train", shuffle=True)
    steps = len(train) * config.epochs
    warmup = round(config.warmup * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup, warmup_target=config.learning_rate, warmup_steps=warmup
    )
    model.compile(keras.optimizers.Adam(schedule, global_clipnorm=5.0))
    model.build((None, *np.shape(train[0][0][0])[1:]))
    resume = rnnkit.training.Resume(run.path("checkpoint"), config.checkpoint_seconds)
    earlier = resume.seconds
    if resume.found:
        print(
            f"Going on from {resume.path}: epoch {resume.epoch + 1}, batch "
            f"{resume.batch + 1}. --fresh starts anew."
        )
    rnnkit.training.fit(
        model,
        train.passes(config.epochs),
        config.epochs,
        resume,
        validation_data=batches("valid", like=train),
        verbose=1 if sys.stdout.isatty() else 2,
    )
    return model, resume, earlier


def encoder(config):
    """Return the layers from samples or cepstra to one vector for two frames."""
    layers = rnnkit.layers
    found = [layers.Deltas()] if config.data == "an4" else [layers.LogMel(SAMPLE_RATE)]
    found += [
        layers.Standardize(),
        layers.SpecAugment(
            time_masks=config.time_masks,
            time_width=config.time_width,
            feature_masks=config.feature_masks,
            feature_width=config.feature_width,
            seed=config.seed,
        ),
    ]
    for k in range(config.layers):
        both = layers.Bidirectional if k else layers.PyramidalBidirectional
        found += [
            both(layers.LSTM(config.units, return_sequences=True)),
            keras.layers.Dropout(config.dropout, seed=config.seed + k),
        ]
    return found


def measure(model, parts, language, run, config):
    """Read the test part in every way; writes the transcripts.

    The weight of a language model and what each of its words gains are those that
    make the fewest errors on the validation part.

    Returns:
        Metrics and baselines, dicts.
    """
    metrics, rows = {}, {}
    for way, options in language.ways(config).items():
        if options:
            options = options | tuned(model, parts["valid"], language, options, config)
        read = transcripts(model, parts["test"], options)
        truth = truths(parts["test"], language, options)
        rows[way] = read
        if language.phones and "lexicon" not in options:
            metrics[f"phone error, {way}"] = jiwer.wer(truth, read)
        else:
            metrics[f"word error, {way}"] = jiwer.wer(truth, read)
        if not options and not language.phones:
            metrics["character error, greedy"] = jiwer.cer(truth, read)
    test = parts["test"]
    run.write(
        "transcripts.json",
        [
            {"name": name, "text": text} | {way: rows[way][k] for way in rows}
            for k, (name, text) in enumerate(zip(test.names, test.texts))
        ],
    )
    common = max(set(parts["train"].texts), key=parts["train"].texts.count)
    always = [common] * len(test)
    return metrics, {
        f"word error, always {common!r}": jiwer.wer(list(test.texts), always)
    }


def transcripts(model, examples, options):
    """Return what the model reads, a text each."""
    return model.transcribe(list(examples.inputs), **options)


def truths(examples, language, options):
    """Return what it was to read: words, or phones where there is no lexicon."""
    if language.phones and "lexicon" not in options:
        return [language.target(text) for text in examples.texts]
    return list(examples.texts)


def tuned(model, examples, language, options, config):
    """Return the weight and bonus with the fewest errors on some examples."""
    truth = truths(examples, language, options)
    grid = itertools.product(config.lm_weights, config.bonuses)
    found = []
    for weight, bonus in grid:
        one = {"lm_weight": weight, "bonus": bonus}
        read = transcripts(model, examples, options | one)
        found.append((jiwer.wer(truth, read), weight, bonus))
    _, weight, bonus = min(found)
    return {"lm_weight": weight, "bonus": bonus}


def draw(model, history, test, language, run, config):
    """Draw the curves, and three texts over the sounds they were read from."""
    rnnkit.training.plot_history(
        history,
        {"loss": "nats per text", "symbol_error": "symbol error"},
        run.path("training.png"),
        f"{config.data}, {config.layers} × bidirectional LSTM of {config.units} units",
    )
    chosen = [k * len(test) // 3 for k in range(3)]
    inputs = [test.inputs[k] for k in chosen]
    targets = [language.target(test.texts[k]) for k in chosen]
    features = rnnkit.layers.LogMel(SAMPLE_RATE)
    items = []
    for x, target, found in zip(inputs, targets, model.align(inputs, targets)):
        sound = config.data != "an4"
        items.append(
            {
                "features": np.array(features(x[None]))[0] if sound else x[:, 1:],
                "symbols": target.split() if language.phones else list(target),
                "starts": found.starts,
                "ends": found.ends,
                "frames": len(found.path),
                "title": f"{target}   (ln p = {found.score:.1f})",
                "seconds": len(x) / (SAMPLE_RATE if sound else 100),
            }
        )
    rnnkit.training.plot_alignments(items, run.path("alignments.png"))


def report(run, config):
    """Print the results and where everything is; returns the exit status."""
    results = run.results
    print(f"\nErrors on the test part, {results['seconds']:.0f} s in all:")
    for name, value in (results["metrics"] | results["baselines"]).items():
        if name != "parameters":
            print(f"  {value:7.2%}  {name}")
    print(f"\nIn {run.folder}:")
    for file, what in {
        "training.png": "the curves",
        "alignments.png": "where the symbols of three texts stand",
        "transcripts.json": "every test text, and how it was read",
        "model.keras": "the model, for keras.saving.load_model after `import rnnkit`",
        "export": "the same as a SavedModel from samples to text",
        "results.json": "the figures",
    }.items():
        if run.path(file).exists():
            print(f"  {file:<18}{what}")
    error = next(v for k, v in results["metrics"].items() if "greedy" in k)
    if config.reach is not None and error > config.reach:
        print(f"\nIt had to reach {config.reach:.0%} and did not.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

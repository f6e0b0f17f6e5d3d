"""Train a speech recogniser that writes letters or phones: CTC from end to end.

python recipes/speech_ctc/train.py
python recipes/speech_ctc/train.py --preset an4
python recipes/speech_ctc/train.py --preset an4_phones
"""

import dataclasses
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))

import beginning  # first, by the alphabet too
import jiwer
import keras
import numpy as np
from speech import SAMPLE_RATE, Language, read_parts

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


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "digits", __doc__, arguments)
    parts = read_parts(config)
    name = recipe.run_name(preset, config, PRESETS)
    facts = {"sha256 of the data": recipe.digest(parts)}
    run = recipe.Run("speech_ctc", name, config, facts, fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run, config)
    print(", ".join(f"{len(one)} to {part}" for part, one in parts.items()))
    language = Language(config, parts)
    model, resume = learn(config, parts, language, run)
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
        seconds=resume.earlier + beginning.seconds(),
    )
    resume.path.unlink()
    return report(run, config)


def learn(config, parts, language, run):
    """Build the model and train it, from the run's checkpoint on if there is one.

    Returns:
        Tuple `(model, resume)`.
    """
    keras.utils.set_random_seed(config.seed)
    model = rnnkit.models.CTCModel(encoder(config), language.vocabulary)
    checkpoint = run.path("checkpoint")
    return model, recipe.train_ctc(model, parts, config, checkpoint, language.target)


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
        valid = parts["valid"]
        options = recipe.tuned(
            model,
            list(valid.inputs),
            truths(valid, language, options),
            options,
            config.lm_weights,
            config.bonuses,
        )
        read = model.transcribe(list(parts["test"].inputs), strict=True, **options)
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


def truths(examples, language, options):
    """Return what it was to read: words, or phones where there is no lexicon."""
    if language.phones and "lexicon" not in options:
        return [language.target(text) for text in examples.texts]
    return list(examples.texts)


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
    aligned = model.align(inputs, targets, strict=True)
    for x, target, found in zip(inputs, targets, aligned):
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
    metrics = run.results["metrics"]
    error = next(value for name, value in metrics.items() if "greedy" in name)
    missed = config.reach is not None and error > config.reach
    return recipe.report(
        run,
        {
            "alignments.png": "where the symbols of three texts stand",
            "transcripts.json": "every test text, and how it was read",
            "export": "the same as a SavedModel from samples to text",
        },
        failure=f"{config.reach:.0%} error" if missed else None,
    )


if __name__ == "__main__":
    sys.exit(main())

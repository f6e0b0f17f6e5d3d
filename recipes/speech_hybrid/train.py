"""Train a phone recogniser: a recurrent net's posteriors in a hidden Markov model.

python recipes/speech_hybrid/train.py
python recipes/speech_hybrid/train.py --preset ends
"""

import dataclasses
import itertools
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1]))

import beginning  # first, by the alphabet too
import jiwer
import keras
import numpy as np
import picture
from keras import ops
from nets import accuracy, encoder, frame_batches, frame_loss, frame_net
from phones import (
    PARTS,
    PAUSE,
    cut_at_pauses,
    phones_of,
    prepared,
    read_parts,
    runs,
)

import rnnkit
from rnnkit import recipe


@dataclasses.dataclass(frozen=True)
class Config:
    data: str = "festvox_ru"
    """festvox_ru (a Russian voice, 51 phones), or drawn (made up by a Markov model)."""
    targets: str = "durations"
    """Which frames the net learns: durations (all of a phone), or ends (its last)."""
    ctc: bool = True
    """Whether a CTC model of the same layers is trained too, to compare with."""
    units: int = 128
    layers: int = 2
    """Bidirectional LSTM layers."""
    dropout: float = 0.2
    """Share of a layer's outputs that are hidden from the next one in training."""
    batch_size: int = 16
    epochs: int = 8
    ctc_epochs: int = 14
    learning_rate: float = 4e-3
    """At its highest, after the warm-up; then it falls to zero along a cosine."""
    warmup: float = 0.1
    """Share of the training in which the learning rate rises."""
    seed: int = 0
    checkpoint_seconds: float = 60.0
    """Seconds between two checkpoints."""
    reach: float | None = None
    """Phone error of the hybrid to reach, else the exit status is 1."""


PHONES = Config()
SMOKE = dataclasses.replace(
    PHONES,
    data="drawn",
    units=24,
    layers=1,
    dropout=0.0,
    epochs=4,
    ctc_epochs=12,
    learning_rate=1e-2,
    reach=0.25,
)
PRESETS = {
    "phones": PHONES,
    "smoke": SMOKE,
    "ends": dataclasses.replace(PHONES, targets="ends", ctc=False),
}

GRID = {
    "prior_weight": (0.5, 1.0),
    "lm_weight": (0.5, 1.0, 2.0),
    "bonus": (-2.0, 0.0, 2.0),
    "minimum_duration": (1, 3),
}


def main(arguments=None):
    """Run a preset from beginning to end; returns the exit status."""
    preset, config, fresh = recipe.parse(PRESETS, "phones", __doc__, arguments)
    parts = read_parts(config)
    name = recipe.run_name(preset, config, PRESETS)
    facts = {"sha256 of the data": recipe.digest(parts)}
    run = recipe.Run("speech_hybrid", name, config, facts, fresh)
    if run.results:
        print("This command has finished before; --fresh runs it anew.")
        return report(run, config)
    print(", ".join(f"{len(parts[part])} to {part}" for part in PARTS))
    parts = {part: prepared(examples) for part, examples in parts.items()}
    phones = parts["train"].symbols
    pieces = cut_at_pauses(parts["train"])

    net = frame_net(config, len(phones))
    batches = {
        part: frame_batches(examples, config)
        for part, examples in (("train", pieces), ("valid", parts["valid"]))
    }
    resume = learn(net, batches, config, config.epochs, run.path("checkpoint"))
    resumes = [resume]
    # Without the class of this file, so that it loads anywhere.
    keras.Model(net.inputs, net.outputs).save(run.path("model.keras"))
    metrics, test = measure(net, parts, run, config)
    if config.ctc:
        model, resume = learn_ctc(parts, pieces, config, run)
        resumes.append(resume)
        model.save(run.path("ctc.keras"))
        read = model.transcribe(list(parts["test"].inputs), strict=True)
        read = [text.split() for text in read]
        metrics["phone error, CTC"] = phone_error(parts["test"], read)
    draw(test, resumes[0].history, parts["test"], run, config)
    run.finish(
        preset,
        metrics=metrics | {"parameters": net.count_params()},
        baselines=baselines(parts),
        published={},
        seeds=[config.seed],
        seconds=sum(r.earlier for r in resumes) + beginning.seconds(),
    )
    for resume in resumes:
        resume.path.unlink()
    return report(run, config)


# The nets


def learn(net, batches, config, epochs, path, **compiled):
    """Train a net, from its checkpoint on if there is one; returns the `Resume`."""
    train = batches["train"]
    compiled = compiled or {"loss": frame_loss, "metrics": [accuracy]}
    adam = recipe.adam(config.learning_rate, len(train) * epochs, config.warmup)
    net.compile(adam, jit_compile=False, **compiled)
    resume = recipe.resume(path, config.checkpoint_seconds)
    valid = batches["valid"]
    recipe.train(net, train.passes(epochs), epochs, resume, validation_data=valid)
    return resume


def learn_ctc(parts, pieces, config, run):
    """Train a CTC model of the same layers on the same pieces."""
    keras.utils.set_random_seed(config.seed)
    vocabulary = rnnkit.data.Tokens(pieces.symbols)
    model = rnnkit.models.CTCModel(encoder(config), vocabulary)
    batches = {
        part: rnnkit.data.SequenceBatches(
            examples.inputs,
            [" ".join(phones) for phones in phones_of(examples)],
            vocabulary,
            config.batch_size,
            shuffle=part == "train",
            seed=config.seed,
        )
        for part, examples in (("train", pieces), ("valid", parts["valid"]))
    }
    model.build((None, None, pieces.inputs[0].shape[1]))
    path = run.path("ctc_checkpoint")
    return model, learn(model, batches, config, config.ctc_epochs, path, loss=None)


# Reading and measuring


@dataclasses.dataclass(frozen=True)
class Read:
    """What the net says of a part, and what was read from it."""

    log_posteriors: np.ndarray  # (utterances, time, phones)
    lengths: np.ndarray
    labels: np.ndarray  # the true phones, -1 beyond the length
    decoded: object = None  # what `hybrid_decode` gives


def listen(net, examples, batch_size):
    """Return the log-posteriors of all frames of a part."""
    batches = rnnkit.data.SequenceBatches(
        examples.inputs, batch_size=batch_size, buckets=2
    )
    longest = max(batches.lengths)
    posteriors = np.zeros((len(examples), longest, len(examples.symbols)), "float32")
    labels = np.full((len(examples), longest), -1)
    for k, label in enumerate(examples.labels):
        labels[k, : len(label)] = label
    for index in range(len(batches)):
        (((x, _),), items) = batches[index], batches.items(index)
        found = ops.convert_to_numpy(ops.log_softmax(net.predict_on_batch(x)))
        posteriors[items, : found.shape[1]] = found
    return Read(posteriors, batches.lengths, labels)


def counted(train, targets):
    """Return what the hidden Markov model takes from the training part's labels.

    The priors are the shares of the phones among the frames that the net learnt.
    """
    count = len(train.symbols)
    frames = np.bincount(np.concatenate(train.labels), minlength=count) + 1
    phones = [k for label in train.labels for k, *_ in runs(label)]
    phones = np.bincount(phones, minlength=count) + 0.5
    asked = frames if targets == "durations" else phones
    ngram = rnnkit.lm.NGram.train(phones_of(train), order=2)
    return {
        "log_priors": np.log(asked / asked.sum()),
        "mean_durations": frames / phones,
        "bigram": rnnkit.decoding.bigram_table(ngram, train.symbols),
    }


def measure(net, parts, run, config):
    """Return the metrics of the test part, and what was read there.

    The weights of the hybrid are those with the fewest errors on the validation part.
    """
    model = counted(parts["train"], config.targets)
    valid, test = (listen(net, parts[p], config.batch_size) for p in ("valid", "test"))
    tried = []
    for values in itertools.product(*GRID.values()):
        options = dict(zip(GRID, values))
        decoded = decode(valid, model, options)
        error = phone_error(parts["valid"], names(decoded, parts["valid"]))
        tried.append((error, values))
    options = dict(zip(GRID, min(tried)[1]))
    print("The hybrid's options, by the validation part:", options)
    decoded = decode(test, model, options)

    best = test.log_posteriors.argmax(-1)
    merged = rnnkit.decoding.merge_repeats(best, test.lengths)
    inside = test.labels >= 0
    ends = inside & (np.diff(test.labels, append=-1) != 0)
    read = {
        "frames' best, merged": names(merged, parts["test"]),
        "hybrid": names(decoded, parts["test"]),
    }
    run.write(
        "transcripts.json",
        [
            {"name": name, "phones": " ".join(phones)}
            | {way: " ".join(rows[k]) for way, rows in read.items()}
            for k, (name, phones) in enumerate(
                zip(parts["test"].names, phones_of(parts["test"]))
            )
        ],
    )
    path = np.array(decoded.path)
    metrics = {
        "frame accuracy": float((best == test.labels)[inside].mean()),
        "accuracy of the last frames": float((best == test.labels)[ends].mean()),
        "frame accuracy, hybrid's path": float((path == test.labels)[inside].mean()),
    } | {f"phone error, {w}": phone_error(parts["test"], r) for w, r in read.items()}
    return metrics, dataclasses.replace(test, decoded=decoded)


def decode(read, model, options):
    """Return the best paths of the hybrid."""
    return rnnkit.decoding.hybrid_decode(
        read.log_posteriors, lengths=read.lengths, **model, **options
    )


def names(found, examples):
    """Return the phones that were read, a list of names each."""
    rows = zip(np.array(found.symbols), np.array(found.lengths))
    return [[examples.symbols[k] for k in row[:count]] for row, count in rows]


def phone_error(examples, read):
    """Return edits per true phone; pauses are no phones, and count nowhere."""
    truth, read = (
        [" ".join(p for p in phones if p != PAUSE) for phones in rows]
        for rows in (phones_of(examples), read)
    )
    return jiwer.wer(truth, read)


def baselines(parts):
    """Return how often the commonest phone is right, for comparison."""
    train, test = (np.concatenate(parts[p].labels) for p in ("train", "test"))
    common = np.bincount(train).argmax()
    name = f"frame accuracy, always {parts['train'].symbols[common]!r}"
    return {name: float((test == common).mean())}


# What is shown


def draw(test, history, examples, run, config):
    """Draw the curves, and the posteriors of three seconds with the phones read."""
    rnnkit.training.plot_history(
        history,
        {"loss": "nats per frame", "accuracy": "frame accuracy"},
        run.path("training.png"),
        f"{config.data}, {config.layers} × bidirectional LSTM of {config.units} units",
    )
    picture.draw(test, examples, run.path("posteriors.png"))


def report(run, config):
    """Print the results and where everything is; returns the exit status."""
    error = run.results["metrics"]["phone error, hybrid"]
    missed = config.reach is not None and error > config.reach
    return recipe.report(
        run,
        {
            "posteriors.png": "what the net says, and the path through it",
            "transcripts.json": "every test utterance, and how it was read",
            "model.keras": "the net, for keras.saving.load_model after `import rnnkit`",
            "ctc.keras": "the CTC model",
        },
        failure=f"{config.reach:.0%} phone error" if missed else None,
    )


if __name__ == "__main__":
    sys.exit(main())

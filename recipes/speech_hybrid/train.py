"""Train a phone recogniser: a recurrent net's posteriors in a hidden Markov model.

python recipes/speech_hybrid/train.py
python recipes/speech_hybrid/train.py --preset ends
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
import matplotlib.figure
import numpy as np
from keras import ops

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

PAUSE = "pau"
PARTS = ("train", "valid", "test")
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
    facts = {"sha256 of the data": digest(parts)}
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
        read = [text.split() for text in model.transcribe(list(parts["test"].inputs))]
        metrics["phone error, CTC"] = phone_error(parts["test"], read)
    draw(test, resumes[0].history, parts["test"], run, config)
    run.finish(
        preset,
        metrics=metrics | {"parameters": net.count_params()},
        baselines=baselines(parts),
        published={},
        seeds=[config.seed],
        seconds=sum(r.earlier for r in resumes) + time.monotonic() - STARTED,
    )
    for resume in resumes:
        resume.path.unlink()
    return report(run, config)


# The data


def read_parts(config):
    """Return `{part: Examples}` of parts train, valid and test, a phone a frame."""
    if config.data == "drawn":
        return {part: drawn(count, k) for k, (part, count) in enumerate(DRAWN.items())}
    if config.data != "festvox_ru":
        raise SystemExit(f"No data {config.data!r}; there are festvox_ru and drawn.")
    return rnnkit.data.load_festvox_ru()


DRAWN = {"train": 60, "valid": 12, "test": 20}


def drawn(count, seed):
    """Return made-up examples: each phone a point, its frames far about it.

    A phone is followed by one of three others, so that a bigram helps.
    """
    phones = (PAUSE, *"aeioudgb")
    points = np.random.default_rng(99).normal(size=(len(phones), 6))
    rng = np.random.default_rng(seed)
    inputs, labels, texts = [], [], []
    for _ in range(count):
        one = []
        for _ in range(4):
            one.append(0)
            for _ in range(rng.integers(6, 12)):
                one.append((one[-1] + rng.integers(1, 4) - 1) % 8 + 1)
        durations = rng.integers(3, 9, len(one))
        label = np.repeat(one, durations).astype("int32")
        noise = rng.normal(0, 1.2, (len(label), 6))
        inputs.append((points[label] + noise).astype("float32"))
        labels.append(label)
        texts.append(" ".join(phones[k] for k in one))
    names = tuple(f"drawn {seed}-{k}" for k in range(count))
    return rnnkit.data.Examples(
        names, tuple(inputs), tuple(texts), names, tuple(labels), phones
    )


def digest(parts):
    """Return the sha256 of all inputs and labels."""
    found = hashlib.sha256()
    for part in PARTS:
        for x, label in zip(parts[part].inputs, parts[part].labels):
            found.update(x.tobytes() + label.tobytes())
    return found.hexdigest()


def prepared(examples):
    """Return the examples with slopes, each utterance brought to one scale."""
    inputs = []
    for x in examples.inputs:
        for layer in (rnnkit.layers.Deltas(), rnnkit.layers.Standardize()):
            x = layer(x[None])[0]
        inputs.append(np.array(x))
    return dataclasses.replace(examples, inputs=tuple(inputs))


LONGEST = 400  # frames


def cut_at_pauses(examples):
    """Return the pieces between the middles of the pauses: fewer frames to pad.

    A piece that is too long is cut where a phone ends, into parts of like length.
    """
    pause = examples.symbols.index(PAUSE)
    rows = []
    for k, label in enumerate(examples.labels):
        found = runs(label)
        cuts = [
            (first + last) // 2
            for symbol, first, last in found
            if symbol == pause and first > 0 and last < len(label)
        ]
        boundaries = np.array([last for _, _, last in found])
        for first, last in itertools.pairwise([0, *cuts, len(label)]):
            count = -(-(last - first) // LONGEST)
            for place in np.linspace(first, last, count + 1)[1:-1]:
                cuts.append(int(boundaries[abs(boundaries - place).argmin()]))
        cuts = sorted({0, *cuts, len(label)})
        for first, last in itertools.pairwise(cuts):
            piece = slice(first, last)
            name = f"{examples.names[k]} {first}-{last}"
            rows.append((name, examples.inputs[k][piece], "", name, label[piece]))
    return rnnkit.data.Examples(*zip(*rows), examples.symbols)


def runs(label):
    """Return `(symbol, first frame, frame after the last)` of every run."""
    edges = [0, *(np.flatnonzero(np.diff(label)) + 1), len(label)]
    return [(int(label[a]), int(a), int(b)) for a, b in itertools.pairwise(edges)]


def phones_of(examples):
    """Return the phones of each example, a list of names."""
    return [[examples.symbols[k] for k, *_ in runs(y)] for y in examples.labels]


# The nets


def encoder(config):
    """Return the layers that both nets have."""
    found = []
    for k in range(config.layers):
        layer = rnnkit.layers.LSTM(config.units, return_sequences=True)
        found += [
            rnnkit.layers.Bidirectional(layer),
            keras.layers.Dropout(config.dropout, seed=config.seed + k),
        ]
    return found


class FrameBatches:
    """Batches of features and a target for every frame, for `rnnkit.training.fit`."""

    def __init__(self, batches):
        self.batches, self.first = batches, 0

    def passes(self, count):
        """Return the next passes."""
        return [FrameBatches(one) for one in self.batches.passes(count)]

    def __len__(self):
        return len(self.batches)

    def dataset(self):
        """Return the batches from `first` on; the net sees which frames are padding."""
        return self.batches.dataset(self.first).map(lambda x, y: (x[0], y))


class FrameNet(keras.Model):
    """A functional model that is fitted to `FrameBatches`."""

    def fit(self, x, validation_data=None, **options):
        valid = validation_data.dataset()
        return super().fit(x.dataset(), validation_data=valid, shuffle=False, **options)


def frame_net(config, phones):
    """Return the net from features to the logits of the phones, for every frame."""
    keras.utils.set_random_seed(config.seed)
    features = {"festvox_ru": 39, "drawn": 18}[config.data]
    x = inputs = keras.Input((None, features))
    mask = ops.any(ops.not_equal(x, 0.0), axis=-1)  # batches are padded with zeros
    for layer in encoder(config):
        x = layer(x) if isinstance(layer, keras.layers.Dropout) else layer(x, mask=mask)
    # Without the mask: the loss itself knows which frames are asked for.
    return FrameNet(inputs, keras.layers.Dense(phones)(ops.copy(x)))


def frame_batches(examples, config):
    """Return the frames to learn with their targets, -1 where nothing is asked."""
    rows = []
    for label in examples.labels:
        symbols, starts, ends = zip(*runs(label))
        asked, weights = rnnkit.losses.aligned_targets(
            [symbols],
            [ends],
            len(label),
            [starts] if config.targets == "durations" else None,
        )
        rows.append(np.where(weights[0] > 0, asked[0], -1).astype("int32"))
    return FrameBatches(
        rnnkit.data.SequenceBatches(
            examples.inputs,
            rows,
            batch_size=config.batch_size,
            shuffle=True,
            seed=config.seed,
        )
    )


def frame_loss(y_true, y_pred):
    """Return the mean cross-entropy of each row's frames that are asked for, nats."""
    asked = ops.cast(y_true >= 0, "float32")
    return rnnkit.losses.sequence_divergence(ops.maximum(y_true, 0), y_pred, asked)


def accuracy(y_true, y_pred):
    """Return the share of the frames asked for in each row that are right."""
    right = ops.cast(ops.argmax(y_pred, axis=-1), "int32") == ops.cast(y_true, "int32")
    asked = ops.sum(ops.cast(y_true >= 0, "float32"), axis=1)
    return ops.sum(ops.cast(right, "float32"), axis=1) / ops.maximum(asked, 1.0)


def optimizer(config, steps):
    """Return Adam, its learning rate rising and then falling to zero."""
    warmup = round(config.warmup * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup, warmup_target=config.learning_rate, warmup_steps=warmup
    )
    return keras.optimizers.Adam(schedule, global_clipnorm=5.0)


def learn(net, batches, config, epochs, path, **compiled):
    """Train a net, from its checkpoint on if there is one; returns the `Resume`."""
    train = batches["train"]
    compiled = compiled or {"loss": frame_loss, "metrics": [accuracy]}
    net.compile(optimizer(config, len(train) * epochs), jit_compile=False, **compiled)
    resume = rnnkit.training.Resume(path, config.checkpoint_seconds)
    resume.earlier = resume.seconds
    if resume.found:
        print(
            f"Going on from {resume.path}: epoch {resume.epoch + 1}, batch "
            f"{resume.batch + 1}. --fresh starts anew."
        )
        if isinstance(net, FrameNet):  # one look makes the metrics, to be restored
            net.test_on_batch(*next(iter(train.dataset())))
    rnnkit.training.fit(
        net,
        train.passes(epochs),
        epochs,
        resume,
        validation_data=batches["valid"],
        verbose=1 if sys.stdout.isatty() else 2,
    )
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
    window = min(300, test.lengths[0])
    decoded = [x[0] for x in (test.decoded.symbols, test.decoded.starts)]
    decoded = [(int(k), int(t)) for k, t in zip(*decoded) if 0 <= t < window]
    true = [(k, t) for k, t, _ in runs(examples.labels[0]) if t < window]
    rows = sorted({k for k, _ in decoded + true})
    figure = matplotlib.figure.Figure((13, 6), dpi=120, layout="constrained")
    axes = figure.subplots()
    axes.imshow(
        np.exp(test.log_posteriors[0, :window, rows]),
        aspect="auto",
        cmap="Greys",
        vmin=0,
        vmax=1,
        interpolation="nearest",
        extent=(0, window / 100, len(rows) - 0.5, -0.5),
    )
    seconds = np.arange(window) / 100
    for path, color, label in (
        (np.array(test.decoded.path)[0, :window], "#ea580c", "Viterbi path"),
        (examples.labels[0][:window], "#2563eb", "true"),
    ):
        heights = np.searchsorted(rows, path) + (0.15 if label == "true" else -0.15)
        axes.step(seconds, heights, where="post", color=color, label=label, lw=1.3)
    for found, color, height in ((true, "#2563eb", 1.01), (decoded, "#ea580c", 1.05)):
        for k, start in found:
            axes.text(
                start / 100,
                height,
                examples.symbols[k],
                color=color,
                fontsize=7,
                transform=axes.get_xaxis_transform(),
            )
    axes.set_yticks(range(len(rows)), [examples.symbols[k] for k in rows], fontsize=7)
    axes.set_xlabel("seconds")
    axes.set_title(f"p(phone | frames), {examples.names[0]}", loc="left", pad=30)
    axes.legend(loc="lower right")
    figure.savefig(run.path("posteriors.png"))


def report(run, config):
    """Print the results and where everything is; returns the exit status."""
    results = run.results
    print(f"\nOn the test part, {results['seconds']:.0f} s in all:")
    for name, value in (results["metrics"] | results["baselines"]).items():
        if name != "parameters":
            print(f"  {value:7.2%}  {name}")
    print(f"\nIn {run.folder}:")
    for file, what in {
        "training.png": "the curves",
        "posteriors.png": "what the net says, and the path through it",
        "transcripts.json": "every test utterance, and how it was read",
        "model.keras": "the net, for keras.saving.load_model after `import rnnkit`",
        "ctc.keras": "the CTC model",
        "results.json": "the figures",
    }.items():
        if run.path(file).exists():
            print(f"  {file:<18}{what}")
    error = results["metrics"]["phone error, hybrid"]
    if config.reach is not None and error > config.reach:
        print(f"\nIt had to reach {config.reach:.0%} phone error and did not.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

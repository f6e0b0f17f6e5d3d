"""What each shape is to learn, made up; a rival that learns nothing; the measure."""

import collections
import dataclasses

import keras
import numpy as np
import shapes

import rnnkit

NAMES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen "
    "twenty thirty forty fifty sixty seventy eighty ninety"
)
ONES, TENS = NAMES.split()[:20], NAMES.split()[20:]
CLASSES = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@dataclasses.dataclass(frozen=True)
class Lesson:
    """One shape and its task."""

    task: str
    measure: str  # "accuracy", or "distance", which is to be small
    model: keras.Model
    loss: object
    x: object  # what is given to `model.fit`
    y: object
    reached: object  # a function without arguments, to be called after it
    baseline: float
    options: dict = dataclasses.field(default_factory=dict)  # of `model.fit`


def no_output(rng, count):
    """Say which symbol was read eight steps before the last."""
    x = distinct(lambda: rng.integers(0, 4, 16), count + 1000)
    y, x = x[:, -9], np.eye(4, dtype="float32")[x]
    model = shapes.no_output(4)
    return Lesson(
        task="which of 4 symbols was there 8 steps ago",
        measure="accuracy",
        model=model,
        loss=CLASSES,
        x=x[1000:],
        y=y[1000:],
        reached=lambda: right(model.predict(x[:1000], verbose=0), y[:1000]),
        baseline=float(np.mean(y[:1000] == most_frequent(y[1000:]))),
    )


def output_at_the_end(rng, count):
    """Say whether brackets match."""
    x = distinct(lambda: brackets(rng, 10), count + 1000)
    y = np.array([matches(row) for row in x], "float32")
    model = shapes.output_at_the_end(2)
    return Lesson(
        task="do the brackets match: (()) yes, ())( no",
        measure="accuracy",
        model=model,
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        x=x[1000:],
        y=y[1000:, None],
        reached=lambda: float(
            np.mean((model.predict(x[:1000], verbose=0)[:, 0] > 0) == y[:1000])
        ),
        baseline=float(np.mean(y[:1000] == most_frequent(y[1000:]))),
    )


def output_at_each_step(rng, count):
    """Add up, modulo 3."""
    x = distinct(lambda: rng.integers(0, 3, 12), count + 1000)
    y = np.cumsum(x, axis=1) % 3
    model = shapes.output_at_each_step(3)
    return Lesson(
        task="the sum of the digits so far, modulo 3: 1 2 2 0, 1 0 2 2",
        measure="accuracy",
        model=model,
        loss=CLASSES,
        x=x[1000:],
        y=y[1000:],
        reached=lambda: right(model.predict(x[:1000], verbose=0), y[:1000]),
        baseline=float(np.mean(y[:1000] == most_frequent(y[1000:]))),
    )


def sequence_to_vector(rng, count):
    """Say where one is who goes straight on, or turns left or right before a step."""
    x = distinct(lambda: rng.integers(0, 3, 8), count + 1000)
    angles = np.pi / 2 * np.cumsum(np.array([0, 1, -1])[x], axis=1)
    y = np.stack([np.cos(angles).sum(1), np.sin(angles).sum(1)], axis=1)
    y = y.astype("float32")
    model = shapes.sequence_to_vector(3, 2)

    def distance(found):
        return float(np.sqrt(((found - y[:1000]) ** 2).sum(1)).mean())

    return Lesson(
        task="where one is after 8 steps, each straight on, to the left or the right",
        measure="distance",
        model=model,
        loss="mse",
        x=x[1000:],
        y=y[1000:],
        reached=lambda: distance(model.predict(x[:1000], verbose=0)),
        baseline=distance(y[1000:].mean(0)),
    )


def vector_to_sequence(rng, count):
    """Write a number in words, given its four digits."""
    numbers = rng.permutation(10_000)[: min(count, 9000) + 500]
    digits = np.array([list(map(int, f"{n:04}")) for n in numbers])
    x = np.eye(10, dtype="float32")[digits].reshape(len(numbers), 40)
    texts = [in_words(n) for n in numbers]
    words = rnnkit.data.WordTokenizer.train(texts)
    rows = words.encode_all(texts)
    size = max(map(len, rows)) + 1
    y = np.full((len(rows), size), -1, "int32")  # which counts for nothing
    for place, row in zip(y, rows):
        place[: len(row) + 1] = [*row, words.end]
    before = np.concatenate([np.full_like(y[:, :1], words.start), y[:, :-1]], axis=1)
    before = np.maximum(before, 0)
    model = shapes.vector_to_sequence(40, words.size)

    def reached():
        written = write(model, x[:500], words.start, size)
        ends = np.cumsum(y[:500] == words.end, axis=1) - (y[:500] == words.end)
        return float(np.mean(((written == y[:500]) | (ends > 0)).all(1)))

    known = dict(zip(numbers[500:].tolist(), texts[500:]))
    nearest = [known[min(known, key=lambda m: abs(m - n))] for n in numbers[:500]]
    return Lesson(
        task="a number in words, from its digits: 4023, four thousand and twenty three",
        measure="accuracy",
        model=model,
        loss=rnnkit.losses.TokenCrossentropy(),
        x=[x[500:], before[500:]],
        y=y[500:],
        reached=reached,
        baseline=float(np.mean([a == b for a, b in zip(nearest, texts)])),
    )


def write(model, given, start, length):
    """Go on from one's own symbols: ids `(batch, length)`."""
    ids = np.full((len(given), length + 1), start, "int32")
    for t in range(length):
        found = model.predict_on_batch([given, ids[:, :-1]])
        ids[:, t + 1] = found[:, t].argmax(-1)
    return ids[:, 1:]


def output_to_hidden(rng, count):
    """Keep what was loaded last: the output is the only memory."""
    x = np.maximum(rng.integers(-7, 5, (count + 1000, 40)), 0)  # 0: keep
    x[:, 0] = rng.integers(1, 5, len(x))
    last = np.maximum.accumulate(np.where(x > 0, np.arange(40), 0), axis=1)
    y = np.take_along_axis(x, last, axis=1) - 1
    x, truth = np.eye(5, dtype="float32")[x], np.eye(4, dtype="float32")[y]
    training, free = shapes.output_to_hidden(5, 4)
    return Lesson(
        task="what a register holds, told at each step to load or to keep, "
        "40 steps after training on 10",
        measure="accuracy",
        model=training,
        loss="categorical_crossentropy",
        x=[x[1000:, :10], truth[1000:, :10]],
        y=truth[1000:, :10],
        reached=lambda: right(free.predict(x[:1000], verbose=0), y[:1000]),
        baseline=float(np.mean(y[:1000] == most_frequent(y[1000:]))),
    )


def encoder_decoder(rng, count):
    """Read a number in words, and write its digits."""
    numbers = rng.permutation(10_000)[: min(count, 9000) + 500]
    texts, digits = [in_words(n) for n in numbers], [str(n) for n in numbers]
    tokens = rnnkit.data.WordTokenizer, rnnkit.data.CharacterTokenizer
    words, figures = (t.train(rows) for t, rows in zip(tokens, (texts, digits)))
    model = shapes.encoder_decoder(words, figures)

    def reached():
        written = model.translate(texts[:500], batch_size=500, beam_width=1)
        return float(np.mean([a == b for a, b in zip(written, digits)]))

    frequent = most_frequent(digits[500:])
    return Lesson(
        task="a number in digits, from words: four thousand and twenty three, 4023",
        measure="accuracy",
        model=model,
        loss=None,
        x=texts[500:],
        y=digits[500:],
        reached=reached,
        baseline=float(np.mean([frequent == one for one in digits[:500]])),
        options={"buckets": 1},
    )


LESSONS = {
    "no output": no_output,
    "output at the end": output_at_the_end,
    "output at each step": output_at_each_step,
    "sequence to vector": sequence_to_vector,
    "vector to sequence": vector_to_sequence,
    "output to hidden": output_to_hidden,
    "encoder-decoder": encoder_decoder,
}


def check(config):
    """Say what there is not.

    Raises:
        SystemExit: There is no such shape, or nothing to learn from.
    """
    for shape in config.shapes:
        if shape not in LESSONS:
            raise SystemExit(f"No shape {shape!r}; there are {', '.join(LESSONS)}.")
    if not config.shapes or config.examples < 1 or config.epochs < 1:
        raise SystemExit("Nothing is to be learnt: give shapes, examples and epochs.")


def gain(measure, baseline, reached):
    """How much of what the rival lacks is had: 0 as the rival, 1 without an error."""
    if measure == "distance":
        return 1 - reached / baseline
    return (reached - baseline) / (1 - baseline)


def right(logits, truth):
    """The share of symbols that are the most probable ones."""
    return float(np.mean(logits.argmax(-1) == truth))


def most_frequent(values):
    """What stands there most often."""
    return collections.Counter(np.ravel(values).tolist()).most_common(1)[0][0]


def distinct(draw, count):
    """Rows of integers that a function draws, none twice: the test has its own.

    Raises:
        SystemExit: There are hardly so many.
    """
    rows = {}
    for _ in range(100 * count):
        row = draw()
        rows[row.tobytes()] = row
        if len(rows) == count:
            return np.array(list(rows.values()))
    raise SystemExit(f"There are no {count:,} different ones: take fewer examples.")


def brackets(rng, pairs):
    """Some "(", 0, and as many ")", 1: half of all rows match."""
    want = rng.random() < 0.5
    while True:
        row = rng.permutation([0, 1] * pairs)
        if want == matches(row):
            return row


def matches(row):
    """Whether no bracket is closed that is not open, and all are closed."""
    depth = np.cumsum(1 - 2 * np.asarray(row))
    return bool(depth.min() >= 0 and depth[-1] == 0)


def in_words(number):
    """A number below 10,000 in English words, without hyphens."""
    if number < 20:
        return ONES[number]
    if number < 100:
        tens, rest = divmod(number, 10)
        return TENS[tens - 2] + (f" {ONES[rest]}" if rest else "")
    if number < 1000:
        count, rest = divmod(number, 100)
        return f"{ONES[count]} hundred" + (f" and {in_words(rest)}" if rest else "")
    count, rest = divmod(number, 1000)
    link = " and " if 0 < rest < 100 else " "
    return f"{ONES[count]} thousand" + (link + in_words(rest) if rest else "")

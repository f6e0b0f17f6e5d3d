"""Three studies: of longer texts, of when to stop, and of one's own mistakes."""

import time
import warnings

import keras
import numpy as np
from tasks import pairs, vocabulary
from writers import DECODERS, RULES, build

from rnnkit import recipe, training

TRUTH = "truth alone"  # no schedule


def schedule(name, steps):
    """Return a schedule of true tokens, which ends with a tenth of them.

    Args:
        name: linear, exponential, inverse sigmoid, or constant, which is one half all
            along.
        steps: Batches in the whole training.

    Raises:
        SystemExit: There is no such schedule.
    """
    schedules = {
        "constant": training.constant(0.5),
        "linear": training.linear(0.9 * steps, end=0.1),
        "exponential": training.exponential(0.1 ** (1 / steps)),
        "inverse sigmoid": training.inverse_sigmoid(_speed(steps)),
    }
    if name not in schedules:
        raise SystemExit(f"No schedule {name!r}; there are {', '.join(schedules)}.")
    return schedules[name]


def _speed(steps):
    """The k with which k / (k + exp(steps / k)) is a tenth."""
    k = steps / 6
    for _ in range(50):
        k = steps / np.log(9 * k)
    return k


class Trainings:
    """Trains one model after another, and remembers what was measured of each.

    A run that was interrupted goes on with the training in which it was.
    """

    def __init__(self, config, run):
        self.config, self.run = config, run
        self.vocabulary = vocabulary()
        self.seconds = 0.0  # of trainings before this start

    def __call__(self, study, system, task, measure, schedule_name=None, **options):
        """What `measure` says of a model after its training, a dict.

        Args:
            study, system: What is trained, in words.
            task: Of `tasks.TASKS`.
            measure: From the model to a dict.
            schedule_name: Of the tokens it is fed in training; None for true ones.
            options: For `build`.
        """
        config, name = self.config, "-".join([study, *system.split()]) + ".json"
        if found := self.run.read(name):
            self.seconds += found["seconds"]
            return found["measured"]
        print(f"\n{study}: {system}")
        started = time.monotonic()
        keras.utils.set_random_seed(config.seed)
        ends = config.shortest, config.longest
        data = pairs(task, ends, config.examples, "train", config.seed)
        model = build(config, self.vocabulary, task=task, **options)
        steps = -(-len(data) // config.batch_size) * config.epochs
        model.compile(recipe.adam(config.learning_rate, steps, 0.1, clipnorm=1.0))
        callbacks = []
        if schedule_name:
            chosen = schedule(schedule_name, steps)
            callbacks = [training.ScheduledSampling(chosen)]
        model.fit(
            data,
            batch_size=config.batch_size,
            epochs=config.epochs,
            buckets=1,
            callbacks=callbacks,
            verbose=2,
        )
        with warnings.catch_warnings():  # of sources longer than those trained on
            warnings.filterwarnings("ignore", "A source has", UserWarning)
            measured = measure(model)
        seconds = time.monotonic() - started
        self.run.write(name, {"measured": measured, "seconds": seconds})
        return measured


def by_length(config, task):
    """Return a function from a model to what it does with sources of each length.

    That is `{"accuracy": …, "length error": …}`, a value for each of the lengths from
    the shortest trained on to the longest tested. The second is by how many symbols
    what is written is too long or too short.
    """
    lengths = range(config.shortest, config.beyond + 1)
    sets = [pairs(task, (n, n), config.test_examples, "test", n) for n in lengths]

    def measure(model):
        sources = [source for one in sets for source in one.sources]
        targets = [target for one in sets for target in one.targets]
        written = model.translate(sources, beam_width=1, batch_size=256)
        right = [a == b for a, b in zip(written, targets)]
        away = [abs(len(a) - len(b)) for a, b in zip(written, targets)]
        return {
            name: np.reshape(values, (len(sets), -1)).mean(1).tolist()
            for name, values in (("accuracy", right), ("length error", away))
        }

    return measure


def by_place(config, task):
    """Return a function from a model to how often each symbol of a target is wrong.

    That is `{"true": …, "own": …}`: after the true symbols before it, and after
    those that the model wrote itself, to the target's length; a share for each place
    in targets of the greatest length tested.
    """
    given = pairs(task, (config.beyond, config.beyond), config.place_examples, "test")

    def measure(model):
        source, target = (
            np.stack(model.target_vocabulary.encode_all(texts))
            for texts in (given.sources, given.targets)
        )
        lengths = np.full(len(source), source.shape[1], "int32")
        fed = model((source, lengths, target), training=False)
        size = target.shape[1]
        own = model.translate(
            given.sources,
            beam_width=1,
            batch_size=len(source),
            min_length=size + 1,
            max_length=size + 1,
            details=True,
        )
        found = {
            "true": keras.ops.convert_to_numpy(fed).argmax(-1),
            "own": np.stack([one.tokens[:size] for one in own]),
        }
        return {name: (ids != target).mean(0).tolist() for name, ids in found.items()}

    return measure


def lengths(config, train):
    """Return `{decoder: what `by_length` finds}`."""
    measure = by_length(config, config.task)
    return {
        kind: train("lengths", kind, config.task, measure, kind=kind)
        for kind in config.decoders
    }


def stopping(config, train):
    """Return `{rule: what `by_length` finds}`."""
    measure = by_length(config, config.task)
    kind = config.stopping_decoder
    return {
        rule: train("stopping", rule, config.task, measure, kind=kind, rule=rule)
        for rule in RULES
    }


def exposure(config, train):
    """Return `{schedule: what `by_place` finds}`."""
    measure = by_place(config, "walk")
    return {
        name: train("exposure", name, "walk", measure, chosen, kind="window")
        for name, chosen in [(TRUTH, None), *zip(config.schedules, config.schedules)]
    }


STUDIES = {"lengths": lengths, "stopping": stopping, "exposure": exposure}


def check(config):
    """Say what cannot be run, before anything is.

    Raises:
        SystemExit: There is no such study, task, decoder, schedule, length or number.
    """
    if config.study not in (*STUDIES, "all"):
        known = ", ".join([*STUDIES, "all"])
        raise SystemExit(f"No study {config.study!r}; there are {known}.")
    for kind in (*config.decoders, config.stopping_decoder):
        if kind not in DECODERS:
            raise SystemExit(f"No decoder {kind!r}; there are {', '.join(DECODERS)}.")
    for name in config.schedules:
        schedule(name, 1)
    for name in ("examples", "test_examples", "place_examples", "epochs"):
        if getattr(config, name) < 1:
            raise SystemExit(f"{name} is {getattr(config, name)}: take 1 or more.")
    pairs(config.task, (config.shortest, config.longest), 1, "train")
    if config.beyond < config.longest:
        raise SystemExit(
            f"The tests reach {config.beyond} digits, the training {config.longest}: "
            "take a greater --beyond."
        )

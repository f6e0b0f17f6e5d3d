"""Parity and addition: nets that read bit by bit, and nets that see all at once."""

import numpy as np
from nets import again, build, learn, outputs, perceptron

from rnnkit import data

KINDS = {"parity": data.tasks.Parity, "addition": data.tasks.Addition}


def study(config, train):
    """Return `{name: {seed: record}}`.

    Recurrent nets see fresh examples of at most `longest` bits, and then ones of
    `length`. Beside them, both kinds of net learn from a fixed number of examples.
    """
    plans = [(system, None, recurrent) for system in config.systems]
    plans += [("RNN", count, recurrent) for count in config.counts]
    plans += [("MLP", count, fixed) for count in config.perceptron_counts]
    found = {}
    for system, count, one in plans:
        name = system if count is None else f"{system}, {count} examples"
        for seed in config.seeds:
            found.setdefault(name, {})[str(seed)] = train(
                f"{name}, seed {seed}",
                lambda s=system, o=one, c=count, k=seed: o(s, config, k, c),
            )
    return found


def recurrent(system, config, seed, count=None):
    """A net on fresh examples, or on `count` of them again and again."""
    kind = KINDS[config.study]
    task = kind(1, config.longest)
    model = build(system, task.sample(2), config, seed)
    known = None if count is None else task.sample(count, (seed, 0))

    def batches(steps, chunk):
        if known is None:
            return (task.batches(config.batch_size, steps, (seed, 1, chunk)),)
        return (again(known.for_fit(), steps, config, (seed, chunk)),)

    record = learn(model, batches, config, lambda loss: (loss < config.enough, loss))
    record["examples"] = count or record["updates"] * config.batch_size
    for name, other in (
        ("unseen", task),
        ("longer", kind(config.length, config.length)),
    ):
        given = other.sample(config.test_examples, (seed, 2))
        record[name] = other.score(given, outputs(model, given.x, 250))
    return record


def fixed(system, config, seed, count):
    """A perceptron on `count` of all examples of one length.

    It is asked the others, and then ones of a bit more. There is room for that bit,
    which is 0 as long as it learns.
    """
    size = config.perceptron_bits
    x, y = every(config.study, size, size + 1)
    order = np.random.default_rng((seed, 3)).permutation(len(x))
    known, other = order[:count], order[count:]
    model = perceptron(x.shape[1], y.shape[1], config, seed)

    def batches(steps, chunk):
        return (again((x[known], y[known]), steps, config, (seed, chunk)),)

    record = learn(model, batches, config, lambda loss: (loss < config.enough, loss))
    record["examples"] = count
    record["unseen"] = exact(y[other], outputs(model, x[other]))
    x, y = every(config.study, size + 1, size + 1)
    new = x.reshape(len(x), -1, size + 1)[..., -1].any(axis=1)  # the bit is in use
    record["longer"] = exact(y[new], outputs(model, x[new]))
    return record


def every(study, size, room):
    """All examples of `size` bits: x `(n, inputs)` and y `(n, outputs)`.

    Parity is of one number and one output; addition of two numbers, a's bits before
    b's, units first. Each number has room for `room` bits.
    """
    numbers = 1 if study == "parity" else 2
    codes = np.arange(2 ** (numbers * size))
    parts = [codes >> k * size & 2**size - 1 for k in range(numbers)]
    x = np.concatenate([binary(part, room) for part in parts], axis=1)
    y = (
        x.sum(axis=1, keepdims=True) % 2
        if numbers == 1
        else binary(sum(parts), room + 1)
    )
    return x.astype("float32"), y.astype("float32")


def binary(numbers, size):
    """Numbers `(n,)` → bits `(n, size)`, units first."""
    return numbers[:, None] >> np.arange(size) & 1


def exact(y, found):
    """Share of rows whose bits are all right."""
    return float(((found > 0.5) == (y > 0.5)).all(axis=1).mean())

"""Long memories: temporal order, the adding problem, digits read point by point."""

import numpy as np
from nets import again, build, learn, outputs

from rnnkit import data, recipe

TASKS = {"temporal order": data.tasks.TemporalOrder, "adding": data.tasks.AddingProblem}


def study(config, train):
    """Return `{system: {seed: record}}`: each net trained until it can."""
    one = digits if config.study == "digits" else drawn
    return {
        system: {
            str(seed): train(
                f"{system}, seed {seed}",
                lambda s=system, k=seed: one(s, config, k),
            )
            for seed in config.seeds
        }
        for system in config.systems
    }


def drawn(system, config, seed):
    """A net on sequences that are drawn anew for every batch, longer as it learns."""
    kind, lengths = TASKS[config.study], [*config.growing, config.length]
    shortest, learnt = lengths[0], []
    model = build(system, kind(shortest).sample(2), config, seed)

    def batches(steps, chunk):
        task = kind(lengths[0])
        return (task.batches(config.batch_size, steps, (seed, 1, chunk)),)

    def scored(count, part):
        task = kind(lengths[0])
        given = task.sample(count, (seed, part))
        return task.score(given, outputs(model, given.x))

    def can(loss):
        learnt.append(lengths[0])
        score, last = scored(1000, 0), len(lengths) == 1
        if not last and score >= config.ready:
            del lengths[0]
            slower = (shortest / lengths[0]) ** 0.5
            model.optimizer.learning_rate = config.learning_rate * slower
        # A thousand may be right by luck: it is asked as many others as the test has.
        promising = last and good(score, config)
        return promising and good(scored(config.test_examples, 3), config), score

    record = learn(model, batches, config, can)
    record |= {"lengths": learnt, "reached length": lengths[0]}
    task = kind(config.length)
    test = task.sample(config.test_examples, (seed, 2))
    return tested(record, task, test, model, config)


def digits(system, config, seed):
    """A net on images; of its weights the best on a tenth of the training part."""
    task = data.tasks.SequentialDigits(config.source)
    parts = recipe.loaded(task.parts)
    given, test = parts["train"], parts["test"]
    out = np.arange(len(given)) % 10 == 0
    train, check = (data.tasks.Sequences(given.x[m], given.y[m]) for m in (~out, out))
    model = build(system, given, config, seed)
    best = {"score": 0.0, "weights": model.get_weights()}

    def batches(steps, chunk):
        return (again(train.for_fit(), steps, config, (seed, chunk)),)

    def can(loss):
        score = task.score(check, outputs(model, check.x))
        if score > best["score"]:
            best.update(score=score, weights=model.get_weights())
        return good(score, config), score

    record = learn(model, batches, config, can)
    model.set_weights(best["weights"])
    return tested(record, task, test, model, config)


def good(score, config):
    """Whether a score is good enough: an error that is low, or a share that is high."""
    if config.study == "adding":
        return bool(score <= config.enough)
    return bool(score >= config.enough)


def tested(record, task, test, model, config):
    """The record with what the model makes of sequences of no training."""
    score = task.score(test, outputs(model, test.x))
    record["score"] = score
    record["solved"] = good(score, config)
    record["examples"] = record["updates"] * config.batch_size
    return record

"""What was found: figures and a table."""

import numpy as np
from bits import KINDS

from rnnkit import data


def measure(config):
    """What a figure of the study is called."""
    if config.study in KINDS:
        return f"share of exact sequences, {config.length} bits"
    return {
        "temporal order": f"share of runs solved, T = {config.length}",
        "adding": f"MSE, T = {config.length}",
        "digits": "accuracy",
    }[config.study]


def metrics(found, config):
    """One figure for each system, over its seeds; the best first.

    Of bits the worst seed; of temporal order the share of seeds that solved it; else
    the mean.
    """
    made = {}
    for system, seeds in found.items():
        values = list(seeds.values())
        if config.study in KINDS:
            if "examples" in system:
                continue
            figure = min(one["longer"] for one in values)
        elif config.study == "temporal order":
            figure = np.mean([one["solved"] for one in values])
        else:
            figure = np.mean([one["score"] for one in values])
        made[f"{measure(config)}, {system}"] = float(figure)
    largest_first = config.study != "adding"  # that one is an error
    return dict(sorted(made.items(), key=lambda one: one[1], reverse=largest_first))


def baselines(config):
    """What is reached without looking."""
    if config.study in KINDS:
        kind = KINDS[config.study]
        value = kind(config.length, config.length).baseline()
        return {f"{measure(config)}, not looking": value}
    if config.study == "temporal order":
        return {
            "accuracy, not looking": data.tasks.TemporalOrder(config.length).baseline()
        }
    if config.study == "adding":
        return {"MSE, not looking": data.tasks.AddingProblem(config.length).baseline()}
    return {
        "accuracy, not looking": data.tasks.SequentialDigits(config.source).baseline()
    }


def table(found, config):
    """`{column: {system: value}}`, over the seeds."""
    made = {}
    for system, seeds in found.items():
        for column, value in row(list(seeds.values()), config).items():
            made.setdefault(column, {})[system] = value
    return made


def row(records, config):
    """What a table says of the records of one system."""
    solved = sum(one["solved"] for one in records)
    cells = {}
    if config.study in KINDS:
        cells["exact, as long as in training"] = spread(records, "unseen", 100, " %")
        cells["exact, longer"] = spread(records, "longer", 100, " %")
    elif config.study == "temporal order":
        cells["solved"] = f"{solved} of {len(records)}"
        if config.growing:
            cells["reached length"] = spread(records, "reached length")
        cells["right"] = spread(records, "score", 100, " %")
    elif config.study == "adding":
        cells["MSE"] = spread(records, "score")
    else:
        cells["right"] = spread(records, "score", 100, " %")
    cells["examples seen"] = spread(records, "examples")
    cells["seconds"] = spread(records, "seconds")
    return cells


def spread(records, key, times=1, unit=""):
    """The values of all seeds, from the least to the greatest: "97.2 to 100 %"."""
    values = sorted(times * one[key] for one in records)
    shown = [
        f"{value:,}" if isinstance(value, int) else f"{value:.3g}" for value in values
    ]
    ends = shown[:1] if shown[0] == shown[-1] else [shown[0], shown[-1]]
    return " to ".join(ends) + unit

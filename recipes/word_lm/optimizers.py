"""How the optimizer of a configuration is made."""

import keras

from rnnkit import recipe, training


def compiled(model, config, steps, steps_a_pass, figures=()):
    """Compile the model; returns the callbacks that its schedule needs.

    Args:
        model: the language model.
        config: the configuration.
        steps: batches in the whole training.
        steps_a_pass: batches in a pass over the text.
        figures: nats of the validation text in epochs before.
    """
    if config.optimizer == "adam":
        model.compile(
            recipe.adam(config.learning_rate, steps, config.warmup, config.clipnorm)
        )
    elif config.optimizer == "sgd":
        model.compile(descent(config, falling(config, steps, steps_a_pass)))
    elif config.optimizer == "nt_asgd":
        inner = descent(config, config.learning_rate)
        model.compile(training.AveragedWeights(inner))
        return [training.NonMonotonicAveraging(history=figures)]
    else:
        raise SystemExit(
            f"No optimizer {config.optimizer!r}; there are adam, sgd, nt_asgd."
        )
    return []


def descent(config, rate):
    """Return plain gradient descent."""
    return keras.optimizers.SGD(
        rate,
        global_clipnorm=config.clipnorm,
        weight_decay=config.weight_decay or None,
    )


def falling(config, steps, steps_a_pass):
    """Return a rate that is constant for some passes, then multiplied at each."""
    passes = range(config.constant_passes, -(-steps // steps_a_pass))
    edges = [pass_ * steps_a_pass for pass_ in passes]
    values = [config.learning_rate * config.decay**k for k in range(len(edges) + 1)]
    if not edges:
        return config.learning_rate
    return keras.optimizers.schedules.PiecewiseConstantDecay(edges, values)

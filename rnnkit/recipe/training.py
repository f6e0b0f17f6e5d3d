"""Training as recipes do it: a rate that rises and falls, from a checkpoint on."""

import sys

import keras

from rnnkit import training
from rnnkit.data import SequenceBatches


def adam(peak, steps, warmup, clipnorm=5.0):
    """Return Adam whose learning rate rises to `peak`, then falls along a cosine.

    Args:
        peak: the highest learning rate.
        steps: batches in the whole training, at the end of which it is zero.
        warmup: share of them in which it rises.
        clipnorm: the gradient's norm is clipped there.
    """
    rising = round(warmup * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps - rising, warmup_target=peak, warmup_steps=rising
    )
    return keras.optimizers.Adam(schedule, global_clipnorm=clipnorm)


def resume(path, every=60.0):
    """Return the `rnnkit.training.Resume` of a file, and say if it goes on from there.

    Its `earlier` is how many seconds training took before this start.

    Args:
        path: the checkpoint file.
        every: seconds between two checkpoints; inf for the ends of epochs alone.
    """
    found = training.Resume(path, every)
    found.earlier = found.seconds
    if found.found:
        print(
            f"Going on from {path}: epoch {found.epoch + 1}, batch "
            f"{found.batch + 1}. --fresh starts anew."
        )
    return found


def train_ctc(model, parts, config, checkpoint, target=None):
    """Compile a CTC model and train it, from its checkpoint on if there is one.

    Args:
        model: an `rnnkit.models.CTCModel`.
        parts: dict with parts train and valid, `rnnkit.data.Examples`.
        config: has batch_size, epochs, learning_rate, warmup, seed and
            checkpoint_seconds.
        checkpoint: the file.
        target: a function from a text to what the model is to write; the text
            itself by default.

    Returns:
        The `rnnkit.training.Resume`, as `resume` gives it.
    """

    def batches(part, **options):
        return SequenceBatches(
            parts[part].inputs,
            [target(text) if target else text for text in parts[part].texts],
            model.vocabulary,
            config.batch_size,
            seed=config.seed,
            **options,
        )

    learnt = batches("train", shuffle=True)
    steps = len(learnt) * config.epochs
    model.compile(adam(config.learning_rate, steps, config.warmup))
    model.build((None, None, *parts["train"].inputs[0].shape[1:]))
    found = resume(checkpoint, config.checkpoint_seconds)
    train(
        model,
        learnt.passes(config.epochs),
        config.epochs,
        found,
        validation_data=batches("valid", like=learnt),
    )
    return found


def train(model, parts, epochs, resume, callbacks=(), **arguments):
    """Call `rnnkit.training.fit`, with a bar where somebody watches."""
    arguments = {"verbose": 1 if sys.stdout.isatty() else 2, **arguments}
    training.fit(model, parts, epochs, resume, callbacks, **arguments)

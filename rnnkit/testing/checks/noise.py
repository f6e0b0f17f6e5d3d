"""Dropouts and zoneout: how much, how often, reproducible, the same on all paths.

What a dropped number does is known without looking inside the layer: an input that is
dropped is a row of `kernel` that is zero, one that is kept a row divided by the share
kept. So every row of a batch must be one of few known results, and the shares tell
the rate.
"""

from itertools import product

import numpy as np
from keras import ops, tree

from rnnkit.testing import subjects
from rnnkit.testing.checks.paths import available, ready
from rnnkit.testing.compare import assert_equal, broken, deviation, numbers
from rnnkit.testing.probe import Probe

RATE = 0.4
ROWS = 600
NOISES = ("dropout", "recurrent_dropout", "weight_dropout", "zoneout")


def dropout_drops_inputs(layer):
    """`dropout` drops its share of the inputs, the same ones at every step."""
    _dropped_rows(layer, "dropout", "kernel", features=1)


def recurrent_dropout_drops_states(layer):
    """`recurrent_dropout` drops its share of what `recurrent_kernel` multiplies."""
    _dropped_rows(layer, "recurrent_dropout", "recurrent_kernel", features=1)


def zoneout_keeps_states(layer):
    """`zoneout` keeps its share of every state, drawn anew at every step."""
    promise = "zoneout"
    noisy = subjects.altered_or_refused(layer, zoneout=RATE, **_SMALL)
    subjects.built(noisy, (ROWS, 2, 1))
    quiet = subjects.twin(noisy, (ROWS, 2, 1), zoneout=0.0)
    sequence = subjects.tensor(noisy, np.ones((ROWS, 2, 1)))
    given = [subjects.tensor(noisy, s) for s in subjects.states(noisy, ROWS)]
    _, *new = numbers(quiet(sequence[:, :1], initial_state=given))
    _, *got = numbers(noisy(sequence[:, :1], initial_state=given, training=True))
    for old, wanted, state in zip(numbers(given), new, got, strict=True):
        kept = np.isclose(state, old, atol=1e-12)
        assert_equal(promise, layer, state, np.where(kept, old, wanted))
        _share(promise, layer, kept)
    outputs, *_ = numbers(noisy(sequence, initial_state=given, training=True))
    first = np.isclose(outputs[:, 0], numbers(given)[0], atol=1e-12)
    second = np.isclose(outputs[:, 1], outputs[:, 0], atol=1e-12)
    _share("zoneout anew at every step", layer, first & second, RATE**2)


def weight_dropout_drops_weights(layer):
    """`weight_dropout` drops its share of the recurrent kernel, and scales the rest."""
    import tensorflow as tf

    promise, options = "weight_dropout", {**_SMALL, "units": 20}
    noisy = subjects.altered_or_refused(layer, weight_dropout=RATE, **options)
    subjects.built(noisy)
    quiet = subjects.twin(noisy, weight_dropout=0.0)
    sequence = subjects.tensor(noisy, subjects.inputs())
    kernels = [subjects.cells_of(one)[0].recurrent_kernel for one in (noisy, quiet)]
    with tf.GradientTape() as tape:
        got = noisy(sequence, training=True)
        loss = sum(ops.sum(ops.square(one)) for one in tree.flatten(got))
    # What was dropped has no gradient.
    kept = numbers(tape.gradient(loss, kernels[0].value))[0] != 0
    kernels[1].assign(ops.convert_to_numpy(kernels[0]) * kept / (1 - RATE))
    assert_equal(promise, layer, got, quiet(sequence))
    _share(promise, layer, ~kept)


def noise_is_reproducible(layer):
    """The same seed gives the same noise, another seed or call other noise."""
    promise = "reproducible noise"
    for option in NOISES:
        noisy = subjects.altered_or_refused(layer, **{option: RATE}, **_PLAIN)
        if noisy is None:
            continue
        subjects.built(noisy)
        sequence = subjects.tensor(noisy, subjects.inputs())
        first, second = (noisy(sequence, training=True) for _ in range(2))
        again = subjects.twin(noisy)(sequence, training=True)
        other = subjects.twin(noisy, seed=8)(sequence, training=True)
        assert_equal(f"{promise} ({option})", layer, again, first)
        for unlike in (second, other):
            if deviation(*[numbers(one)[0] for one in (unlike, first)]) < 1e-6:
                raise broken(promise, layer, f"{option} is drawn but once")


def noise_is_silent_at_inference(layer):
    """Without `training=True`, dropouts do nothing."""
    promise = "no dropout at inference"
    plain = ready(layer, **_PLAIN)
    sequence = subjects.tensor(plain, subjects.inputs())
    for option in NOISES[:-1]:
        if subjects.altered_or_refused(layer, **{option: RATE}) is None:
            continue
        noisy = subjects.twin(plain, **{option: RATE})
        assert_equal(f"{promise} ({option})", layer, noisy(sequence), plain(sequence))


def noise_is_the_same_on_every_path(layer):
    """With noise in training, all paths give the same outputs and gradients.

    Backward sees the noise that forward drew.
    """
    plain = ready(layer, **_PLAIN)
    changes = {option: RATE for option in NOISES}
    if subjects.altered_or_refused(layer, **changes) is None:
        del changes["recurrent_dropout"]
    given = subjects.inputs(), subjects.states(plain), subjects.masks()["random"]
    results = {}
    for path in available(layer):
        one = subjects.twin(plain, path=path, **changes)
        results[path] = Probe(one, subjects.call(one, training=True))(*given)
    for path, got in results.items():
        promise = f"the same noise on every path ({path})"
        assert_equal(promise, layer, got, results["loop"])


ALL = (
    dropout_drops_inputs,
    recurrent_dropout_drops_states,
    weight_dropout_drops_weights,
    zoneout_keeps_states,
    noise_is_reproducible,
    noise_is_silent_at_inference,
    noise_is_the_same_on_every_path,
)

# The loop is shortest to start; `noise_is_the_same_on_every_path` holds the others.
_PLAIN = {"seed": 7, "dtype": "float64", "path": "loop", "return_sequences": True}
_SMALL = {
    "units": 2,
    "activation": "tanh",  # relu's zeros would look like a state that was kept
    "return_state": True,
    **_PLAIN,
}


def _dropped_rows(layer, option, kernel_name, features):
    """Holds each row of a batch to be one of the results that dropping can give."""
    changes = {option: RATE, **_SMALL}
    noisy = subjects.altered_or_refused(layer, **changes)
    if noisy is None:
        return
    shape = (ROWS, 3, features)
    subjects.built(noisy, shape)
    quiet = subjects.twin(noisy, shape, **{option: 0.0})
    (cell,) = subjects.cells_of(quiet)
    kernel = getattr(cell, kernel_name)
    values = ops.convert_to_numpy(kernel)
    states = subjects.states(noisy, 1)
    given = [subjects.tensor(noisy, np.repeat(s, ROWS, 0)) for s in states]
    sequence = np.repeat(subjects.inputs((1, 3, features)), ROWS, 0)
    sequence = subjects.tensor(noisy, sequence)
    got = numbers(noisy(sequence, initial_state=given, training=True))[0]
    drops, results = list(product((0, 1), repeat=len(values))), []
    for dropped in drops:
        kept = (1 - np.array(dropped)) / (1 - RATE)
        kernel.assign(values * kept[:, None])
        one = quiet(sequence[:1], initial_state=[state[:1] for state in given])
        results.append(numbers(one)[0][0])
    far = np.array([np.abs(got - result).max((1, 2)) for result in results])
    if far.min(0).max() > 1e-9:
        raise broken(option, layer, f"a row is {far.min(0).max():.1e} from any result")
    _share(option, layer, np.array(drops)[far.argmin(0)])


def _share(promise, layer, happened, rate=RATE):
    spread = np.sqrt(rate * (1 - rate) / happened.size)
    if abs(happened.mean() - rate) > 4.5 * spread:
        raise broken(promise, layer, f"{happened.mean():.3f} of {rate} happened")

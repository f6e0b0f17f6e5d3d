"""Runs beam searches on KERAS_BACKEND; writes an .npz."""

import sys

import keras
import numpy as np
from keras import ops

from rnnkit.decoding import (
    HotWords,
    NoRepeatNGram,
    RepetitionPenalty,
    ScorerFusion,
    WuCoverage,
    WuLength,
    beam_search,
    ensemble,
    sample_sequences,
)
from tests.decoding.every_sequence import model, tables


def compiled(function):
    """The function; on JAX compiled as a whole."""
    if keras.backend.backend() != "jax":
        return function
    import jax

    return jax.jit(function)


def processors():
    """Some of each kind."""
    words = HotWords(["ab"], ["a", "b", None, "c"], 0.7)
    return [RepetitionPenalty(1.5), NoRepeatNGram(2), ScorerFusion(words, 2)]


def numbers():
    """What is found, by name."""
    logits, attention = (ops.convert_to_tensor(x) for x in tables(3))
    next_step, state = model(logits, attention)
    found = {}
    for early_stopping in (True, False, "never"):
        one = beam_search(
            next_step,
            state,
            start=0,
            end=2,
            max_length=np.array([5, 4, 5]),
            beam_width=4,
            n_best=3,
            min_length=2,
            prefix=[-1, 1],
            length_penalty=WuLength(0.6),
            coverage_penalty=WuCoverage(0.1),
            early_stopping=early_stopping,
        )
        found |= {f"{k}, {early_stopping}": v for k, v in one._asdict().items()}
    both = ensemble([next_step, next_step])
    options = {"start": 0, "end": 2, "max_length": 5, "processors": processors()}
    one = compiled(
        lambda state: beam_search(both, [state, state], n_best=3, **options)._asdict()
    )(state)
    found |= {f"{k}, processed": v for k, v in one.items()}
    noise = np.random.default_rng(0).random((5, 3, 4)).astype("float32")
    one = sample_sequences(next_step, state, noise, top_p=0.8, **options)
    found |= {f"{k}, drawn": v for k, v in one._asdict().items()}
    return {name: ops.convert_to_numpy(value) for name, value in found.items()}


if __name__ == "__main__":
    np.savez(sys.argv[1], **numbers())

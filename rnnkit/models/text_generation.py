"""Text out of a language model: primes in, one compiled loop, texts out."""

import functools
import numbers
import sys

import keras
import numpy as np
from keras import ops

from rnnkit.decoding import generate, narrowed, sample
from rnnkit.models.stepping import is_recurrent

CHUNK = 128  # steps of one run of the loop: it is compiled for this many, once


class TextGenerator:
    """`LanguageModel.generate`: keeps the compiled loops of one model."""

    def __init__(self, model):
        self.model = model
        self._loops = {}

    def __call__(self, prime, length, temperature, top_k, top_p, seed, count, stream):
        if not isinstance(length, numbers.Integral) or length < 0:
            raise ValueError(f"length must be an integer of 0 or more, got {length!r}.")
        length = int(length)
        top_p = None if top_p is None else float(top_p)
        seed, top_k = (  # NumPy's too; what is no integer is for others to refuse
            int(v) if isinstance(v, numbers.Integral) else v for v in (seed, top_k)
        )
        if not temperature >= 0:
            raise ValueError(f"temperature must be 0 or more, got {temperature!r}.")
        if count is not None and count < 1:
            raise ValueError(f"count must be 1 or more, got {count!r}.")
        if not isinstance(prime, str) and not len(prime):
            raise ValueError('prime is an empty list: give it a text, "" at least.')
        one = isinstance(prime, str) and count is None
        if isinstance(prime, str):
            primes = [prime] * (1 if count is None else count)
        else:
            primes = [text for text in prime for _ in range(count or 1)]
        if stream and len(primes) != 1:
            raise ValueError("Only one text can be shown as it grows: leave count.")
        ids = [self._encode(text) for text in primes]
        lengths = np.array([len(row) for row in ids])
        given = np.zeros((lengths.max(), len(ids)), "int32")
        for k, row in enumerate(ids):
            given[: len(row), k] = row
        noise = step_noise(given, lengths, length, uniform_numbers(seed))
        out = sys.stdout if stream is True else stream
        if out:
            out.write(primes[0])
        drawn, shown = [given[:1]], 0

        def added(k):
            """What has been drawn for text k so far."""
            row = np.concatenate(drawn)[: lengths[k] + length, k]
            before, new = row[: lengths[k]], row[lengths[k] :]
            return self.model.vocabulary.continuation(primes[k], before, new)

        for tokens in self._chunks(given[0], noise, temperature, top_k, top_p):
            drawn.append(tokens)
            if out:
                out.write(added(0)[shown:])
                out.flush()
                shown = len(added(0))
        if out:
            out.write("\n")
        texts = [text + added(k) for k, text in enumerate(primes)]
        return texts[0] if one else texts

    def _chunks(self, values, noise, temperature, k, p):
        """Run the loop chunk by chunk; yields ids `(steps, batch)`."""
        temperature = ops.convert_to_tensor(temperature, "float32")
        states = self.model.initial_state(len(values))
        loop = self._loop(k, p)
        steps = len(noise["uniform"])
        for start in range(0, steps, CHUNK):
            part = {
                name: _padded(value[start : start + CHUNK])
                for name, value in noise.items()
            }
            tokens, values, states = loop(values, states, part, temperature)
            yield ops.convert_to_numpy(tokens)[: steps - start]

    def _encode(self, prime):
        ids = self.model.vocabulary.encode(prime)
        if len(ids):
            return ids
        start = self.model.vocabulary.start
        if start is None:
            raise ValueError(
                "This vocabulary has no line end to begin a text after: give a prime."
            )
        return np.array([start], "int32")

    def _loop(self, k, p):
        """The compiled loop for one top-k and top-p."""
        if (k, p) not in self._loops:
            function = functools.partial(continue_text, self.model, k=k, p=p)
            if keras.backend.backend() == "tensorflow":
                import tensorflow as tf

                # One step is so little work that TensorFlow's own loop takes as long
                # to go round as to compute.
                function = tf.function(
                    function, jit_compile=self._compiles(), autograph=False
                )
            self._loops[k, p] = function
        return self._loops[k, p]

    def _compiles(self):
        """Whether XLA takes every layer; a recurrent one is asked for single steps."""
        return all(
            is_recurrent(layer) or layer.supports_jit for layer in self.model.stack
        )


def continue_text(model, values, states, noise, temperature, k=None, p=None):
    """Draw symbol after symbol.

    Args:
        values: The last known ids, `(batch,)`.
        states: The states before them.
        noise: See `step_noise`.
        temperature, k, p: See `LanguageModel.generate`.

    Returns:
        Ids `(steps, batch)`, the last ids, the last states.
    """

    def draw(logits, noise):
        drawn = sample(narrowed(logits, temperature, k, p), noise["uniform"])
        return ops.where(noise["known"], noise["given"], drawn)

    return generate(model.stepper(), values, states, draw, noise)


def _padded(values):
    return np.pad(values, [(0, CHUNK - len(values)), (0, 0)])


def uniform_numbers(seed):
    """A function from a shape to numbers in [0, 1), the same for the same seed."""
    return functools.partial(keras.random.uniform, seed=seed)


def step_noise(given, lengths, length, uniform):
    """What `continue_text` needs to know of every step.

    Args:
        given: Ids of the primes, `(longest prime, batch)`.
        lengths: Lengths of the primes, `(batch,)`.
        length: Symbols to draw after the prime.
        uniform: Draws the random numbers of a shape.

    Returns:
        Dict of `(steps, batch)`: the `uniform` numbers to draw with, and where the
        symbol is `known`, being the prime's, that which is `given`.
    """
    rows = ops.shape(given)[1]
    steps = ops.shape(given)[0] - 1 + length
    later = ops.concatenate([given[1:], ops.zeros((length, rows), "int32")])
    return {
        "uniform": uniform((steps, rows)),
        "known": ops.arange(1, steps + 1)[:, None] < lengths[None],
        "given": later,
    }
